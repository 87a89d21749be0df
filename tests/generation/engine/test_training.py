"""The training: same seed, same model; stopped and started again, still the same."""

import importlib
from argparse import Namespace

import numpy as np
import pytest
import torch

from generation.engine import fitting, flow, folder, training
from generation.engine.codec import PatchCodec
from generation.engine.network import Shape
from generation.engine.render import load
from generation.engine.samples import draw_chunk, encoded
from generation.engine.sound import SoundCodec
from generation.engine.types import RenderRequest

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("engine")]
TINY = Shape(
    width=64, heads=2, layers=1, sound_width=32, text_width=32, text_layers=1, words=400,
    length=16, picture_channels=8, sound_channels=4,
)  # fmt: skip


@pytest.fixture(scope="module")
def material():
    codec, sounds = PatchCodec(TINY.picture_channels), SoundCodec(TINY.sound_channels)
    for basis in (codec.frame_basis, codec.group_basis, sounds.basis):
        torch.nn.init.normal_(basis, std=0.05)
    return encoded(iter([draw_chunk((0, 0)), draw_chunk((0, 1))]), codec, sounds), codec, sounds


@pytest.fixture
def start(material, tmp_path):
    def begin(steps):
        torch.manual_seed(0)
        args = Namespace(seed=0, steps=steps, minutes=1, save_every=9, work=tmp_path)
        return training.Run(TINY, material[0], args)

    return begin


def weights(run):
    return torch.cat([weight.flatten() for weight in run.average.parameters()])


def test_training_stopped_and_started_again_ends_the_same(start):
    straight = start(6)
    straight.train(lambda: None)
    straight.checkpoint.unlink()
    first = start(6)
    for _ in range(3):
        first.learn()
    first.save()
    second = start(6)
    second.resume()
    second.train(lambda: None)
    assert second.step == 6
    assert torch.allclose(weights(second), weights(straight), atol=1e-5)


@pytest.mark.parametrize("mode", flow.MODES)
def test_every_mode_has_a_finite_loss_to_learn_from(start, mode):
    run = start(9)
    batch = flow.draw_batch(run.samples, mode, 2, 4, run.rng)
    losses = flow.loss(run.network, batch, *run.tokens(batch.captions))
    assert all(torch.isfinite(loss) and loss > 0 for loss in losses)


def test_what_is_shown_is_not_made(start):
    samples, rng = start(9).samples, np.random.default_rng(0)
    for mode in flow.MODES:
        batch = flow.draw_batch(samples, mode, 2, 4, rng)
        first, second, shown = batch.given.split(flow.AREA, 1)
        assert batch.video.shape[:2] == batch.given.shape
        assert shown.all()
        assert not second.any()
        assert first.any() == first.all() == (mode == "first_frame")


def test_only_references_show_a_board_with_heads(start):
    samples, rng = start(9).samples, np.random.default_rng(0)
    shown = {
        mode: flow.draw_batch(samples, mode, 2, 4, rng).video[:, -flow.AREA :]
        for mode in flow.MODES
    }
    assert (shown["text"] == samples.chart.float()).all()
    assert (shown["first_frame"] == samples.chart.float()).all()
    assert (shown["references"] != samples.chart.float()).any((1, 2)).all()


def test_text_alone_never_calls_for_a_head_nobody_could_describe(start):
    samples = start(9).samples
    fit = np.flatnonzero(samples.plain)
    assert 0 < len(fit) < len(samples.plain)
    batch = flow.draw_batch(samples, "text", 1, 64, np.random.default_rng(0))
    known = samples.video[fit, : flow.AREA].float()
    assert all((known == row).all((1, 2)).any() for row in batch.video[:, : flow.AREA])


def test_a_trained_folder_renders(start, material, tmp_path):
    run = start(1)
    run.train(lambda: training.export(run, *material[1:], tmp_path / "model"))
    engine = load(tmp_path / "model")
    made = engine.render(RenderRequest("a ball", 1, 96, 96, 5, 8, 2, 3.0), lambda done, total: None)
    assert made.frames.shape == (5, 96, 96, 3)
    assert [path.name for path in tmp_path.glob("model*")] == ["model"]


def test_the_index_names_classes_that_exist():
    ours = [entry for entry in folder.INDEX.values() if entry[0].startswith("generation.")]
    assert len(ours) == 3
    assert all(hasattr(importlib.import_module(module), name) for module, name in ours)


def test_the_refiner_learns_to_mend(material):
    torch.manual_seed(0)
    codec = PatchCodec(TINY.picture_channels, refiner_channels=8, refiner_blocks=1)
    clean = torch.rand(2, 3, 3, 32, 32) * 2 - 1
    adam = torch.optim.AdamW(codec.refiner.parameters(), lr=3e-3)
    losses = [fitting._descend(adam, codec, clean, clean * 0.5) for _ in range(25)]
    assert losses[-1] < losses[0] * 0.95
