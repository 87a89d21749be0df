"""From a photograph to a drawn figure in that person's colours."""

import numpy as np
import pytest
from PIL import Image, ImageDraw

from generation.engine.drawn import clips, portrait
from generation.engine.drawn.scene import random_look


@pytest.fixture
def photo():
    """A face of plain colours: hair above, skin in the middle, a shirt below, a wall behind."""

    def paint(hair=(60, 30, 20), skin=(220, 180, 150), shirt=(20, 60, 200)):
        picture = Image.new("RGB", (200, 240), (120, 140, 130))
        pen = ImageDraw.Draw(picture)
        pen.ellipse((50, 5, 150, 120), fill=hair)
        pen.ellipse((55, 40, 145, 190), fill=skin)
        pen.rectangle((30, 200, 170, 240), fill=shirt)
        return picture

    return paint


def near(found, wanted, by=26):
    return max(abs(a - b) for a, b in zip(found, wanted, strict=True)) <= by


def test_a_figure_has_the_colours_of_the_photograph(photo):
    look = portrait.look_of(photo())
    assert near(look.hair, (60, 30, 20))
    assert near(look.skin, (220, 180, 150))
    assert near(look.shirt, (20, 60, 200))
    assert look.cut == "short"


def test_two_people_are_two_figures(photo):
    dark, fair = portrait.look_of(photo()), portrait.look_of(photo((240, 210, 120), (90, 60, 44)))
    assert not near(dark.hair, fair.hair)
    assert not near(dark.skin, fair.skin)


def test_a_photograph_is_no_drawing(photo, tmp_path):
    assert not portrait.is_drawing(photo())
    assert portrait.is_drawing(
        clips.cast_board((random_look(np.random.default_rng(1)),), (192, 192))
    )


def test_a_character_is_cut_out_of_its_paper():
    drawing = clips.cast_board((random_look(np.random.default_rng(4)),), (192, 192))
    cut = portrait.cut_out(drawing)
    assert cut.width < 120
    assert cut.height > 90
    assert (np.asarray(cut)[0] < portrait.WHITE).any()
    assert (np.asarray(cut)[:, 0] < portrait.WHITE).any()
