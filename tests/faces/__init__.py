"""Faces for tests: the lite pack, and clips of a photograph and of drawn heads."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
from django.conf import settings

from cameos.faces import Reader, reader
from cameos.pack.build import build
from cameos.pack.check import photograph
from demo.capture import poses, turning, write_clip
from sora_social.uploads import Clip, read_clip

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


def filmed(frames: list[np.ndarray], folder: Path) -> Clip:
    """The frames as an uploaded H.264 clip comes out of the sandbox."""
    return read_clip(write_clip(frames, folder / "clip.mp4"))
