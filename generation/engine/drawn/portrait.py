"""From a photograph to a drawn figure in that person's colours.

The shipped model draws figures and cannot make a photograph. What it is shown of a person is
therefore a figure with the colours of their skin, hair and clothes, told from where these are in a
portrait: nothing is recognised, and nothing else of the face is carried over.
"""

import numpy as np
from PIL import Image

from generation.engine.drawn.palette import SKINS, Colour, mix
from generation.engine.drawn.scene import Look

SIDE = 100
# left, top, right, bottom in hundredths of a portrait with some margin around the face
CHEEKS = ((32, 52, 44, 66), (56, 52, 68, 66))
CROWN = (36, 4, 64, 20)
SIDES = ((8, 62, 20, 84), (80, 62, 92, 84))
CHEST = (30, 92, 70, 100)
WHITE = 244  # a drawing's paper is at least so bright
NEAR = 70.0  # colours closer than this are called the same
TROUSERS: Colour = (52, 58, 86)


def look_of(photo: Image.Image) -> Look:
    """A figure in the colours of the portrait."""
    pixels = np.asarray(photo.convert("RGB").resize((SIDE, SIDE), Image.Resampling.BOX), np.float32)
    skin = _likely_skin(_middle(pixels, *CHEEKS))
    hair, sides = _middle(pixels, CROWN), _middle(pixels, *SIDES)
    bald = _apart(hair, skin) < NEAR / 2
    return Look(
        skin=skin,
        hair=hair,
        cut="bald" if bald else "long" if _apart(hair, sides) < NEAR else "short",
        shirt=_middle(pixels, CHEST),
        stripe=None,
        trousers=TROUSERS,
        hat="none",
        hat_colour=hair,
    )


def is_drawing(picture: Image.Image) -> bool:
    """Whether the picture is a character on white paper, to be shown as it is."""
    small = np.asarray(picture.convert("RGB").resize((SIDE, SIDE), Image.Resampling.BOX))
    edge = np.concatenate([small[0], small[-1], small[:, 0], small[:, -1]])
    return bool((edge >= WHITE).all(-1).mean() > 0.9)


def cut_out(drawing: Image.Image) -> Image.Image:
    """The character without the paper around it."""
    pixels = np.asarray(drawing.convert("RGB"))
    inked = (pixels < WHITE).any(-1)
    rows, columns = np.flatnonzero(inked.any(1)), np.flatnonzero(inked.any(0))
    if not len(rows):
        return drawing
    return drawing.crop((columns[0], rows[0], columns[-1] + 1, rows[-1] + 1))


def _middle(pixels: np.ndarray, *boxes: tuple[int, int, int, int]) -> Colour:
    """The median colour of some parts of the picture."""
    parts = [pixels[top:bottom, left:right].reshape(-1, 3) for left, top, right, bottom in boxes]
    red, green, blue = (round(float(value)) for value in np.median(np.concatenate(parts), 0))
    return red, green, blue


def _likely_skin(found: Colour) -> Colour:
    """The found colour, drawn half way to the skins that figures have: light plays tricks."""
    dark, light = (np.asarray(skin, float) for skin in SKINS)
    share = float(np.clip((np.mean(found) - dark.mean()) / (light.mean() - dark.mean()), 0, 1))
    return mix(found, mix(*SKINS, share), 0.5)


def _apart(one: Colour, other: Colour) -> float:
    return float(np.linalg.norm(np.subtract(one, other)))
