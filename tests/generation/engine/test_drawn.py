"""The drawn world: the same for a seed, every attribute visible, every word said."""

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from generation.engine import board
from generation.engine.drawn import captions, clips, figures, places, scene, sounds, styles, things
from generation.engine.drawn.scene import Scene, Thing

SIZE = (160, 288)
PLAIN = Scene("meadow", "day", seed=3)


@pytest.fixture
def rng():
    return np.random.default_rng(5)


def drawn(one, size=SIZE, count=9):
    return clips.draw(one, size, count).astype(int)


def apart(one, other):
    return float(np.abs(drawn(one) - drawn(other)).mean())


def test_a_seed_draws_the_same_clip():
    def make():
        rng = np.random.default_rng(8)
        return clips.make(scene.random_scene(rng), SIZE, 9, rng)

    one, again = make(), make()
    assert one.captions == again.captions
    assert np.array_equal(one.frames, again.frames)
    assert np.array_equal(one.board, again.board)
    assert np.array_equal(one.sound, again.sound)


@pytest.mark.parametrize("size", clips.SHAPES)
@pytest.mark.parametrize("count", [1, 9, 41])
def test_a_clip_has_its_shape(rng, size, count):
    clip = clips.make(scene.random_scene(rng), size, count, rng)
    assert clip.frames.shape == (count, size[1], size[0], 3)
    assert clip.board.shape == (size[1], size[0], 3)
    assert clip.sound.shape == (round(count / clips.FPS * sounds.RATE),)


@pytest.mark.parametrize("size", clips.SHAPES)
@pytest.mark.parametrize("company", [1, 2, 3])
def test_a_standing_cast_is_where_the_board_shows_it(rng, size, company):
    cast = tuple(scene.random_look(rng) for _ in range(company))
    one = replace(PLAIN, cast=cast, shown=True)
    shown = np.asarray(board.cast_board(cast, *size)).astype(int)
    inked = (shown < 235).any(-1)
    assert np.abs(drawn(one, size)[0] - shown)[inked].mean() < 12  # edges are softer on the shown


def test_only_a_shown_cast_is_on_the_board(rng):
    one = replace(PLAIN, cast=(scene.random_look(rng),))
    empty = clips.board_of(PLAIN, SIZE)
    assert (empty == 255).all()
    assert np.array_equal(clips.board_of(one, SIZE), empty)
    assert not np.array_equal(clips.board_of(replace(one, shown=True), SIZE), empty)


@pytest.mark.parametrize(
    ("field", "words"),
    [("place", scene.PLACES), ("light", scene.LIGHTS), ("weather", scene.WEATHERS),
     ("camera", scene.CAMERAS), ("style", scene.STYLES)],
)  # fmt: skip
def test_every_attribute_can_be_seen(field, words):
    made = [replace(PLAIN, **{field: word}) for word in words]
    for n, one in enumerate(made):
        assert all(apart(one, other) > 0.5 for other in made[:n])


def test_every_action_moves_its_cast_differently(rng):
    cast = (scene.random_look(rng), scene.random_look(rng))
    made = [
        replace(PLAIN, cast=cast, action=action) for action in (*scene.ACTIONS, *scene.TOGETHER)
    ]
    for n, one in enumerate(made):
        assert all(apart(one, other) > 0.2 for other in made[:n])


@pytest.mark.parametrize("kind", scene.KINDS)
@pytest.mark.parametrize("motion", scene.MOTIONS)
def test_every_thing_moves_in_every_way(kind, motion):
    one = replace(PLAIN, thing=Thing(kind, "red", "big", motion))
    frames = drawn(one)
    changed = np.abs(frames[4] - frames[0]).max() > 30
    assert changed == (motion != "stays still")


def test_motion_right_is_not_motion_left():
    def middle(motion, frame):
        one = replace(PLAIN, thing=Thing("ball", "red", "small", motion))
        redder = np.abs(drawn(one)[frame] - drawn(PLAIN)[frame]).max(-1) > 60
        return np.flatnonzero(redder.any(0)).mean()

    assert middle("moves right", 8) > middle("moves right", 0) + 30
    assert middle("moves left", 8) < middle("moves left", 0) - 30


@pytest.mark.parametrize("hat", scene.HATS[1:])
def test_hats_stripes_and_cuts_show(rng, hat):
    look = replace(scene.random_look(rng), hat="none", stripe=None, cut="short")
    bare = np.asarray(board.cast_board((look,), *SIZE)).astype(int)
    for changed in (
        replace(look, hat=hat, hat_colour=(250, 0, 0)),
        replace(look, stripe=(0, 255, 0), shirt=(0, 0, 255)),
        replace(look, cut="long", hair=(250, 120, 0)),
    ):
        assert np.abs(np.asarray(board.cast_board((changed,), *SIZE)) - bare).max() > 100


@pytest.mark.parametrize("light", scene.LIGHTS)
@pytest.mark.parametrize("place", scene.PLACES)
def test_every_place_has_a_picture_and_a_sound(rng, place, light):
    assert places.paint(place, light, (192, 160), rng).size == (192, 160)
    heard = sounds.synthesise(Scene(place, light), 1.0, rng)
    assert 0.001 < np.sqrt(np.square(heard).mean()) < 0.5


def test_what_happens_is_heard(rng):
    cast = (scene.random_look(rng), scene.random_look(rng))
    for action in {*scene.ACTIONS, *scene.TOGETHER} - {"stands"}:
        one = replace(PLAIN, cast=cast, action=action)
        still = replace(one, action="stands")
        heard = [sounds.synthesise(s, 2.0, np.random.default_rng(1)) for s in (one, still)]
        assert np.abs(heard[0] - heard[1]).mean() > 1e-3


def test_captions_say_what_is_seen(rng):
    one = replace(PLAIN, place="sea", light="night", thing=Thing("boat", "purple", "big", "spins"))
    for _ in range(30):
        said = captions.caption(one, rng)
        assert "purple" in said
        assert "boat" in said
        assert any(word in said for word in captions.WHEN["night"])


def test_characters_on_the_board_are_called_by_number(rng):
    cast = tuple(scene.random_look(rng) for _ in range(3))
    one = replace(PLAIN, cast=cast, shown=True)
    said = " ".join(captions.caption(one, rng) for _ in range(20))
    assert all(f"person {number}" in said for number in captions.ORDER)


def test_a_scene_is_worded_in_many_ways(rng):
    one = replace(PLAIN, cast=(scene.random_look(rng),), action="dances")
    assert len({captions.caption(one, rng) for _ in range(60)}) > 40


def test_some_pairs_are_kept_from_training():
    rng = np.random.default_rng(1)
    met = [scene.random_scene(rng) for _ in range(400)]
    kept = [scene.random_scene(rng, fresh=True) for _ in range(20)]
    assert not any(scene.held_out(one) for one in met)
    assert all(scene.held_out(one) for one in kept)
    colours = {(one.thing.colour, one.thing.kind) for one in met if one.thing}
    assert {"red"} <= {colour for colour, _ in colours}
    assert {"car"} <= {kind for _, kind in colours}
    assert ("red", "car") not in colours


def test_every_label_is_a_word_of_the_vocabulary(rng):
    for _ in range(200):
        told = scene.labels(scene.random_scene(rng))
        assert told.keys() == scene.VOCABULARY.keys()
        assert all(word in scene.VOCABULARY[name] for name, word in told.items())


def test_everything_begins_where_it_rests():
    for action in scene.ACTIONS[:3]:
        stance = figures.pose(action, 0.0, 2.0, 0, 1)
        assert (round(stance.dx, 6), round(abs(stance.dy), 6)) == (0, 0)
    assert things.pose("spins", 0.0, 2.0) == (0, 0, 1, 0)


@pytest.mark.parametrize("style", styles.STYLES)
def test_a_style_keeps_the_size(style):
    assert styles.styled(Image.new("RGB", (160, 96), "orange"), style).size == (160, 96)
