"""What each of several training processes does in the test of them."""

import torch
from torch import distributed

from generation.engine import shards, train
from generation.engine.network import Shape
from generation.engine.run import Run

TINY = Shape(
    width=64, heads=2, layers=1, sound_width=32, text_width=32, text_layers=1, words=400,
    length=32, picture_channels=8, sound_channels=4,
)  # fmt: skip


def arguments(work, into, steps, *more):
    """The command line of a tiny training."""
    given = ["--steps", str(steps), "--work", str(work), "--into", str(into)]
    return train.arguments([*given, "--tokens", "300", "--reading-steps", "0", *more])


def train_abreast(rank, work, into):
    """Two steps as process `rank` of two; leaves its weights and its batches' captions."""
    torch.set_num_threads(1)
    meet = (into / "meeting").as_uri()
    distributed.init_process_group("gloo", meet, rank=rank, world_size=2)
    run = Run(shards.Library(work), arguments(work, into, 2), TINY)
    run.checkpoint, run.log = into / "run.pt", into / f"loss{rank}.csv"
    run.begin()
    run.train(lambda: (into / f"exported{rank}").touch())
    weights = torch.cat([weight.detach().flatten() for weight in run.network.parameters()])
    torch.save((weights, run.samples, run.seconds), into / f"{rank}.pt")
    distributed.destroy_process_group()
