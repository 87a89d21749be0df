"""Every mode of the shipped model, measured on its pixels."""

import json
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from generation.engine.joining import FADE
from generation.engine.source import read_clip
from generation.engine.types import Mode, Shot, Stopped, Tier, Unsupported
from tests.generation.engine.conftest import asked, psnr, write_clip

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("engine")]


def unheard(done, total):
    """Progress nobody listens to."""


def jumps(frames):
    """How far each frame is from the next, in grey levels."""
    return np.abs(np.diff(frames.astype(float), axis=0)).mean((1, 2, 3))


def jump(one, other):
    return np.abs(one.astype(float) - other).mean()


@pytest.fixture(scope="session")
def given(engine, tmp_path_factory):
    """Two clips of different scenes as files, and as the engine reads them."""
    folder, prompts = (
        tmp_path_factory.mktemp("given"),
        ("a red ball in a meadow", "a city at night"),
    )
    read = []
    for seed, prompt in enumerate(prompts, start=21):
        made = engine.render(asked(engine, prompt, seed=seed, frames=13), unheard)
        path = write_clip(folder / f"{seed}.mp4", made.frames, made.fps)
        size = made.frames.shape[2], made.frames.shape[1]
        read.append((path, read_clip(path, size, made.fps, made.sample_rate).frames))
    return read


# --- pictures at the ends ---


def test_the_first_frame_is_the_given_picture(clip, given, saved):
    shown = given[0][1][0]
    made = clip("a red ball in a meadow", first_frame=saved(shown), seed=5).frames
    assert psnr(made[0], shown) > 22


def test_the_last_frame_is_the_given_picture(clip, given, saved):
    shown = given[0][1][-1]
    made = clip("a red ball in a meadow", last_frame=saved(shown), seed=5).frames
    without = clip("a red ball in a meadow", seed=5).frames
    assert psnr(made[-1], shown) > max(18, psnr(without[-1], shown) + 3)


def test_a_clip_leads_from_the_first_to_the_last_frame(clip, given, saved):
    first, last = given[0][1][0], given[0][1][-1]
    pictures = {"first_frame": saved(first, "first"), "last_frame": saved(last, "last")}
    made = clip("a red ball in a meadow", seed=5, **pictures).frames
    assert psnr(made[0], first) > 22
    assert psnr(made[-1], last) > 18


def test_a_loop_goes_on_into_its_beginning_as_neighbours_do(clip):
    made = clip("a red ball in a meadow", loop=True, frames=17)
    assert len(made.frames) == 16
    assert len(made.sound) == round(16 / made.fps * made.sample_rate)
    assert jump(made.frames[-1], made.frames[0]) <= 1.5 * jumps(made.frames).mean()


def test_a_loop_can_begin_with_a_given_picture(clip, given, saved):
    shown, steps = given[0][1][0], []
    made = clip(
        "a red ball in a meadow",
        on_step=lambda done, total: steps.append((done, total)),
        loop=True,
        first_frame=saved(shown),
    )
    assert psnr(made.frames[0], shown) > 22
    assert steps[-1] == (6, 6)


# --- clips at the ends ---


def test_an_extension_keeps_the_clip(clip, given):
    path, source = given[0]
    made = clip("a red ball in a meadow", task=Mode.EXTEND, source=path, frames=9)
    assert made.kept == ((0, 13),)
    assert np.array_equal(made.frames[:13], source)
    assert len(made.frames) == 13 + 8
    assert len(made.sound) == round(21 / made.fps * made.sample_rate)


def test_an_extension_goes_on_as_neighbours_do(clip, given):
    path, source = given[0]
    made = clip("a red ball in a meadow", task=Mode.EXTEND, source=path, frames=9)
    assert jump(made.frames[12], made.frames[13]) <= 1.5 * jumps(source).max()


def test_an_extension_backward_leads_into_the_clip(clip, given):
    path, source = given[0]
    made = clip("a red ball in a meadow", task=Mode.EXTEND_BACK, source=path, frames=9)
    assert made.kept == ((8, 21),)
    assert np.array_equal(made.frames[8:], source)
    assert jump(made.frames[7], made.frames[8]) <= 1.5 * jumps(source).max()


def test_a_blend_begins_and_ends_with_the_given_clips(clip, given):
    (one, start), (other, end) = given
    made = clip("a red ball in a meadow", task=Mode.BLEND, source=one, other=other, frames=9)
    assert made.kept == ((0, 13), (20, 33))
    assert np.array_equal(made.frames[:13], start)
    assert np.array_equal(made.frames[20:], end)
    joins = jump(made.frames[12], made.frames[13]), jump(made.frames[19], made.frames[20])
    assert max(joins) < jump(start[-1], end[0])


def test_given_sound_is_kept_up_to_the_join(clip, given, tmp_path):
    path = given[0][0]
    made = clip("a red ball in a meadow", task=Mode.EXTEND, source=path, frames=9)
    ends = round(13 / made.fps * made.sample_rate)
    assert not made.sound[: ends - round(FADE * made.sample_rate)].any()  # the file is silent
    assert np.abs(made.sound[ends:]).max() > 0.01


# --- clips drawn anew ---


def test_the_strength_says_how_much_of_a_clip_is_redrawn(clip, given):
    path, source = given[0]
    gentle, strong = (
        clip("a city at night", task=Mode.RESTYLE, source=path, frames=13, strength=strength).frames
        for strength in (0.3, 0.9)
    )
    assert gentle.shape == source.shape
    assert psnr(gentle, source) > psnr(strong, source) + 3


def test_recasting_puts_somebody_else_into_the_clip(clip, engine, painted, tmp_path):
    prompt = "a person stands on a beach"
    before = clip(prompt, references=(painted("red"),))
    path = write_clip(tmp_path / "before.mp4", before.frames, before.fps)
    recast = {"task": Mode.RECAST, "source": path, "strength": 0.8}
    same = clip(prompt, references=(painted("red"),), **recast).frames.astype(int)
    other = clip(prompt, references=(painted("blue"),), **recast).frames.astype(int)
    bluer = (other - same)[..., 2] - (other - same)[..., 0]
    assert (bluer > 60).mean() > 0.01
    assert psnr(other[:, :2], same[:, :2]) > 20  # the sky stays


def test_inpainting_a_region_leaves_all_else_as_it_was(clip, given, saved):
    path, source = given[0]
    height, width = source.shape[1:3]
    mask = np.zeros((height, width), np.uint8)
    mask[height // 4 : height // 4 * 3, width // 4 : width // 4 * 3] = 255
    made = clip("a blue box", task=Mode.INPAINT, source=path, mask=saved(mask)).frames
    assert made.shape == source.shape
    assert np.array_equal(made[:, mask == 0], source[:, mask == 0])
    assert jump(made[:, mask > 0], source[:, mask > 0]) > 5


def test_a_mask_of_another_size_is_fitted(clip, given, saved):
    path, source = given[0]
    mask = np.zeros((30, 40), np.uint8)
    mask[:, 20:] = 255
    made = clip("a blue box", task=Mode.INPAINT, source=path, mask=saved(mask)).frames
    changed = np.abs(made.astype(int) - source).max((0, 1, 3))
    half = source.shape[2] // 2
    assert not changed[: half - 1].any()
    assert changed[half + 4 :].any()


@pytest.mark.parametrize("span", [(0.5, 1.0), (0.0, 0.4), (1.3, 3.0), (0.0, 2.0), (0.2, 1.5)])
def test_inpainting_a_span_leaves_the_rest_of_the_time(clip, given, span):
    path, source = given[0]
    made = clip("a blue box", task=Mode.INPAINT, source=path, span=span)
    begin, end = int(span[0] * made.fps), min(13, int(np.ceil(span[1] * made.fps)))
    assert made.kept == tuple(part for part in ((0, begin), (end, 13)) if part[0] < part[1])
    assert np.array_equal(made.frames[:begin], source[:begin])
    assert np.array_equal(made.frames[end:], source[end:])
    assert (
        np.abs(made.frames[begin:end].astype(int) - source[begin:end]).mean((1, 2, 3)) > 1
    ).all()
    assert len(made.sound) == round(13 / made.fps * made.sample_rate)


def test_a_region_can_be_inpainted_for_a_while(clip, given, saved):
    path, source = given[0]
    mask = np.zeros(source.shape[1:3], np.uint8)
    mask[:, : source.shape[2] // 2] = 255
    part = {"mask": saved(mask), "span": (0.5, 1.0)}
    made = clip("a blue box", task=Mode.INPAINT, source=path, **part)
    same = (made.frames == source).all((2, 3))  # (T, H)
    assert same[:4].all()
    assert same[8:].all()
    assert not same[4:8].all((1,)).any()
    assert np.array_equal(made.frames[:, mask == 0], source[:, mask == 0])


def test_a_span_after_the_clip_is_refused(clip, given):
    with pytest.raises(Unsupported) as no:
        clip("a box", task=Mode.INPAINT, source=given[0][0], span=(5.0, 6.0))
    assert no.value.field == "span"


def test_a_black_mask_is_refused(clip, given, saved):
    black = saved(np.zeros((50, 50), np.uint8))
    with pytest.raises(Unsupported) as no:
        clip("a box", task=Mode.INPAINT, source=given[0][0], mask=black)
    assert no.value.field == "mask"


def test_a_short_clip_is_enough(clip, given, tmp_path):
    source = given[0][1][:2]
    path = write_clip(tmp_path / "short.mp4", source, 8)
    assert len(clip("a ball", task=Mode.EXTEND, source=path, frames=9).frames) == 2 + 8
    assert (
        len(clip("a ball", task=Mode.BLEND, source=path, other=path, frames=9).frames) == 2 + 7 + 2
    )
    assert len(clip("a ball", task=Mode.RESTYLE, source=path, frames=9).frames) == 5


# --- stills, shots, variants, previews ---


def test_a_still_is_one_silent_frame(clip):
    made = clip("a red ball in a meadow", frames=1)
    assert len(made.frames) == 1
    assert len(made.sound) == 0


def test_a_storyboard_is_its_shots_in_a_row(clip):
    shots = (Shot("a red ball in a meadow", 9), Shot("a city at night", 5))
    steps = []
    made = clip("", on_step=lambda done, total: steps.append((done, total)), shots=shots)
    first = clip("a red ball in a meadow", frames=9)
    assert len(made.frames) == 14
    assert np.array_equal(made.frames[:9], first.frames)
    assert jump(made.frames[8], made.frames[9]) > 1.5 * jumps(made.frames[:9]).mean()
    assert len(made.sound) == round(14 / made.fps * made.sample_rate)
    assert steps == [(number, 12) for number in range(1, 13)]


def test_a_shot_shows_the_same_people_as_the_others(clip, painted):
    shots = (Shot("a person stands on a beach", 5), Shot("a person stands in the snow", 5))
    red = clip("", shots=shots, references=(painted("red"),)).frames.astype(int)
    blue = clip("", shots=shots, references=(painted("blue"),)).frames.astype(int)
    redder = ((red - blue)[..., 0] - (red - blue)[..., 2] > 60).mean((1, 2))
    assert (redder > 0.01).all()


def test_requests_that_share_a_forward_get_what_they_would_alone(engine):
    requests = [
        asked(engine, prompt, seed=seed)
        for seed, prompt in enumerate(["a red ball in a meadow", "a city at night", "a cat"])
    ]
    assert engine.can_share(requests)
    steps = []
    together = engine.render_together(requests, lambda done, total: steps.append((done, total)))
    assert steps == [(number, 6) for number in range(1, 7)]
    for made, request in zip(together, requests, strict=True):
        alone = engine.render(request, unheard)
        assert np.abs(made.frames.astype(int) - alone.frames).max() <= 1
        assert np.abs(made.sound - alone.sound).max() < 1e-2


def test_only_text_of_one_shape_shares_a_forward(engine, painted):
    plain = asked(engine, "a ball", frames=9)
    others = [
        replace(plain, frames=5),
        replace(plain, steps=3),
        replace(plain, guidance=2.5),
        replace(plain, first_frame=painted("red")),
        replace(plain, references=(painted("red"),)),
        replace(plain, loop=True),
        replace(plain, shots=(Shot("a ball", 9),)),
    ]
    assert [engine.can_share([plain, other]) for other in others] == [False] * len(others)


def test_a_preview_looks_more_like_its_final_than_like_others(engine, clip):
    """Same noise: over several seeds, previews are nearer to their own finals."""
    prompt, seeds = "a ball", (1, 2, 3, 4, 5)
    model, sizes = engine._model, engine.capabilities.sizes
    size = next((size for size in sizes if model.preview_size(*size) != size), sizes[0])
    shape = {"width": size[0], "height": size[1], "frames": 5}
    small = model.preview_size(*size)
    finals = [_shrunk(clip(prompt, seed=seed, steps=8, **shape).frames, small) for seed in seeds]
    tier = Tier.PREVIEW
    previews = [clip(prompt, seed=seed, steps=4, tier=tier, **shape).frames for seed in seeds]
    assert {preview.shape[1:3] for preview in previews} == {(small[1], small[0])}
    flat = [frames.ravel() for frames in (*previews, *finals)]
    like = np.corrcoef(flat)[: len(seeds), len(seeds) :]
    own = np.eye(len(seeds), dtype=bool)
    assert like[own].mean() > like[~own].mean() + 0.03


def _shrunk(frames, size):
    return np.stack([np.asarray(Image.fromarray(frame).resize(size)) for frame in frames])


# --- while it works ---


def test_progress_counts_the_steps_of_all_takes(clip):
    steps = []
    clip("a ball", on_step=lambda done, total: steps.append((done, total)), loop=True, steps=3)
    assert steps == [(number, 6) for number in range(1, 7)]


def test_stopping_in_the_second_take_leaves_the_engine_usable(clip):
    def stop(done, total):
        if done == 4:
            raise Stopped

    before = clip("a ball", steps=2).frames
    with pytest.raises(Stopped):
        clip("a ball", on_step=stop, loop=True, steps=3)
    assert np.array_equal(clip("a ball", steps=2).frames, before)


def test_every_take_tells_its_own_noise_levels(clip, tmp_path):
    looped = clip("a ball", loop=True, steps=2)
    assert [take["sigmas"] for take in looped.takes] == [[1.0, 0.5], [1.0, 0.5]]
    path = write_clip(tmp_path / "source.mp4", looped.frames, looped.fps)
    anew = {"task": Mode.RESTYLE, "source": path, "frames": 5, "steps": 4, "strength": 0.5}
    (take,) = clip("a ball", **anew).takes
    assert take["sigmas"] == [0.5, 0.25]


def test_a_recipe_is_plain_and_tells_the_noise_levels(engine):
    request = asked(engine, "a ball", steps=4)
    recipe = engine.recipe(request, engine.render(request, lambda done, total: None))
    assert recipe == json.loads(json.dumps(recipe))
    assert [take["sigmas"] for take in recipe["takes"]] == [[1.0, 0.75, 0.5, 0.25]]
    assert recipe["weights_hash"] == engine.weights_hash
    assert {"torch", "diffusers", "transformers"} == set(recipe["libraries"])
