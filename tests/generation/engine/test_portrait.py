"""From a photograph to a drawn figure in that person's colours."""

import numpy as np

from generation.engine import board
from generation.engine.drawn import portrait
from generation.engine.drawn.scene import random_look


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
    assert portrait.is_drawing(board.cast_board((random_look(np.random.default_rng(1)),), 192, 192))


def test_a_character_is_cut_out_of_its_paper():
    drawing = board.cast_board((random_look(np.random.default_rng(4)),), 192, 192)
    cut = portrait.cut_out(drawing)
    assert cut.width < 120
    assert cut.height > 90
    assert (np.asarray(cut)[0] < portrait.WHITE).any()
    assert (np.asarray(cut)[:, 0] < portrait.WHITE).any()
