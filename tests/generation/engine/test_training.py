"""The training: same seed, same model; stopped and started again, still the same."""

import importlib

import numpy as np
import pytest
import torch
from torch.multiprocessing import spawn

from generation.engine import distil, fitting, flow, folder, reading, shards, train
from generation.engine.codec import HALF, PatchCodec
from generation.engine.render import load
from generation.engine.run import Run
from generation.engine.sound import SoundCodec
from generation.engine.types import RenderRequest
from tests.generation.engine.abreast import TINY, arguments, train_abreast

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("engine")]
NUMBERS = (0, 1, 2, 3, 4)  # stills, short clips of each shape, long clips


@pytest.fixture(scope="module")
def codecs():
    torch.manual_seed(1)
    codec = PatchCodec(8, refiner_channels=8, refiner_blocks=1, half=HALF)
    sounds = SoundCodec(4)
    for basis in (codec.frame_basis, codec.group_basis, sounds.basis):
        torch.nn.init.normal_(basis, std=0.05)
    return codec.eval(), sounds


@pytest.fixture(scope="module")
def work(codecs, tmp_path_factory):
    """A work folder with a few small shards in it."""
    path = tmp_path_factory.mktemp("training")
    torch.save(codecs, path / "codecs.pt")
    (path / "shards").mkdir()
    for number in NUMBERS:
        shard = shards.draw_shard(*codecs, 0, number, count=3)
        torch.save(shard, path / "shards" / f"{number:05d}.pt")
    return path


@pytest.fixture
def start(work, tmp_path):
    def begin(steps, *more):
        torch.manual_seed(0)
        args = arguments(work, tmp_path / "model", steps, *more)
        run = Run(shards.Library(work), args, TINY)
        run.checkpoint, run.log = tmp_path / "run.pt", tmp_path / "loss.csv"
        run.library.look()
        return run

    return begin


def weights(run):
    return torch.cat([weight.flatten() for weight in run.average.parameters()])


def test_a_shard_is_the_same_whenever_it_is_drawn(codecs, work):
    again = shards.draw_shard(*codecs, 0, 1, count=3)
    known = torch.load(work / "shards" / "00001.pt", weights_only=False)
    assert again.captions == known.captions
    assert torch.equal(again.video, known.video)
    assert torch.equal(again.sound, known.sound)


def test_cells_with_somebody_in_them_are_known(work):
    for path in (work / "shards").glob("*.pt"):
        shard = torch.load(path, weights_only=False)
        for row, told in enumerate(shard.labels):
            empty = told["people"] == "0" and told["kind"] == "none"
            assert bool(shard.actors[row].any()) != empty
            assert not shard.actors[row].all()


def test_training_stopped_and_started_again_ends_the_same(start):
    straight = start(6)
    straight.train(lambda: None)
    straight.checkpoint.unlink()
    first = start(6)
    for _ in range(3):
        first.log_line(*first.learn())
    first.save()
    second = start(6)
    second.resume()
    second.train(lambda: None)
    assert second.step == 6
    assert second.samples == straight.samples
    assert torch.allclose(weights(second), weights(straight), atol=1e-5)


def test_processes_that_train_abreast_have_one_network(work, tmp_path):
    spawn(train_abreast, (work, tmp_path), nprocs=2)
    (one, samples, seconds), (other, _, later) = (
        torch.load(tmp_path / f"{rank}.pt") for rank in (0, 1)
    )
    assert torch.equal(one, other)
    assert seconds == later
    assert samples >= 8  # two steps, two processes, at least two clips each
    assert (tmp_path / "run.pt").exists()
    assert [path.name for path in tmp_path.glob("exported*")] == ["exported0"]
    assert [path.name for path in tmp_path.glob("loss*")] == ["loss0.csv"]


def test_a_lesson_shows_all_its_characters_or_none(work, start):
    run, seen = start(9), set()
    boards = {tuple(row.flatten().tolist()) for shelf in run.library.rooms.values()
              for shard in shelf for row in shard.board[shard.shown]}  # fmt: skip
    for _ in range(12):
        batch = flow.draw_batch(run.library, "text", 1, 300, run.rng)
        area = batch.shape[0] * batch.shape[1]
        assert batch.video.shape[1] == area * (1 + batch.boards)
        seen.add(batch.boards)
        if batch.boards:
            shown = batch.video[:, area:].half()
            assert {tuple(row.flatten().tolist()) for row in shown} <= boards
    assert seen == {0, 1}


@pytest.mark.parametrize("mode", flow.GIVEN)
def test_every_lesson_has_a_finite_loss(start, mode):
    run = start(9)
    batch = flow.draw_batch(run.library, mode, 5, 500, run.rng)
    losses = flow.loss(run.network, batch, *run.tokens(batch.captions))
    assert all(torch.isfinite(loss) and loss > 0 for loss in losses)


@pytest.mark.parametrize("mode", flow.GIVEN)
def test_what_is_given_is_not_made(start, mode):
    batch = flow.draw_batch(start(9).library, mode, 5, 500, np.random.default_rng(0))
    area = batch.shape[0] * batch.shape[1]
    beginning, ends = flow.GIVEN[mode][0], batch.ends
    given = batch.given.unflatten(1, (-1, area))[0, :, 0].tolist()
    assert given == [1] * beginning + [0] * (5 - beginning) + [1] * (ends + batch.boards)
    assert (batch.heed[batch.given == 1] == 0).all()
    assert (batch.heed[batch.given == 0] >= 1).all()


def test_pictures_of_the_end_lie_where_the_pipeline_puts_them(start):
    run = start(9)
    batch = flow.draw_batch(run.library, "blend", 5, 500, run.rng)
    from diffusers import LTX2InContextPipeline as Pipeline  # noqa: PLC0415 -- heavy

    pipe = Pipeline.__new__(Pipeline)
    pipe.transformer_spatial_patch_size = pipe.transformer_temporal_patch_size = 1
    pipe.vae_temporal_compression_ratio, pipe.vae_spatial_compression_ratio = 4, 32
    theirs = pipe._prepare_keyframe_coords(2, *batch.shape, (3 - 1) * 4 + 1, 5, 8.0, "cpu")
    assert torch.allclose(flow._places_of_end(batch), theirs)


def test_a_longer_clip_comes_from_long_shards_alone(start):
    library = start(9).library
    for latents, lengths in ((1, {1, 5, 11}), (5, {5}), (11, {11})):
        assert {room[1] for room in library.shelves(latents)} == lengths


def test_reading_is_learned(start):
    run, told = start(9), []
    reading.teach(run.network, run.tokens, 60, 0, told.append)
    first, last = (float(line.split("loss ")[1].split()[0]) for line in (told[0], told[-1]))
    assert last < first * 0.8


def test_distilling_brings_the_student_to_the_guided_teacher(start):
    run = start(9)
    for _ in range(4):
        run.learn()
    before = weights(run).clone()
    distil.distil(run, 0.05, lambda line: None)
    assert run.distilled
    assert not torch.equal(weights(run), before)
    assert torch.isfinite(weights(run)).all()


def test_a_trained_folder_renders_and_is_gone_on_from(start, codecs, tmp_path):
    run = start(2)
    run.train(lambda: train.export(run, *codecs))
    engine = load(tmp_path / "model")
    request = RenderRequest("a ball", 1, 160, 288, 5, 8, 2, 3.0)
    made = engine.render(request, lambda done, total: None)
    assert made.frames.shape == (5, 288, 160, 3)
    assert [path.name for path in tmp_path.glob("model*")] == ["model"]
    onward = start(3, "--onward", str(tmp_path / "model"))
    assert onward.earlier["steps"] == 2
    assert torch.allclose(weights(onward), weights(run), atol=2e-3)  # stored in half precision


def test_the_index_names_classes_that_exist():
    ours = [entry for entry in folder.INDEX.values() if entry[0].startswith("generation.")]
    assert len(ours) == 4
    assert all(hasattr(importlib.import_module(module), name) for module, name in ours)


def test_the_refiner_learns_to_mend_and_to_double():
    torch.manual_seed(0)
    codec = PatchCodec(8, refiner_channels=8, refiner_blocks=1, half=2)
    clean = torch.rand(2, 3, 3, 64, 64) * 2 - 1
    rough = clean[..., ::2, ::2] * 0.5
    adam = torch.optim.AdamW(codec.refiner.parameters(), lr=3e-3)
    losses = [fitting._descend(adam, codec, clean, rough) for _ in range(25)]
    assert losses[-1] < losses[0] * 0.97
