"""Every family renders, from a tiny checkpoint of its own classes, all the modes it declares."""

import json
import shutil
from dataclasses import replace

import numpy as np
import pytest
import torch

from generation.engine.capabilities import capabilities_of, check
from generation.engine.families import Options, noise, soundtrack
from generation.engine.families.noise import noise_for
from generation.engine.families.wan_vace import given
from generation.engine.loading import BadModel
from generation.engine.render import load
from generation.engine.takes import Broken, Take
from generation.engine.types import Mode, Shot, Stopped, Tier, Unsupported
from tests.generation.engine.conftest import asked, write_clip
from tests.generation.engine.tiny import SIZE, consisid, modular, stable_audio, wan

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("engine")]
EVERYTHING = frozenset(Mode)
OF_LTX2 = EVERYTHING - {Mode.INPAINT}
OF_LTX25 = OF_LTX2 - {Mode.STILL, Mode.LOOP}
TAKE = Take("a red ball", 1, *SIZE, frames=9, fps=8, steps=3, guidance=3.0)


@pytest.fixture(scope="module")
def vace_folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("vace")
    wan.save(folder, capabilities={"sizes": [SIZE, (64, 64)]})
    stable_audio.save(folder / "soundtrack")
    return folder


@pytest.fixture(scope="module")
def vace(vace_folder):
    return load(vace_folder)


@pytest.fixture(scope="module")
def consis(tmp_path_factory):
    return load(consisid.save(tmp_path_factory.mktemp("consisid")))


@pytest.fixture(scope="module")
def ltx2(tmp_path_factory):
    return load(modular.save(tmp_path_factory.mktemp("ltx2")))


@pytest.fixture(scope="module")
def ltx25(tmp_path_factory):
    return load(modular.save(tmp_path_factory.mktemp("ltx25"), "LTX25ModularPipeline"))


@pytest.fixture
def wanted(tmp_path, face, saved):
    """For each mode, what to ask of an engine and how many frames come of it."""
    drawn = np.random.default_rng(0).integers(0, 255, (9, SIZE[1], SIZE[0], 3), np.uint8)
    clip = write_clip(tmp_path / "clip.mp4", drawn, 8)
    left = np.zeros((SIZE[1], SIZE[0]), np.uint8)
    left[:, : SIZE[0] // 2] = 255
    edits = {mode: {"task": mode, "source": clip} for mode in Mode}
    return {
        Mode.TEXT: ({}, 9),
        Mode.FIRST_FRAME: ({"first_frame": face}, 9),
        Mode.LAST_FRAME: ({"last_frame": face}, 9),
        Mode.LOOP: ({"loop": True}, 8),
        Mode.EXTEND: (edits[Mode.EXTEND], 9 + 8),
        Mode.EXTEND_BACK: (edits[Mode.EXTEND_BACK], 8 + 9),
        Mode.RESTYLE: (edits[Mode.RESTYLE], 9),
        Mode.INPAINT: (edits[Mode.INPAINT] | {"mask": saved(left)}, 9),
        Mode.BLEND: (edits[Mode.BLEND] | {"other": clip}, 9 + 7 + 9),
        Mode.REFERENCES: ({"references": (face,)}, 9),
        Mode.RECAST: (edits[Mode.RECAST] | {"references": (face,)}, 9),
        Mode.STILL: ({"frames": 1}, 1),
        Mode.STORYBOARD: ({"shots": (Shot("a ball", 5), Shot("a sea", 9))}, 5 + 9),
    }


def unheard(done, total):
    """Progress nobody listens to."""


def make(engine, on_step=unheard, **changes):
    """A clip of nine frames in three steps."""
    request = asked(engine, "a red ball", **{"steps": 3, "frames": 9} | changes)
    return engine.render(request, on_step)


def apart(one, other):
    """How far two clips are from each other, in grey levels."""
    return np.abs(one.frames.astype(float) - other.frames).mean()


def stop_at(count):
    def on_step(done, total):
        if done == count:
            raise Stopped

    return on_step


# --- what each declares, it makes; the rest it refuses ---


@pytest.mark.parametrize("mode", sorted(EVERYTHING))
def test_wan_vace_makes_every_mode(vace, wanted, mode):
    changes, frames = wanted[mode]
    made = make(vace, **changes)
    assert made.frames.shape == (frames, SIZE[1], SIZE[0], 3)
    assert len(made.sound) == (round(frames / 8 * stable_audio.RATE) if frames > 1 else 0)


@pytest.mark.parametrize("mode", sorted(OF_LTX2))
def test_modular_ltx2_makes_every_mode_it_declares(ltx2, wanted, mode):
    changes, frames = wanted[mode]
    made = make(ltx2, **changes)
    assert made.frames.shape == (frames, SIZE[1], SIZE[0], 3)
    assert len(made.sound) == (round(frames / 8 * made.sample_rate) if frames > 1 else 0)


@pytest.mark.parametrize("mode", [Mode.TEXT, Mode.REFERENCES])
def test_ltx25_decodes_by_diffusion(ltx25, wanted, mode):
    made = make(ltx25, **wanted[mode][0] | {"frames": 5, "steps": 2})
    assert made.frames.shape == (5, SIZE[1], SIZE[0], 3)
    assert len(made.sound) == round(5 / 8 * made.sample_rate)


@pytest.mark.parametrize(
    ("family", "modes"),
    [
        ("vace", EVERYTHING),
        ("ltx2", OF_LTX2),
        ("ltx25", OF_LTX25),
        ("consis", {Mode.REFERENCES}),
    ],
)
def test_a_mode_is_refused_before_anything_is_rendered(request, wanted, family, modes):
    engine = request.getfixturevalue(family)
    refused = set()
    for mode, (changes, _) in wanted.items():
        try:
            check(engine.capabilities, asked(engine, "a ball", **changes))
        except Unsupported:
            refused.add(mode)
    assert engine.capabilities.modes == modes
    assert refused == EVERYTHING - modes


@pytest.mark.parametrize("family", ["vace", "ltx2"])
def test_all_that_is_given_is_seen(request, face, painted, family):
    engine, red = request.getfixturevalue(family), painted("red")
    for one, other in [
        ({"first_frame": face}, {"first_frame": red}),
        ({"last_frame": face}, {"last_frame": red}),
        ({"references": (face,)}, {"references": (red,)}),
    ]:
        assert apart(make(engine, **one), make(engine, **other)) > 0


@pytest.mark.parametrize("family", ["vace", "ltx2"])
def test_the_less_strength_the_less_the_seed_matters(request, wanted, family):
    engine = request.getfixturevalue(family)
    changes, _ = wanted[Mode.RESTYLE]

    def spread(strength):
        one, other = (
            make(engine, **changes | {"strength": strength, "seed": seed}) for seed in (1, 2)
        )
        return apart(one, other)

    assert spread(0.05) < spread(1.0) / 3


@pytest.mark.parametrize("family", ["vace", "ltx2"])
def test_a_seed_makes_the_same_clip_again_after_a_stop(request, family):
    engine = request.getfixturevalue(family)
    before = make(engine)
    with pytest.raises(Stopped):
        make(engine, stop_at(2), seed=5)
    again = make(engine)
    assert np.array_equal(again.frames, before.frames)
    assert np.array_equal(again.sound, before.sound)
    assert apart(make(engine, seed=2), before) > 0.5


@pytest.mark.parametrize("family", ["vace", "ltx2"])
def test_numbers_that_are_not_finite_are_no_picture(family, vace_folder, tmp_path):
    broken = load(vace_folder) if family == "vace" else load(modular.save(tmp_path / "broken"))
    next(iter(broken.network.parameters())).data.fill_(float("nan"))
    with pytest.raises(Broken):
        make(broken)


# --- Wan VACE ---


def test_what_is_given_is_shown_and_what_is_to_be_drawn_is_grey():
    start, end = np.full((5, 48, 64, 3), 10, np.uint8), np.full((1, 48, 64, 3), 200, np.uint8)
    shown = given(replace(TAKE, start=start, end=end))
    assert [np.asarray(frame).mean() for frame in shown["video"]] == [10] * 5 + [127] * 3 + [200]
    assert [np.asarray(frame).mean() for frame in shown["mask"]] == [0] * 5 + [255] * 3 + [0]


def test_a_masked_source_is_shown_but_for_the_mask():
    source, mask = np.full((9, 48, 64, 3), 10, np.uint8), np.zeros((9, 48, 64), bool)
    mask[:, :, :32] = True
    shown = given(replace(TAKE, source=source, mask=mask))
    assert np.asarray(shown["video"][4])[0, [0, 31, 32, 63], 0].tolist() == [127, 127, 10, 10]
    assert np.asarray(shown["mask"][4])[0, [0, 31, 32, 63], 0].tolist() == [255, 255, 0, 0]


def test_a_source_is_begun_at_its_strength(vace, wanted):
    steps = []
    changes, _ = wanted[Mode.RESTYLE]
    make(
        vace,
        lambda done, total: steps.append((done, total)),
        steps=10,
        **changes | {"strength": 0.3},
    )
    assert steps[:3] == [(1, 3), (2, 3), (3, 3)]
    take = replace(TAKE, source=np.zeros((9, 48, 64, 3), np.uint8), strength=0.3)
    assert vace._model.facts(take)["sigmas"][0] == pytest.approx(0.3, abs=1e-5)


def test_a_preview_has_the_noise_of_its_final_and_half_its_sides(vace):
    preview = make(vace, tier=Tier.PREVIEW, width=64, height=64)
    assert preview.frames.shape == (9, 32, 32, 3)
    whole = replace(TAKE, height=64)
    half = replace(TAKE, width=32, height=32, noise_size=(64, 64))
    final = noise_for(whole, 16, 3, 8)
    assert torch.equal(noise_for(half, 16, 3, 8), noise.pooled(final, (4, 4)))


def test_a_size_off_the_grid_of_half_is_previewed_whole(vace):
    assert make(vace, tier=Tier.PREVIEW).frames.shape == (9, SIZE[1], SIZE[0], 3)


def test_it_runs_in_short_numbers(vace_folder):
    short = load(vace_folder, {"dtype": "bf16"})
    made = make(short)
    assert made.takes[0]["dtype"] == "bfloat16"
    assert made.frames.shape == (9, SIZE[1], SIZE[0], 3)


@pytest.mark.parametrize("options", [{"tiled": True}, {"step_cache": "first_block"}])
def test_it_runs_as_an_operator_wants(vace_folder, options):
    engine = load(vace_folder, options)
    one, again = make(engine), make(engine)
    assert one.frames.shape == (9, SIZE[1], SIZE[0], 3)
    assert np.array_equal(one.frames, again.frames)


def test_memory_is_spared_once(vace_folder):
    model = load(vace_folder)._model
    assert [model.spare_memory(), model.spare_memory()] == [True, False]


# --- sound for the silent ---


def test_a_silent_family_is_heard_through_the_model_beside_it(vace):
    one, other = make(vace, seed=1), make(vace, seed=2)
    assert vace.capabilities.sound is True
    assert one.sample_rate == stable_audio.RATE
    assert np.abs(one.sound).max() > 0
    assert not np.array_equal(one.sound, other.sound)


def test_without_one_it_says_so_and_is_silent(consis, face):
    np.savez(face.with_suffix(".npz"), **consisid.measures())
    made = make(consis, references=(face,))
    assert consis.capabilities.sound is False
    assert made.sound.tolist() == [0.0] * round(9 / 8 * soundtrack.SILENT_RATE)


def test_stopping_while_the_sound_is_made_leaves_it_usable(vace):
    before, heard = make(vace), []

    def stop_after_the_picture(done, total):
        heard.append(done)
        if heard.count(total) == 2:
            raise Stopped

    with pytest.raises(Stopped):
        make(vace, stop_after_the_picture)
    assert np.array_equal(make(vace).sound, before.sound)


def test_past_the_longest_sound_there_is_silence(vace_folder):
    sound = soundtrack.load(vace_folder, Options())
    samples = sound.over(replace(TAKE, frames=41), unheard)
    end = stable_audio.LONGEST * stable_audio.RATE
    assert len(samples) == round(41 / 8 * stable_audio.RATE)
    assert np.abs(samples[:end]).max() > 0
    assert samples[end:].tolist() == [0.0] * (len(samples) - end)


# --- ConsisID ---


def test_consisid_shows_the_person_who_was_measured(consis, face):
    def of(person):
        np.savez(face.with_suffix(".npz"), **consisid.measures(person))
        return make(consis, references=(face,))

    one, again, other = of(1), of(1), of(2)
    assert one.frames.shape == (9, SIZE[1], SIZE[0], 3)
    assert np.array_equal(one.frames, again.frames)
    assert apart(one, other) > 0.5


def test_a_face_nobody_measured_is_refused(consis, face):
    with pytest.raises(Unsupported, match="id_vit_hidden") as no:
        make(consis, references=(face,))
    assert no.value.field == "likeness"


def test_consisid_takes_one_person(consis, face, painted):
    with pytest.raises(Unsupported) as no:
        make(consis, references=(face, painted("red")))
    assert (no.value.field, no.value.possible) == ("references", 1)


def test_stopping_consisid_leaves_it_usable(consis, face):
    np.savez(face.with_suffix(".npz"), **consisid.measures())
    before = make(consis, references=(face,))
    with pytest.raises(Stopped):
        make(consis, stop_at(2), references=(face,))
    assert np.array_equal(make(consis, references=(face,)).frames, before.frames)


# --- modular ---


def test_an_option_its_blocks_lack_is_refused(tmp_path):
    folder = modular.save(tmp_path / "model")
    with pytest.raises(Unsupported) as no:
        load(folder, {"offload": "model"})
    assert no.value.field == "options.offload"


def test_a_modular_folder_may_be_moved(tmp_path):
    folder = modular.save(tmp_path / "model").rename(tmp_path / "elsewhere")
    assert make(load(folder)).frames.shape == (9, SIZE[1], SIZE[0], 3)


def test_a_part_that_the_index_places_elsewhere_is_refused(tmp_path):
    folder = modular.save(tmp_path / "model")
    shutil.copytree(folder / "vae", tmp_path / "other" / "vae")
    path = folder / "modular_model_index.json"
    index = json.loads(path.read_text())
    index["vae"][2]["subfolder"] = "../other/vae"
    path.write_text(json.dumps(index))
    with pytest.raises(BadModel) as no:
        load(folder)
    assert no.value.rule == "link_outside"


def test_guidance_is_that_of_the_request(ltx2):
    assert apart(make(ltx2, guidance=1.0), make(ltx2, guidance=8.0)) > 0.5


def test_a_web_process_knows_of_the_sound_beside_a_silent_family(vace_folder):
    able = capabilities_of(vace_folder)
    assert (able.family, able.fps, able.sound) == ("WanVACEPipeline", 8, True)
