"""Training the shipped model, from drawing its clips to writing its folder.

    python -m generation.engine.training --minutes 60

Every stage leaves its result in the work folder and is skipped when it is there, the last one goes
on from its checkpoint: stop it when you like and start it again. With `--steps` instead of
`--minutes` the same seed and codecs give the same network.
"""

import argparse
import copy
import csv
import os
import time
from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # spinning threads starve a shared machine

import numpy as np
import torch
from torch import Tensor

from generation.engine import fitting, flow, folder
from generation.engine.capabilities import as_card
from generation.engine.codec import PatchCodec
from generation.engine.data import clips
from generation.engine.network import Network, Shape, tokenizer
from generation.engine.samples import Samples, drawn, encoded
from generation.engine.sound import SoundCodec
from generation.engine.types import Capabilities

HERE = Path(__file__).parent
RATE, DECAY, EMA = 2e-3, 0.4, 0.997
BATCHES = {1: 48, 2: 36, 5: 20}  # clips by latent frames: about the same work each
EARLY, LATE = (0.6, 0.25, 0.15), (0.25, 0.15, 0.6)  # stills first, whole clips later
TURN = 0.6  # of the way from early to late
Made = TypeVar("Made")


def main() -> None:
    """Run every stage that is not done yet."""
    args = arguments()
    torch.manual_seed(args.seed)
    args.work.mkdir(parents=True, exist_ok=True)
    shape, work, seed = Shape(), args.work, args.seed
    codec, sounds = kept(work / "codecs.pt", lambda: fitting.fit(shape, seed))
    samples = kept(work / "samples.pt", lambda: encoded(drawn(args.samples, seed), codec, sounds))
    mended = partial(fitting.train_refiner, codec, args.refiner_minutes, seed, say)
    codec.refiner.load_state_dict(kept(work / "refiner.pt", mended))
    run = Run(shape, samples, args)
    run.resume()
    run.train(lambda: export(run, codec, sounds, args.into))


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--minutes", type=float, default=60, help="of training, over all starts")
    parser.add_argument("--steps", type=int, help="instead of minutes: reproducible")
    parser.add_argument("--refiner-minutes", type=float, default=6)
    parser.add_argument("--samples", type=int, default=11_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--save-every", type=float, default=5, help="minutes between checkpoints")
    parser.add_argument("--work", type=Path, default=Path("var/training"))
    parser.add_argument("--into", type=Path, default=HERE / "small")
    return parser.parse_args()


def say(line: str) -> None:
    """One line of progress."""
    print(time.strftime("%H:%M:%S"), line, flush=True)


def kept(path: Path, make: Callable[[], Made]) -> Made:
    """What an earlier start left at the path, or made now and left there."""
    if not path.exists():
        say(f"making {path.name}")
        half = path.with_suffix(".half")
        torch.save(make(), half)
        half.replace(path)
    made: Made = torch.load(path, weights_only=False)
    return made


class Run:
    """The network in training: its optimisers, its average, and how far it is."""

    def __init__(self, shape: Shape, samples: Samples, args: argparse.Namespace) -> None:
        self.args, self.samples = args, samples
        self.network = Network(shape).train()
        self.words = tokenizer((line for lines in samples.captions for line in lines), shape)
        self.average = copy.deepcopy(self.network).eval().requires_grad_(False)
        self.optimisers = optimisers(self.network)
        self.step, self.seconds = 0, 0.0
        self.rng = np.random.default_rng(args.seed)
        self.checkpoint, self.log = args.work / "run.pt", args.work / "loss.csv"

    @property
    def done(self) -> float:
        """The share of the training that is behind us."""
        if self.args.steps:
            return self.step / self.args.steps
        return self.seconds / 60 / self.args.minutes

    def train(self, export: Callable[[], None]) -> None:
        """Step until done; checkpoint and export at intervals and at the end."""
        saved = time.monotonic()
        while self.done < 1:
            start = time.monotonic()
            self.log_line(*self.learn())
            self.seconds += time.monotonic() - start
            if time.monotonic() - saved > 60 * self.args.save_every:
                self.save()
                export()
                saved = time.monotonic()
        self.save()
        export()

    def learn(self) -> tuple[str, int, float, float]:
        """One step: mode, latent frames, loss of pictures and of sound."""
        mode = str(self.rng.choice(flow.MODES, p=flow.SHARES))
        frames = int(self.rng.choice([*BATCHES], p=EARLY if self.done < TURN else LATE))
        frames = max(frames, 2) if mode == "first_frame" else frames  # or nothing is left to make
        batch = flow.draw_batch(self.samples, mode, frames, BATCHES[frames], self.rng)
        seen, heard = flow.loss(self.network, batch, *self.tokens(batch.captions))
        self.descend(seen + flow.SOUND_SHARE * heard)
        self.step += 1
        self.follow()
        return mode, frames, seen.item(), heard.item()

    def tokens(self, captions: list[str]) -> tuple[Tensor, Tensor]:
        """Token ids and mask (B, L)."""
        found = self.words(
            captions,
            padding="max_length",
            max_length=self.network.shape.length,
            truncation=True,
            return_tensors="pt",
        )
        return found.input_ids, found.attention_mask

    def descend(self, loss: Tensor) -> None:
        """Warm up over 40 steps, hold, then fall linearly to the end."""
        rate = RATE * min(1, (self.step + 1) / 40) * max(0.02, min(1, (1 - self.done) / DECAY))
        for optimiser in self.optimisers:
            optimiser.zero_grad()
            optimiser.param_groups[0]["lr"] = rate
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
        for optimiser in self.optimisers:
            optimiser.step()

    @torch.no_grad()
    def follow(self) -> None:
        """Let the average follow the network."""
        keep = min(EMA, self.step / (self.step + 10))
        for mean, now in zip(self.average.parameters(), self.network.parameters(), strict=True):
            mean.lerp_(now, 1 - keep)

    def log_line(self, mode: str, frames: int, seen: float, heard: float) -> None:
        """A row of the loss log: step, seconds, mode, latent frames, pictures, sound."""
        with self.log.open("a", newline="") as file:
            row = (self.step, round(self.seconds), mode, frames, round(seen, 4), round(heard, 4))
            csv.writer(file).writerow(row)
        if self.step % 25 == 0:
            told = f"{mode} x{frames} {seen:.3f} sound {heard:.3f}"
            say(f"step {self.step} {100 * self.done:.1f} % {told}")

    def save(self) -> None:
        """Leave a checkpoint to go on from."""
        half = self.checkpoint.with_suffix(".half")
        torch.save(self.state(), half)
        half.replace(self.checkpoint)

    def state(self) -> dict[str, Any]:
        """All that going on needs."""
        return {
            "network": self.network.state_dict(),
            "average": self.average.state_dict(),
            "optimisers": [optimiser.state_dict() for optimiser in self.optimisers],
            "step": self.step,
            "seconds": self.seconds,
            "rng": self.rng.bit_generator.state,
            "noise": torch.get_rng_state(),
        }

    def resume(self) -> None:
        """Go on from the checkpoint, if there is one."""
        if not self.checkpoint.exists():
            return
        state = torch.load(self.checkpoint, weights_only=False)
        self.network.load_state_dict(state["network"])
        self.average.load_state_dict(state["average"])
        for optimiser, known in zip(self.optimisers, state["optimisers"], strict=True):
            optimiser.load_state_dict(known)
        self.step, self.seconds = state["step"], state["seconds"]
        self.rng.bit_generator.state = state["rng"]
        torch.set_rng_state(state["noise"])
        self.forget_later_rows()

    def forget_later_rows(self) -> None:
        """Drop what was logged after the checkpoint: those steps are taken again."""
        with self.log.open(newline="") as file:
            rows = [row for row in csv.reader(file) if int(row[0]) <= self.step]
        with self.log.open("w", newline="") as file:
            csv.writer(file).writerows(rows)


def optimisers(network: Network) -> list[torch.optim.Optimizer]:
    """Muon for the matrices of the blocks, AdamW for the rest."""
    named = [(name, weight) for name, weight in network.named_parameters() if weight.requires_grad]
    turned = [
        w for name, w in named if w.ndim == 2 and "blocks" in name and "scale_shift" not in name
    ]
    known = {id(weight) for weight in turned}
    rest = [weight for _, weight in named if id(weight) not in known]
    return [
        torch.optim.Muon(turned, lr=RATE, weight_decay=0.01, adjust_lr_fn="match_rms_adamw"),
        torch.optim.AdamW(rest, lr=RATE, betas=(0.9, 0.99), weight_decay=0.0),
    ]


def export(run: Run, codec: PatchCodec, sounds: SoundCodec, into: Path) -> None:
    """Write the average as a model folder."""
    folder.write(into, copy.deepcopy(run.average), run.words, codec, sounds, card(run))
    say(f"wrote {into} at step {run.step}")


def card(run: Run) -> dict[str, Any]:
    """What the folder says of itself; `call` goes to the pipeline as it is.

    `chart`: a charted board goes with every request; `crf`: how hard a first frame is compressed.
    """
    return {
        "name": "sora-small",
        "licence": "Apache-2.0",
        "trained": {
            "steps": run.step,
            "seconds": round(run.seconds),
            "batches": BATCHES,
            "seed": run.args.seed,
        },
        "shape": asdict(run.network.shape),
        "capabilities": as_card(CAPABILITIES),
        "chart": True,
        "crf": 0,
        "call": {"max_sequence_length": run.network.shape.length, "use_cross_timestep": False},
    }


CAPABILITIES = Capabilities(
    family="sora-small",
    modes=frozenset({"text", "first_frame", "references", "remix"}),
    sizes=((clips.SIZE, clips.SIZE),),
    max_seconds=2.0,
    fps=clips.FPS,
    max_references=3,
    sound=True,
    steps=8,
    guidance=3.0,
)

if __name__ == "__main__":
    torch.set_num_threads(2)
    main()
