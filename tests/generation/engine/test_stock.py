"""A folder of diffusers' stock LTX-2 classes renders by the same code: the way to real weights."""

import json
import os
import shutil
from dataclasses import replace
from importlib.util import find_spec

import numpy as np
import pytest
import torch
from diffusers import (
    AutoencoderKLLTX2Video,
    FlowMatchEulerDiscreteScheduler,
    LTX2InContextPipeline,
)

from generation.engine import network
from generation.engine.families.holding import cells
from generation.engine.families.ltx2 import PLAIN
from generation.engine.network import Shape
from generation.engine.render import load
from generation.engine.source import read_clip
from generation.engine.takes import Broken
from generation.engine.types import Mode, Shot, Tier, Unsupported
from generation.engine.work import take_of
from tests.generation.engine.conftest import asked, psnr, write_clip
from tests.generation.engine.tiny.ltx2 import picture_codec, sound_codec, transformer, vocoder

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("engine")]
SHAPE = Shape(
    width=64, heads=2, layers=2, sound_width=32, text_width=32, words=400,
    picture_channels=16, sound_channels=16,
)  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A tiny, untrained pipeline of stock classes, saved as an operator would bring one."""
    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("stock")
    LTX2InContextPipeline(
        scheduler=FlowMatchEulerDiscreteScheduler(shift=3.0),
        vae=picture_codec(),
        audio_vae=sound_codec(),
        text_encoder=network.text_encoder(SHAPE),
        tokenizer=network.tokenizer(["a red ball on a beach"], SHAPE),
        connectors=network.connectors(SHAPE),
        transformer=transformer(SHAPE),
        vocoder=vocoder(),
    ).save_pretrained(folder)
    able = {"sizes": [[64, 96], [128, 64]], "fps": 8, "frame_step": 4, "max_seconds": 3.0}
    card = {"capabilities": able, "call": {"max_sequence_length": 48}}
    (folder / "sora.json").write_text(json.dumps(card))
    return folder


@pytest.fixture(scope="module")
def stock(folder):
    return load(folder)


@pytest.fixture
def source(tmp_path):
    """Writes a clip of noise, 13 frames, and reads it back at 64x96."""
    noisy = np.random.default_rng(1).integers(0, 256, (13, 6, 4, 3), np.uint8)
    path = write_clip(tmp_path / "clip.mp4", noisy.repeat(16, 1).repeat(16, 2), 8)
    return path, read_clip(path, (64, 96), 8, 16_000).frames


def unheard(done, total):
    """Progress nobody listens to."""


def refused(folder, **options):
    with pytest.raises(Unsupported) as no:
        load(folder, options)
    return no.value.field


@pytest.mark.parametrize(
    ("asks", "frames"),
    [
        ({}, 9),
        ({"frames": 1}, 1),
        ({"references": 2}, 9),
        ({"first_frame": True}, 9),
        ({"last_frame": True}, 9),
        ({"first_frame": True, "last_frame": True, "references": 1}, 9),
        ({"loop": True}, 8),
        ({"task": Mode.EXTEND}, 13 + 8),
        ({"task": Mode.EXTEND_BACK}, 8 + 13),
        ({"task": Mode.RESTYLE}, 9),
        ({"task": Mode.RECAST, "references": 1}, 9),
        ({"task": Mode.INPAINT, "mask": True}, 13),
        ({"task": Mode.INPAINT, "span": (0.5, 1.0)}, 13),
        ({"task": Mode.BLEND, "other": True}, 13 + 7 + 13),
        ({"shots": (Shot("a ball", 5), Shot("a beach", 9))}, 14),
        ({"tier": Tier.PREVIEW}, 9),
    ],
)
def test_stock_classes_render_every_mode(stock, painted, source, asks, frames):
    white = painted("white")
    pictures = dict.fromkeys({"first_frame", "last_frame", "mask"} & set(asks), white)
    clips = {"other": source[0]} if "other" in asks else {}
    clips |= {"source": source[0]} if "task" in asks else {}
    people = {"references": (white,) * asks.get("references", 0)}
    request = asked(stock, "a ball", **{"frames": 9, "steps": 2} | asks | pictures | clips | people)
    made = stock.render(request, unheard)
    assert made.frames.shape == (frames, 96, 64, 3)
    assert made.frames.dtype == np.uint8
    assert made.sample_rate == 16_000
    assert len(made.sound) == (0 if frames == 1 else round(frames / 8 * 16_000))


def test_kept_frames_are_the_sources_own(stock, source):
    path, frames = source
    request = asked(stock, "a ball", steps=1, frames=9, task=Mode.EXTEND, source=path)
    assert np.array_equal(stock.render(request, unheard).frames[:13], frames)


def test_a_rendering_is_what_a_plain_call_of_diffusers_makes(stock):
    request = asked(stock, "a red ball", frames=9, steps=3)
    plain = stock._model.pipeline(
        **PLAIN,
        prompt="a red ball",
        width=64,
        height=96,
        num_frames=9,
        frame_rate=8.0,
        num_inference_steps=3,
        guidance_scale=request.guidance,
        audio_guidance_scale=request.guidance,
        generator=torch.Generator().manual_seed(request.seed),
        max_sequence_length=48,
        output_type="np",
    )
    made = stock.render(request, unheard)
    assert np.abs(made.frames - plain.frames[0] * 255).max() < 1.01
    wave = plain.audio[0].mean(0).numpy()[: len(made.sound)]
    assert np.abs(made.sound[: len(wave)] - wave).max() < 1e-3


def test_one_forward_makes_what_three_would(stock):
    takes = [take_of(stock._model, asked(stock, "a ball", seed=seed, steps=2)) for seed in range(3)]
    model = stock._model
    with torch.inference_mode():
        together = model.pipeline(**model._arguments(takes, unheard)).frames
        alone = [model.pipeline(**model._arguments([take], unheard)).frames for take in takes]
    assert torch.allclose(together, torch.cat(alone), atol=1e-5)


def test_takes_of_two_shapes_do_not_share_a_forward(stock):
    takes = [take_of(stock._model, asked(stock, "a ball", steps=steps)) for steps in (1, 2)]
    with pytest.raises(ValueError, match="one shape"):
        stock._model.render(takes, unheard)


def test_a_preview_begins_with_the_noise_of_its_final(stock):
    final = asked(stock, "a ball", width=128, height=64, steps=2)
    preview = replace(final, tier=Tier.PREVIEW)
    assert stock._model.preview_size(128, 64) == (64, 32)
    noises = [
        stock._model._noise(take_of(stock._model, request), torch.Generator().manual_seed(1))
        for request in (final, preview)
    ]
    (large, hiss), (small, same) = noises
    assert torch.equal(hiss, same)
    assert torch.allclose(
        large.unflatten(-1, (-1, 2)).unflatten(-3, (-1, 2)).sum((-1, -3)) / 2, small
    )
    assert 0.9 < small.std() < 1.1
    assert stock.render(preview, unheard).frames.shape == (5, 32, 64, 3)


def test_noise_levels_are_those_the_pipeline_goes_through(stock):
    request = asked(stock, "a ball", steps=4)
    (take,) = stock.render(request, unheard).takes
    assert take["sigmas"] == pytest.approx([1, 0.9, 0.75, 0.5])  # shifted by 3
    assert take["sigmas"] == pytest.approx(stock._model.pipeline.scheduler.sigmas[:-1].tolist())


# --- when it goes wrong ---


def test_numbers_that_are_not_finite_are_no_picture(folder):
    broken = load(folder)
    with torch.no_grad():
        next(broken.network.parameters()).fill_(float("nan"))
    with pytest.raises(Broken, match="no picture"):
        broken.render(asked(broken, "a ball", steps=1), unheard)


def test_an_infinite_decoder_is_no_picture(folder):
    broken = load(folder)
    with torch.no_grad():
        broken._model.pipeline.vae.decoder.conv_out.conv.bias.fill_(float("inf"))
    with pytest.raises(Broken, match="no picture"):
        broken.render(asked(broken, "a ball", steps=1), unheard)


class Hungry(AutoencoderKLLTX2Video):
    """A codec that has memory for tiles alone."""

    def decode(self, *args, **kwargs):
        if not self.use_tiling:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return super().decode(*args, **kwargs)


class Starved(AutoencoderKLLTX2Video):
    """A codec that has memory for nothing, on a machine without a GPU."""

    def decode(self, *args, **kwargs):
        raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9")


def test_out_of_memory_is_tried_again_in_tiles(folder):
    engine, steps = load(folder), []
    engine._model.pipeline.vae.__class__ = Hungry
    request = asked(engine, "a ball", steps=2)
    made = engine.render(request, lambda done, total: steps.append((done, total)))
    assert made.frames.shape == (5, 96, 64, 3)
    assert steps == sorted(steps)
    assert steps[-1] == (2, 2)


def test_memory_that_never_suffices_is_an_error_by_that_name(folder):
    engine = load(folder)
    engine._model.pipeline.vae.__class__ = Starved
    with pytest.raises(MemoryError):
        engine.render(asked(engine, "a ball", steps=1), unheard)


def test_other_errors_are_not_tried_again(stock, monkeypatch):
    def fail(*_args, **_kwargs):
        raise RuntimeError("shapes do not fit")

    monkeypatch.setattr(stock._model.pipeline.vae, "decode", fail)
    with pytest.raises(RuntimeError, match="do not fit"):
        stock.render(asked(stock, "a ball", steps=1), unheard)


# --- what an operator may choose ---


def test_short_numbers_make_nearly_the_same_clip(folder, stock):
    engine = load(folder, {"dtype": "bf16"})
    request = asked(stock, "a ball", steps=2)
    short, whole = (each.render(request, unheard) for each in (engine, stock))
    assert short.takes[0]["dtype"] == "bfloat16"
    assert engine._model.pipeline.vocoder.dtype == torch.float32
    assert 25 < psnr(short.frames, whole.frames) < 99


def test_tiled_decoding_is_an_option(folder):
    assert load(folder, {"tiled": True})._model.pipeline.vae.use_tiling


def test_blocks_can_be_compiled_and_kept(folder, monkeypatch, tmp_path):
    monkeypatch.setenv("TORCHINDUCTOR_CACHE_DIR", "")
    engine = load(folder, {"compile": True, "cache_dir": str(tmp_path)})
    assert all(block._compiled_call_impl for block in engine.network.transformer_blocks)
    assert os.environ["TORCHINDUCTOR_CACHE_DIR"] == str(tmp_path)


def test_options_come_from_the_card_and_from_the_environment(folder, monkeypatch, tmp_path):
    copy = tmp_path / "model"
    shutil.copytree(folder, copy)
    card = json.loads((copy / "sora.json").read_text())
    (copy / "sora.json").write_text(json.dumps(card | {"options": {"dtype": "bf16"}}))
    assert load(copy).network.dtype == torch.bfloat16
    monkeypatch.setenv("SORA_ENGINE_OPTIONS", '{"dtype": "fp32"}')
    assert load(copy).network.dtype == torch.float32


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"speed": "high"}, "options.speed"),
        ({"tiled": "yes"}, "options.tiled"),
        ({"dtype": "fp64"}, "options.dtype"),
        ({"offload": "model"}, "options.offload"),
        ({"quantize": "int9"}, "options.quantize"),
        ({"parallel": 2}, "options.parallel"),
        ({"step_cache": "first_block"}, "options.step_cache"),
        ({"step_cache": "everything"}, "options.step_cache"),
    ],
)
def test_options_that_cannot_be_had_are_refused_by_name(folder, options, field):
    assert refused(folder, **options) == field


@pytest.mark.skipif(find_spec("torchao") is not None, reason="torchao is installed")
def test_quantised_weights_need_their_library(folder):
    assert refused(folder, quantize="int8") == "options.quantize"


def test_a_mask_becomes_whole_cells():
    mask = np.zeros((9, 64, 64), bool)
    mask[6, 33, 10] = True
    drawn = cells(mask, 4, 32)
    assert drawn.shape == (3, 2, 2)
    assert drawn.nonzero().tolist() == [[2, 1, 0]]
