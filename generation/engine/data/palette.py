"""The colours a caption can name, and small colour arithmetic."""

import numpy as np

Colour = tuple[int, int, int]

COLOURS: dict[str, Colour] = {
    "red": (214, 40, 40),
    "orange": (242, 130, 30),
    "yellow": (246, 208, 50),
    "green": (40, 160, 70),
    "blue": (40, 92, 220),
    "purple": (138, 62, 190),
    "pink": (244, 130, 180),
    "white": (244, 244, 244),
    "black": (36, 36, 40),
}


def mix(one: Colour, other: Colour, share: float) -> Colour:
    """`share` of the other colour in the one."""
    return tuple(round(a + (b - a) * share) for a, b in zip(one, other, strict=True))  # type: ignore[return-value]


def gradient(top: Colour, bottom: Colour, height: int) -> np.ndarray:
    """A column (height, 1, 3) from the top colour to the bottom colour."""
    down = np.linspace(0, 1, height, dtype=np.float32)[:, None, None]
    return np.asarray(top, np.float32) * (1 - down) + np.asarray(bottom, np.float32) * down
