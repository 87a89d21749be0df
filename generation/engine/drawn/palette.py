"""The colours a caption can name, and small colour arithmetic."""

import numpy as np

Colour = tuple[int, int, int]

COLOURS: dict[str, Colour] = {
    "red": (214, 40, 40),
    "orange": (246, 130, 20),
    "yellow": (250, 214, 40),
    "green": (34, 160, 64),
    "blue": (36, 84, 220),
    "purple": (138, 52, 190),
    "pink": (248, 130, 184),
    "white": (244, 244, 244),
    "black": (34, 34, 38),
}
HAIRS: dict[str, Colour] = {
    "black": (28, 22, 22),
    "brown": (112, 66, 34),
    "blond": (236, 200, 106),
    "red": (196, 74, 30),
    "grey": (172, 172, 176),
}
SKINS: tuple[Colour, Colour] = ((84, 50, 34), (252, 218, 190))
DARK: Colour = (30, 28, 34)
LIGHT: Colour = (255, 255, 255)


def mix(one: Colour, other: Colour, share: float) -> Colour:
    """`share` of the other colour in the one."""
    return tuple(round(a + (b - a) * share) for a, b in zip(one, other, strict=True))  # type: ignore[return-value]


def gradient(top: Colour, bottom: Colour, height: int) -> np.ndarray:
    """A column (height, 1, 3) from the top colour to the bottom colour."""
    down = np.linspace(0, 1, height, dtype=np.float32)[:, None, None]
    return np.asarray(top, np.float32) * (1 - down) + np.asarray(bottom, np.float32) * down
