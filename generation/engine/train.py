"""Training the shipped model, from drawing its clips to writing its folder.

    python -m generation.engine.train --minutes 60 --processes 2

Every stage leaves its result in the work folder and is skipped when it is there, the last one goes
on from its checkpoint: stop it when you like and start it again. `--onward FOLDER` goes on from a
model folder where there is no work folder any more. With `--steps` instead of `--minutes` and
`--patient` (all clips drawn before the first step) the same seed gives the same network.
"""

from __future__ import annotations

import argparse
import copy
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TypeVar

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # spinning threads starve a shared machine

import torch
from torch import distributed as abreast
from torch.multiprocessing import spawn

from generation.engine import distil, fitting, folder, shards
from generation.engine.codec import PatchCodec
from generation.engine.network import Shape
from generation.engine.run import Run, say
from generation.engine.sound import SoundCodec

HERE, DRAW = Path(__file__).parent, "generation.engine.draw"
RATE = 1.5e-3
TOKENS = 4400  # of pictures in a batch: about the same work whatever the length
# With glibc, a process keeps the memory that it frees: else a quarter of a step is page faults.
KEEPING = {
    "MALLOC_MMAP_THRESHOLD_": str(1 << 33),  # bytes
    "MALLOC_TRIM_THRESHOLD_": str(1 << 34),
    "MALLOC_ARENA_MAX": "1",
}
MEETING = "meeting"  # the file by which processes find each other
Made = TypeVar("Made")


def main() -> None:
    """Run every stage that is not done yet."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))  # and end the others as well
    args = arguments()
    args.threads = args.threads or max(1, min(8, (os.cpu_count() or 1) // args.processes))
    torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed)
    args.work.mkdir(parents=True, exist_ok=True)
    codec, _ = codecs(args)
    with drawing(args):
        if not args.onward:
            mend = partial(fitting.train_refiner, codec, args.refiner_minutes, args.seed, say)
            kept(args.work / "refiner.pt", mend)
        if args.processes == 1:
            train(0, args)
        else:
            (args.work / MEETING).unlink(missing_ok=True)  # an earlier start's
            os.environ |= KEEPING
            spawn(train, (args,), args.processes, daemon=True)  # none of them outlives us


def train(rank: int, args: argparse.Namespace) -> None:
    """Train the network: alone, or as one of several processes."""
    torch.set_num_threads(args.threads)
    # On a processor its backward pass takes a fifth of a step; the plain products are faster.
    torch.backends.cuda.enable_flash_sdp(args.device != "cpu")
    if args.processes > 1:
        meet = args.work.resolve() / MEETING
        abreast.init_process_group("gloo", meet.as_uri(), rank=rank, world_size=args.processes)
    torch.manual_seed(args.seed)  # the same network everywhere
    codec, sounds = codecs(args)
    if (mended := args.work / "refiner.pt").exists():
        codec.refiner.load_state_dict(torch.load(mended))
    run = Run(shards.Library(args.work), args, Shape(width=args.width, layers=args.layers))
    torch.manual_seed(args.seed + rank)  # but other noise
    run.begin()
    run.train(lambda: export(run, codec, sounds))
    if args.distil_minutes:
        distil.distil(run, args.distil_minutes, say)
        if rank == 0:
            export(run, codec, sounds)


def arguments(given: list[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--minutes", type=float, default=60, help="of training, over all starts")
    parser.add_argument("--steps", type=int, help="instead of minutes: reproducible")
    parser.add_argument("--patient", action="store_true", help="draw all clips first")
    parser.add_argument("--reading-steps", type=int, default=700)
    parser.add_argument("--refiner-minutes", type=float, default=8)
    parser.add_argument("--distil-minutes", type=float, default=0)
    parser.add_argument(
        "--shards", type=int, default=400, help="of stills, short clips and long ones in turn"
    )
    parser.add_argument("--workers", type=int, default=1, help="that draw while the network trains")
    parser.add_argument("--processes", type=int, default=1, help="that train abreast")
    parser.add_argument("--threads", type=int, help="of each, else the cores shared out")
    parser.add_argument("--tokens", type=int, default=TOKENS, help="of pictures in a batch")
    parser.add_argument("--rate", type=float, default=RATE)
    parser.add_argument("--width", type=int, default=Shape.width)
    parser.add_argument("--layers", type=int, default=Shape.layers)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--save-every", type=float, default=5, help="minutes between checkpoints")
    parser.add_argument("--work", type=Path, default=Path("var/training"))
    parser.add_argument("--into", type=Path, default=HERE / "small")
    parser.add_argument("--onward", type=Path, help="a model folder to go on from")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    return parser.parse_args(given)


def kept(path: Path, make: Callable[[], Made]) -> Made:
    """What an earlier start left at the path, or made now and left there."""
    if not path.exists():
        say(f"making {path.name}")
        shards.put(make(), path)
    made: Made = torch.load(path, weights_only=False)
    return made


def codecs(args: argparse.Namespace) -> tuple[PatchCodec, SoundCodec]:
    """Fitted now, or those of the folder that we go on from."""
    path = args.work / "codecs.pt"
    if args.onward:
        return kept(path, lambda: folder.codecs(args.onward))
    return kept(path, lambda: fitting.fit(Shape(), args.seed))


class drawing:
    """A process beside us that draws shards; ended with the block."""

    def __init__(self, args: argparse.Namespace) -> None:
        self.order = [str(args.work), str(args.shards), str(args.seed), str(args.workers)]
        self.patient = args.patient

    def __enter__(self) -> None:
        self.process = subprocess.Popen([sys.executable, "-m", DRAW, *self.order])
        if self.patient:
            self.process.wait()

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        self.process.wait()


def export(run: Run, codec: PatchCodec, sounds: SoundCodec) -> None:
    """Write the average as a model folder."""
    average = copy.deepcopy(run.average).cpu()
    folder.write(run.args.into, average, run.words, codec, sounds, folder.card(run))
    say(f"wrote {run.args.into} at step {run.step}")


if __name__ == "__main__":
    main()
