"""Tiny random checkpoints of production classes, saved as an operator would bring them."""

import json

import torch

from generation.engine import network
from generation.engine.network import Shape

WORDS = Shape(words=400, length=32)
SIZE = (64, 48)  # width and height: on every family's grid, and not square


def words(side="right"):
    """A tokenizer every text encoder here can read with."""
    tokenizer = network.tokenizer(["a red ball on a beach"], WORDS)
    tokenizer.padding_side = side
    return tokenizer


def saved(pipeline, folder, **card):
    """Write the pipeline with a card that narrows it to the tiny size."""
    pipeline.save_pretrained(folder)
    able = {"sizes": [SIZE], "fps": 8, "max_seconds": 2.0} | card.pop("capabilities", {})
    (folder / "sora.json").write_text(json.dumps({"capabilities": able} | card))
    return folder


def seeded(build):
    """The same random weights every time."""

    def made(*args, **kwargs):
        torch.manual_seed(0)
        return build(*args, **kwargs)

    return made
