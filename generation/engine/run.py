"""A training under way: the network, its optimisers, its average, and how far it is.

Several processes may train abreast, each on batches of its own; their gradients are averaged, so
that all have the same network. On two cores that gave 1.4 times the samples of two threads in one.
"""

from __future__ import annotations

import argparse
import copy
import csv
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch import distributed as abreast

from generation.engine import flow, folder, reading, shards
from generation.engine.drawn import captions, scene
from generation.engine.muon import Muon
from generation.engine.network import Network, Shape, tokenizer

DECAY, EMA = 0.3, 0.997
LENGTHS = (1, *shards.CUTS[shards.SHORT], *shards.CUTS[shards.LONG])  # latent frames
EARLY, LATE = (0.6, 0.2, 0.2, 0, 0), (0.38, 0.18, 0.24, 0.08, 0.12)  # stills first
TURN = 0.6  # of the way from early to late
PACES = (5.0, 1.0)  # of Muon and AdamW, times the rate
WORDS_FROM = 4000  # captions that the tokenizer learns from


def say(line: str) -> None:
    """One line of progress."""
    print(time.strftime("%H:%M:%S"), line, flush=True)


class Run:
    """The network in training: its optimisers, its average, and how far it is."""

    def __init__(self, library: shards.Library, args: argparse.Namespace, shape: Shape) -> None:
        self.args, self.library, self.device, self.shape = args, library, args.device, shape
        if args.onward:
            self.network, self.words, earlier = folder.network(args.onward)
            self.shape = self.network.shape
        else:
            self.network, earlier = Network(self.shape), {}
            self.words = tokenizer(worded(args.seed), self.shape)
        self.network.train().to(self.device)
        self.average = copy.deepcopy(self.network).eval().requires_grad_(False)
        self.dtype = fastest(self.device)
        self.optimisers = optimisers(self.network, args.rate, self.dtype)
        self.step, self.seconds, self.samples = 0, 0.0, 0
        self.clock = time.monotonic()
        self.earlier = earlier  # what the folder says of the training before this work folder
        self.distilled = False
        together = abreast.is_initialized()
        self.rank, self.world = (
            (abreast.get_rank(), abreast.get_world_size()) if together else (0, 1)
        )
        self.rng = np.random.default_rng((args.seed, self.rank))
        self.checkpoint, self.log = args.work / "run.pt", args.work / "loss.csv"

    @property
    def done(self) -> float:
        """The share of the training that is behind us."""
        if self.args.steps:
            return self.step / self.args.steps
        return self.seconds / 60 / self.args.minutes

    def begin(self) -> None:
        """Go on from the checkpoint; without one, learn to read and wait for the first shards."""
        if self.checkpoint.exists():
            self.resume()
        elif not self.args.onward:
            self.read()
        while not all(self.library.shelves(length) for length in LENGTHS):
            time.sleep(1)
            self.library.look()
        if self.world > 1:
            for weight in (*self.network.parameters(), *self.average.parameters()):
                abreast.broadcast(weight.data, 0)

    def read(self) -> None:
        """Learn to read, or take the reader that an earlier start left."""
        path, network = self.args.work / "reader.pt", self.network
        parts = {"text_encoder": network.text_encoder, "connectors": network.connectors}
        if path.exists():
            for name, weights in torch.load(path, map_location=self.device).items():
                parts[name].load_state_dict(weights)
        else:
            reading.teach(network, self.tokens, self.args.reading_steps, self.args.seed, say)
            shards.put({name: part.state_dict() for name, part in parts.items()}, path)
        self.average.load_state_dict(network.state_dict())

    def train(self, export: Callable[[], None]) -> None:
        """Step until done; checkpoint and export at intervals and at the end."""
        saved = self.clock = time.monotonic()
        while self.done < 1:
            self.log_line(*self.learn())
            if self.done < 1 and time.monotonic() - saved > 60 * self.args.save_every:
                self.library.look()
                self.keep(export)
                saved = self.clock = time.monotonic()
        self.keep(export)

    def keep(self, export: Callable[[], None]) -> None:
        """Save and export, if we are the first of the processes."""
        if self.rank == 0:
            self.save()
            export()

    def learn(self) -> tuple[str, int, float, float]:
        """One step: mode, latent frames, loss of pictures and of sound."""
        batch, mode = self.batch()
        with self.halved():
            seen, heard = flow.loss(self.network, batch, *self.tokens(batch.captions))
        self.descend(seen + flow.SOUND_SHARE * heard)
        self.step, self.samples = self.step + 1, self.samples + self.world * len(batch.captions)
        self.follow(self.step)
        return mode, batch.frames, seen.item(), heard.item()

    def halved(self) -> torch.autocast:
        """Products in bf16, if this machine should."""
        return torch.autocast(self.device, torch.bfloat16, enabled=self.dtype == torch.bfloat16)

    def batch(self) -> tuple[flow.Batch, str]:
        """A random lesson."""
        mode = str(self.rng.choice([*flow.GIVEN], p=flow.SHARES))
        odds = EARLY if self.done < TURN and not self.args.onward else LATE
        frames = int(self.rng.choice(LENGTHS, p=odds))
        mode = "text" if frames == 1 else mode
        if mode in ("blend", "extend far") and frames < 5:
            frames = 5  # or nothing is left to make
        batch = flow.draw_batch(self.library, mode, frames, self.args.tokens, self.rng)
        return batch.to(self.device), mode

    def tokens(self, captions: list[str]) -> tuple[Tensor, Tensor]:
        """Token ids and mask (B, L)."""
        found = self.words(
            captions,
            padding="max_length",
            max_length=self.shape.length,
            truncation=True,
            return_tensors="pt",
        )
        return found.input_ids.to(self.device), found.attention_mask.to(self.device)

    def descend(self, loss: Tensor, share: float | None = None) -> None:
        """Warm up over 50 steps, hold, then fall linearly to the end; or a share of the rate."""
        left = max(0.02, min(1, (1 - self.done) / DECAY)) * min(1, (self.step + 1) / 50)
        rate = self.args.rate * (left if share is None else share)
        for optimiser, pace in zip(self.optimisers, PACES, strict=True):
            optimiser.zero_grad()
            optimiser.param_groups[0]["lr"] = rate * pace
        loss.backward()
        self.agree()
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
        for optimiser in self.optimisers:
            optimiser.step()

    def agree(self) -> None:
        """Average gradients and time over all processes; the clock goes on from here."""
        now = time.monotonic()
        self.seconds, self.clock = self.seconds + now - self.clock, now
        if self.world == 1:
            return
        slopes = [weight.grad for weight in self.network.parameters() if weight.grad is not None]
        flat = torch.cat(
            [slope.flatten() for slope in slopes]
            + [torch.tensor([self.seconds], device=self.device)]
        )
        abreast.all_reduce(flat)
        *parts, seconds = (flat / self.world).split([*(slope.numel() for slope in slopes), 1])
        for slope, part in zip(slopes, parts, strict=True):
            slope.copy_(part.view_as(slope))
        self.seconds = seconds.item()

    @torch.no_grad()
    def follow(self, steps: int) -> None:
        """Let the average follow the network: faster while few steps were taken."""
        keep = min(EMA, steps / (steps + 10))
        for mean, now in zip(self.average.parameters(), self.network.parameters(), strict=True):
            mean.lerp_(now, 1 - keep)

    def log_line(self, mode: str, frames: int, seen: float, heard: float) -> None:
        """A row of the loss log: step, seconds, mode, latent frames, pictures, sound."""
        if self.rank:
            return
        with self.log.open("a", newline="") as file:
            row = (self.step, round(self.seconds), mode, frames, round(seen, 4), round(heard, 4))
            csv.writer(file).writerow(row)
        if self.step % 25 == 0:
            told = f"{mode} x{frames} {seen:.3f} sound {heard:.3f}"
            say(f"step {self.step} {100 * self.done:.1f} % {told}")

    def save(self) -> None:
        """Leave a checkpoint to go on from."""
        shards.put(self.state(), self.checkpoint)

    def state(self) -> dict[str, Any]:
        """All that going on needs."""
        return {
            "network": self.network.state_dict(),
            "average": self.average.state_dict(),
            "optimisers": [optimiser.state_dict() for optimiser in self.optimisers],
            "step": self.step,
            "seconds": self.seconds,
            "samples": self.samples,
            "rng": self.rng.bit_generator.state,
            "noise": torch.get_rng_state(),
        }

    def resume(self) -> None:
        """Go on from the checkpoint."""
        state = torch.load(self.checkpoint, weights_only=False, map_location=self.device)
        self.network.load_state_dict(state["network"])
        self.average.load_state_dict(state["average"])
        for optimiser, known in zip(self.optimisers, state["optimisers"], strict=True):
            optimiser.load_state_dict(known)
        self.step, self.seconds, self.samples = state["step"], state["seconds"], state["samples"]
        if self.rank:
            self.rng = np.random.default_rng((self.args.seed, self.rank, self.step))
            torch.manual_seed(int(self.rng.integers(2**31)))
            return
        self.rng.bit_generator.state = state["rng"]
        torch.set_rng_state(state["noise"].cpu())
        self.forget_later_rows()

    def forget_later_rows(self) -> None:
        """Drop what was logged after the checkpoint: those steps are taken again."""
        with self.log.open(newline="") as file:
            rows = [row for row in csv.reader(file) if int(row[0]) <= self.step]
        with self.log.open("w", newline="") as file:
            csv.writer(file).writerows(rows)


def worded(seed: int) -> list[str]:
    """Captions for the tokenizer to learn its words from."""
    rng = np.random.default_rng((seed, 77))
    return [captions.caption(scene.random_scene(rng), rng) for _ in range(WORDS_FROM)]


def fastest(device: str) -> torch.dtype:
    """What products are fastest in; a processor that only emulates bf16 takes five times as long
    for it as for fp32."""
    halves = device != "cpu" or torch.cpu._is_avx512_bf16_supported()
    return torch.bfloat16 if halves else torch.float32


def optimisers(network: Network, rate: float, dtype: torch.dtype) -> list[torch.optim.Optimizer]:
    """Muon for the matrices of the blocks, AdamW for the rest."""
    named = [(name, weight) for name, weight in network.named_parameters() if weight.requires_grad]
    turned = [
        w for name, w in named if w.ndim == 2 and "blocks" in name and "scale_shift" not in name
    ]
    known = {id(weight) for weight in turned}
    rest = [weight for _, weight in named if id(weight) not in known]
    return [
        Muon(turned, lr=rate, dtype=dtype),
        torch.optim.AdamW(rest, lr=rate, betas=(0.9, 0.99), weight_decay=0.0),
    ]
