"""How often a model draws the place, the light and the face it was asked for.

    python -m generation.engine.agreement MODEL_DIR

A picture is judged by the drawn scene it is nearest to, all at thumbnail size; a face by how well
the head correlates with its own reference and how well with somebody else's.
"""

import sys
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from PIL import Image

from generation.engine import board
from generation.engine.data import captions, heads, places
from generation.engine.render import Engine, load
from generation.engine.types import RenderRequest

THUMB, LOOKS, FACES = 12, 12, 12  # pixels; drawn scenes per kind; faces tried
Kind = tuple[str, str]  # place and light


@dataclass(frozen=True)
class Agreement:
    """Shares in [0, 1], and mean correlations of heads with their own and with others' faces."""

    place: float
    light: float
    own_face: float
    other_face: float


def main(model: Path) -> None:
    """Print the figures."""
    engine = load(model)
    place, light = scenes(engine)
    with TemporaryDirectory() as folder:
        print(Agreement(place, light, *faces(engine, Path(folder))))


def scenes(engine: Engine) -> tuple[float, float]:
    """The shares of prompts whose place and whose light are seen in the first frame."""
    known = _known(np.random.default_rng(1))
    kinds = [(place, light) for place in places.PLACES for light in places.LIGHTS]
    seen = [_nearest(known, _thumb(_still(engine, _prompt(*kind)))) for kind in kinds]
    right = np.array([(s[0] == k[0], s[1] == k[1]) for s, k in zip(seen, kinds, strict=True)])
    lit = np.array([place not in ("space", "stage") for place, _ in kinds])
    return float(right[:, 0].mean()), float(right[lit, 1].mean())


def faces(engine: Engine, folder: Path) -> tuple[float, float]:
    """Mean correlations of drawn heads with their own reference and with the next one's."""
    rng = np.random.default_rng(2)
    paths = [folder / f"{n}.png" for n in range(FACES)]
    for n, path in enumerate(paths):
        heads.random_head(rng, drawn=n % 2 == 0).save(path)
    made = [_head(_still(engine, "a person stands on a beach", (path,))) for path in paths]
    true = [_head(np.asarray(board.compose([Image.open(path)], 96, 96))) for path in paths]
    alike = np.corrcoef(np.stack(made + true))[:FACES, FACES:]
    return float(np.diag(alike).mean()), float(np.roll(alike, 1, 1).diagonal().mean())


def _prompt(place: str, light: str) -> str:
    return f"a person stands {captions.WHERE[place][0]} {captions.WHEN[light][2]}"


def _still(engine: Engine, prompt: str, references: tuple[Path, ...] = ()) -> np.ndarray:
    able = engine.capabilities
    width, height = able.sizes[0]
    frames = 1 + able.frame_step
    request = RenderRequest(
        prompt, 3, width, height, frames, able.fps, able.steps, able.guidance, references
    )
    return engine.render(request, lambda done, total: None).frames[0]


def _known(rng: np.random.Generator) -> dict[Kind, np.ndarray]:
    """Mean thumbnails of every kind of scene."""
    return {
        (place, light): np.mean(
            [_thumb(np.asarray(places.paint(place, light, 96, rng))) for _ in range(LOOKS)], 0
        )
        for place in places.PLACES
        for light in places.LIGHTS
    }


def _nearest(known: dict[Kind, np.ndarray], seen: np.ndarray) -> Kind:
    return min(known, key=lambda kind: float(np.square(known[kind] - seen).sum()))


def _thumb(picture: np.ndarray) -> np.ndarray:
    """The picture very small, without its middle, where people stand."""
    small = np.asarray(Image.fromarray(picture).resize((THUMB, THUMB)), np.float32)
    return np.delete(small, np.s_[THUMB // 4 : -THUMB // 4], axis=1)


def _head(picture: np.ndarray) -> np.ndarray:
    """The grey values of the place where one person's head rests."""
    (x, y), (wide, high) = board.HEADS[1][0], board.head_size(1, len(picture))
    x, y = round(x * picture.shape[1]), round(y * len(picture))
    return picture[y - high // 3 : y + high // 3, x - wide // 3 : x + wide // 3].mean(2).ravel()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
