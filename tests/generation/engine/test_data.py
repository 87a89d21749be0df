"""The drawn clips: the same for a seed, and the board shows heads where they rest."""

import numpy as np
import pytest
from PIL import Image

from generation.engine import board
from generation.engine.data import captions, clips, heads, people, places, sounds, things


@pytest.fixture
def rng():
    return np.random.default_rng(5)


def scene_with(rng, company, deed="stands"):
    while True:
        scene = clips.random_scene(rng)
        if len(scene.people) == company and (not company or scene.people[0].deed == deed):
            return scene


def test_a_seed_draws_the_same_clip():
    one, again = (clips.random_clip(np.random.default_rng(8)) for _ in range(2))
    assert one.caption == again.caption
    assert np.array_equal(one.frames, again.frames)
    assert np.array_equal(one.sound, again.sound)


def test_a_clip_has_its_shape(rng):
    clip = clips.random_clip(rng)
    assert clip.frames.shape == (17, 96, 96, 3)
    assert clip.sound.shape == (round(clips.SECONDS * sounds.RATE),)


@pytest.mark.parametrize("company", [1, 2, 3])
def test_heads_rest_in_the_clip_where_the_board_shows_them(rng, company):
    scene = scene_with(rng, company)
    frame, shown = clips.draw(scene, rng)[0].astype(int), clips.board_of(scene.people).astype(int)
    for x, y in board.HEADS[company]:
        x, y = round(x * 96), round(y * 96)
        assert np.abs(frame - shown)[y - 4 : y + 4, x - 4 : x + 4].max() <= 1


def test_free_cells_of_a_board_tell_their_place():
    empty = clips.board_of(())
    cells = empty.reshape(6, 16, 6, 16, 3)
    assert (cells == cells[:, :1, :, :1]).all()
    assert len({tuple(colour) for colour in cells[:, 0, :, 0].reshape(-1, 3)}) == 36


def test_heads_keep_their_cells(rng):
    people_ = scene_with(rng, 1).people
    white = np.asarray(board.arrange([people_[0].head], 192, 192).reduce(2))
    charted = clips.board_of(people_)
    kept = (white == charted).all(2).reshape(6, 16, 6, 16).all((1, 3))
    assert kept[:3, 2:4].all()
    assert not kept[3:].any()


def test_every_deed_begins_at_rest():
    for deed in people.DEEDS:
        stance = people.pose(deed, 0)
        assert (stance.dx, abs(stance.dy)) == (0, 0)


def test_every_thing_can_be_drawn_everywhere(rng):
    for kind in things.KINDS:
        for motion in things.MOTIONS:
            canvas = Image.new("RGB", (192, 192), (1, 2, 3))
            thing = things.Thing(kind, "red", "big", motion, 0.5, 0.5)
            things.place(canvas, things.sprite(kind, "red"), thing, 0.5)
            assert len(canvas.getcolors(99_999)) > 2


@pytest.mark.parametrize("light", places.LIGHTS)
@pytest.mark.parametrize("place", places.PLACES)
def test_every_place_has_a_picture_and_a_sound(rng, place, light):
    assert places.paint(place, light, 96, rng).size == (96, 96)
    heard = sounds.synthesise(captions.Scene(place, light), 1.0, rng)
    assert 0.001 < np.sqrt(np.square(heard).mean()) < 0.5


def test_captions_say_what_is_seen(rng):
    thing = things.Thing("boat", "purple", "small", "spins", 0.5, 0.6)
    said = captions.caption(captions.Scene("sea", "night", things=(thing,)), rng)
    assert "purple" in said
    assert "boat" in said


def test_a_clip_is_worded_in_many_ways(rng):
    scene = scene_with(rng, 2, "dances")
    assert len({captions.caption(scene, rng) for _ in range(40)}) > 25


def test_heads_are_all_different(rng):
    made = [np.asarray(heads.random_head(rng, drawn)) for drawn in (True, False) * 4]
    apart = [np.abs(a.astype(int) - b).mean() for i, a in enumerate(made) for b in made[:i]]
    assert min(apart) > 10


def test_a_head_is_cut_to_an_oval():
    head = board.oval(Image.new("RGB", (50, 80), "red"), (32, 40))
    assert head.size == (32, 40)
    assert (head.getpixel((0, 0))[3], head.getpixel((16, 20))) == (0, (255, 0, 0, 255))
