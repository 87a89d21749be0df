"""Faces for tests: the lite pack, and clips of a photograph and of drawn heads."""

from __future__ import annotations

import tempfile
from functools import cache
from pathlib import Path

import numpy as np
from django.conf import settings

from cameos.faces import Reader, reader
from cameos.pack.build import build
from cameos.pack.check import photograph
from demo.capture import poses, turning, write_clip
from generation.encoding import encode
from sora_social.uploads import Clip, read_clip
from tests.faces.drawn import drawn_turning

TURNS = ("left", "right", "up")


@cache
def lite() -> Reader:
    """The reader of the lite pack, built where the server looks for it if it is not there yet."""
    return reader(build(settings.LIKENESS_MODEL_PACK, say=lambda line: None).folder)


@cache
def astronaut_turning(turns: tuple[str, ...] = TURNS, shift: int = 0) -> list[np.ndarray]:
    """A genuine capture: BGR frames of the photograph's head; `shift` moves the camera."""
    lite()
    shown = photograph()[shift : shift + 360, 30 - shift : 430 - shift]
    return turning(np.ascontiguousarray(shown), poses(turns))


@cache
def astronaut_film() -> Path:
    """A second of the photograph's head in one of our own clips."""
    return film(astronaut_turning()[:8])


@cache
def drawn_film(seed: int = 3) -> Path:
    """A second of a drawn head in one of our own clips."""
    return film(drawn_turning(seed, [(yaw, 0) for yaw in range(-8, 8, 2)]))


@cache
def astronaut_template() -> np.ndarray:
    return lite().faces(photograph())[0].template


@cache
def drawn_template(seed: int = 3) -> np.ndarray:
    """The lite pack tells a drawn head from a photograph, but no drawn head from another."""
    return lite().faces(drawn_turning(seed, [(0, 0)])[0])[0].template


def film(frames: list[np.ndarray], fps: int = 8) -> Path:
    """BGR frames as the main file of one of our own clips."""
    folder = Path(tempfile.mkdtemp(prefix="film-", dir=settings.DATA))
    rgb = np.ascontiguousarray(np.stack(frames)[..., ::-1])
    encode(rgb, fps, np.zeros(0, np.float32), 16000, folder)
    return folder / "video.mp4"


def filmed(frames: list[np.ndarray], folder: Path) -> Clip:
    """The frames as an uploaded H.264 clip comes out of the sandbox."""
    return read_clip(write_clip(frames, folder / "clip.mp4"))
