"""How well the layers that look do: copies of drawn pictures that were treated, and pictures of a
labelled folder for a model."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageEnhance, ImageOps

from generation import layers, looks
from generation.engine.drawn.clips import draw
from generation.engine.drawn.scene import random_scene
from generation.screening.policy import POLICY
from sora_social.moderation.policy import NEAR
from sora_social.resemblance.clips import is_copy
from sora_social.resemblance.prints import prints, wide_prints

SIZE, BARRED, OTHERS = (192, 192), 12, 100
NONE = "none"  # the folder of what may pass
Picture = Image.Image


def _coded(quality: int) -> Callable[[Picture], Picture]:
    def again(picture: Picture) -> Picture:
        written = BytesIO()
        picture.save(written, "JPEG", quality=quality)
        return Image.open(written).convert("RGB")

    return again


def _cropped(share: float) -> Callable[[Picture], Picture]:
    def crop(picture: Picture) -> Picture:
        left, top = round(picture.width * share), round(picture.height * share)
        return picture.crop((left, top, picture.width - left, picture.height - top))

    return crop


TREATMENTS: dict[str, Callable[[Picture], Picture]] = {
    "as it was": lambda picture: picture,
    "coded anew, JPEG 40": _coded(40),
    "half the size": lambda picture: picture.resize((SIZE[0] // 2, SIZE[1] // 2)),
    "brighter": lambda picture: ImageEnhance.Brightness(picture).enhance(1.3),
    "grey": lambda picture: ImageOps.grayscale(picture).convert("RGB"),
    "mirrored": ImageOps.mirror,
    "cut by 5 %": _cropped(0.05),
    "between dark bars": lambda picture: ImageOps.expand(picture, (0, 40, 0, 40)),
    "cut by 15 %": _cropped(0.15),
    "turned by 10 degrees": lambda picture: picture.rotate(10),
    "upside down": ImageOps.flip,
    "negative": ImageOps.invert,
}


def copies() -> dict[str, Any]:
    """Of each treatment how many of the barred pictures are known again; of others, how many are
    taken for one."""
    barred = [_drawn(seed) for seed in range(BARRED)]
    wide = [wide_prints([np.asarray(picture)]) for picture in barred]
    found = {
        name: sum(_is_like(treat(picture), own) for picture, own in zip(barred, wide, strict=True))
        for name, treat in TREATMENTS.items()
    }
    others = [_drawn(1000 + seed) for seed in range(OTHERS)]
    wrong = sum(any(_is_like(one, own) for own in wide) for one in others)
    return {"found": found, "of": BARRED, "wrong": wrong, "others": OTHERS}


def _drawn(seed: int) -> Picture:
    return Image.fromarray(draw(random_scene(np.random.default_rng(seed)), SIZE, 1)[0])


def _is_like(picture: Picture, wide: np.ndarray) -> bool:
    return is_copy(prints([np.asarray(picture.convert("RGB"))]), wide, NEAR)


def of_model(model: Any, folder: Path) -> dict[str, dict[str, int]]:
    """Of each subfolder, named by a group of the policy or `none`, how many pictures the model
    finds something of that group in: of `none`, of any."""
    places = [place for place in sorted(folder.iterdir()) if place.is_dir()]
    return {place.name: _counts(model, place) for place in places}


def _counts(model: Any, place: Path) -> dict[str, int]:
    found = [_groups(model, file) for file in _files(place)]
    hit = [bool(one) if place.name == NONE else place.name in one for one in found]
    return {"pictures": len(hit), "found": sum(hit)}


def _files(place: Path) -> Iterator[Path]:
    yield from (file for file in sorted(place.iterdir()) if looks.is_seen(file))


def _groups(model: Any, file: Path) -> set[str]:
    scores = model.scores(list(looks.of_file(file).frames))
    return {group for one in scores for group, _, _ in layers.groups_of(POLICY.pictures, one)}


def table(found: dict[str, Any], of_folder: dict[str, dict[str, int]]) -> str:
    """As docs/safety.md has it."""
    lines = ["| copies of a barred picture | known again |", "| --- | --- |"]
    lines += [f"| {name} | {count} of {found['of']} |" for name, count in found["found"].items()]
    lines += [f"| other pictures, taken for one | {found['wrong']} of {found['others']} |"]
    if of_folder:
        lines += ["", "| pictures of | found by the model |", "| --- | --- |"]
        lines += [f"| {name} | {n['found']} of {n['pictures']} |" for name, n in of_folder.items()]
    return "\n".join(lines)
