"""The shipped model, through the one code path: prompts, faces, first frames, remixes, stopping."""

import time

import numpy as np
import pytest
from PIL import Image

from generation.engine import board
from generation.engine.codec import PatchCodec
from generation.engine.denoiser import Denoiser
from generation.engine.drawn import figures
from generation.engine.drawn.scene import random_look
from generation.engine.render import load, weights_hash
from generation.engine.sound import GriffinLim
from generation.engine.types import Mode, Stopped, Unsupported
from tests.generation.engine.conftest import SHIPPED, asked, write_clip

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("engine")]


def mean_colour(rendering):
    return rendering.frames.reshape(-1, 3).mean(0)


def torso(frames):
    """The middle of the shirt of somebody who stands alone."""
    high, wide = frames.shape[1:3]
    tall, feet = figures.height_of(1, wide, high), figures.FEET * high
    top, bottom = round(feet - 0.54 * tall), round(feet - 0.34 * tall)
    middle, half = wide // 2, round(0.07 * tall)
    return frames[:, top:bottom, middle - half : middle + half]


def likeness(one, other):
    """Correlation of two pictures, free of brightness and contrast."""
    return np.corrcoef(one.astype(float).ravel(), other.astype(float).ravel())[0, 1]


def test_the_shipped_folder_loads_its_own_classes(engine):
    assert isinstance(engine._model.pipeline.transformer, Denoiser)
    assert isinstance(engine._model.pipeline.vae, PatchCodec)
    assert isinstance(engine._model.pipeline.vocoder, GriffinLim)


def test_every_size_has_the_asked_shape_and_sound(engine, clip):
    for width, height in engine.capabilities.sizes:
        made = clip("a red ball on a beach", width=width, height=height, frames=9, steps=2)
        assert (made.frames.shape, made.frames.dtype) == ((9, height, width, 3), np.uint8)
        assert (made.fps, made.sample_rate, made.sound.dtype) == (8, 16_000, np.float32)
        assert len(made.sound) == 9 / 8 * 16_000
        assert np.abs(made.sound).max() <= 1


def test_the_same_seed_gives_the_same_frames(clip):
    one, again, other = clip("a cat"), clip("a cat"), clip("a cat", seed=2)
    assert np.array_equal(one.frames, again.frames)
    assert not np.array_equal(one.frames, other.frames)


def test_night_is_darker_than_snow(clip):
    night = mean_colour(clip("a person stands in a city at night"))
    snow = mean_colour(clip("a person stands in the snow"))
    assert (snow - night > 40).all()


def test_a_meadow_is_greener_and_the_sea_bluer(clip):
    meadow = mean_colour(clip("a white ball in a meadow"))
    sea = mean_colour(clip("a white ball on the sea"))
    assert meadow[1] - meadow[2] > sea[1] - sea[2] + 20


def test_places_sound_different(clip):
    sea, space = clip("a ball on the sea", frames=17), clip("a ball in space", frames=17)
    loud = [np.sqrt(np.square(made.sound).mean()) for made in (sea, space)]
    bright = [np.abs(np.diff(made.sound)).mean() / loud[i] for i, made in enumerate((sea, space))]
    assert min(loud) > 0.005
    assert bright[0] > 1.5 * bright[1]


def test_a_character_appears_as_it_is_drawn(clip, tmp_path):
    look = random_look(np.random.default_rng(11))
    drawing = board.cast_board((look,), 160, 288)
    drawing.save(tmp_path / "character.png")
    shown, prompt = np.asarray(drawing), "person one stands on a beach"
    inked = (shown < 240).any(-1)
    made = clip(prompt, references=(tmp_path / "character.png",)).frames[0]
    assert likeness(made[inked], shown[inked]) > 0.8
    plain = clip(prompt).frames[0]
    assert likeness(made[inked], shown[inked]) > likeness(plain[inked], shown[inked])


def test_a_photograph_becomes_a_figure_in_its_colours(clip, photo, tmp_path):
    path, found = tmp_path / "photo.png", []
    for shirt in ((220, 40, 40), (40, 60, 210)):
        photo(shirt=shirt).save(path)
        made = clip("person one stands in a meadow", references=(path,))
        found.append(torso(made.frames).reshape(-1, 3).mean(0))
    red, blue = found
    assert red[0] - blue[0] > 60
    assert blue[2] - red[2] > 60


def test_the_first_frame_is_held(clip, tmp_path):
    shown = clip("a person stands in the desert").frames[0]
    path = tmp_path / "first.png"
    Image.fromarray(shown).save(path)
    made = clip("a person dances in the desert", first_frame=path, seed=5).frames
    assert np.abs(made[0].astype(int) - shown).mean() < 6


def test_a_remix_keeps_the_layout_and_follows_the_prompt(clip, tmp_path):
    source = clip("a person stands on a beach", frames=17)
    path = write_clip(tmp_path / "source.mp4", source.frames, source.fps)
    anew = {"task": Mode.RESTYLE, "source": path, "frames": 17, "seed": 9}
    remix = clip("a person stands in a city at night", **anew)
    gentle = clip("a person stands on a beach", strength=0.3, **anew)
    assert likeness(gentle.frames, source.frames) > 0.9
    assert (mean_colour(source) - mean_colour(remix)).mean() > 10


def test_progress_is_told_step_by_step(clip):
    steps = []
    clip("a ball", on_step=lambda done, total: steps.append((done, total)), steps=4)
    assert steps == [(1, 4), (2, 4), (3, 4), (4, 4)]


def test_stopping_ends_between_steps_and_the_engine_goes_on(clip):
    steps = []

    def stop_at_two(done, total):
        steps.append(done)
        if done == 2:
            raise Stopped

    with pytest.raises(Stopped):
        clip("a ball", on_step=stop_at_two)
    assert steps == [1, 2]
    assert np.array_equal(clip("a ball").frames, clip("a ball").frames)


def test_what_the_model_cannot_do_is_refused(engine):
    with pytest.raises(Unsupported) as no:
        engine.render(asked(engine, "a ball", width=127), lambda done, total: None)
    assert no.value.field == "size"


def test_any_text_is_read(clip):
    for prompt in ("", "ꙮ 🦑 \u200f", "ball " * 3000):
        assert clip(prompt, steps=1, frames=5).frames.shape[0] == 5


def test_the_weights_have_a_hash(engine):
    assert len(engine.weights_hash) == 64
    assert engine.weights_hash == weights_hash(SHIPPED)


def test_the_shipped_model_is_small():
    assert sum(path.stat().st_size for path in SHIPPED.rglob("*") if path.is_file()) < 30 << 20


def test_two_seconds_render_in_time():
    start = time.monotonic()
    engine = load(SHIPPED)
    made = engine.render(asked(engine, "a ball", frames=17, steps=8), lambda done, total: None)
    assert len(made.frames) == 17
    assert time.monotonic() - start < 25
