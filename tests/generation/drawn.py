"""A small clip for tests, drawn and not rendered: a square that moves to the right, with a tone."""

from __future__ import annotations

import numpy as np

SIDE, FRAMES, FPS, RATE = 64, 9, 8, 16000


def drawn_frames() -> np.ndarray:
    """(T, H, W, 3) uint8."""
    frames = np.full((FRAMES, SIDE, SIDE, 3), (200, 40, 0), np.uint8)
    for number, frame in enumerate(frames):
        frame[20:40, number * 4 : number * 4 + 20] = (20, 220, 240)
    return frames


def drawn_sound() -> np.ndarray:
    """(S,) float32: 440 Hz."""
    return np.sin(np.arange(FRAMES * RATE // FPS) / RATE * 440 * 2 * np.pi).astype(np.float32) / 2
