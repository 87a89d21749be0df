"""A model folder in diffusers' layout: written file by file in one stroke each, and read again."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from diffusers import FlowMatchEulerDiscreteScheduler
from diffusers.pipelines.ltx2 import LTX2TextConnectors
from transformers import Gemma3ForConditionalGeneration, PreTrainedTokenizerFast

from generation.engine.capabilities import as_card, card_of
from generation.engine.codec import PatchCodec
from generation.engine.denoiser import Denoiser
from generation.engine.distil import GUIDANCE
from generation.engine.drawn import clips
from generation.engine.loading import CARD
from generation.engine.network import Network, Shape
from generation.engine.sound import GriffinLim, SoundCodec
from generation.engine.types import Capabilities, Mode

if TYPE_CHECKING:
    from generation.engine.run import Run

INDEX = {
    "_class_name": "LTX2InContextPipeline",
    "audio_vae": ["generation.engine.sound", "SoundCodec"],
    "connectors": ["ltx2", "LTX2TextConnectors"],
    "scheduler": ["diffusers", "FlowMatchEulerDiscreteScheduler"],
    "text_encoder": ["transformers", "Gemma3ForConditionalGeneration"],
    "tokenizer": ["transformers", "PreTrainedTokenizerFast"],
    "transformer": ["generation.engine.denoiser", "Denoiser"],
    "vae": ["generation.engine.codec", "PatchCodec"],
    "vocoder": ["generation.engine.sound", "GriffinLim"],
}


def write(
    folder: Path,
    network: Network,
    words: PreTrainedTokenizerFast,
    codec: PatchCodec,
    sounds: SoundCodec,
    card: dict[str, Any],
) -> None:
    """Write the whole folder; a reader sees the old or the new of each file, never a half."""
    new = folder.with_name(folder.name + ".new")
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir(parents=True)
    network.half()
    parts = {
        "audio_vae": sounds,
        "connectors": network.connectors,
        "scheduler": FlowMatchEulerDiscreteScheduler(shift=1.0),
        "text_encoder": network.text_encoder,
        "tokenizer": words,
        "transformer": network.transformer,
        "vae": codec,
        "vocoder": GriffinLim(),
    }
    for name, part in parts.items():
        part.save_pretrained(new / name)
    (new / "model_index.json").write_text(json.dumps(INDEX, indent=2) + "\n")
    (new / CARD).write_text(json.dumps(card, indent=2) + "\n")
    _move_over(new, folder)


def codecs(folder: Path) -> tuple[PatchCodec, SoundCodec]:
    """The codecs of a folder."""
    pictures = PatchCodec.from_pretrained(folder / "vae").float().eval()
    return pictures, SoundCodec.from_pretrained(folder / "audio_vae").float().eval()


def network(folder: Path) -> tuple[Network, PreTrainedTokenizerFast, dict[str, Any]]:
    """The network and the tokenizer of a folder, and what its card says of its training."""
    card = card_of(folder)
    found = Network(Shape(**card["shape"]))
    parts = {
        "text_encoder": Gemma3ForConditionalGeneration,
        "connectors": LTX2TextConnectors,
        "transformer": Denoiser,
    }
    for name, kind in parts.items():
        weights = kind.from_pretrained(folder / name).float().state_dict()
        getattr(found, name).load_state_dict(weights)
    words = PreTrainedTokenizerFast.from_pretrained(folder / "tokenizer")
    return found, words, card["trained"]


def card(run: Run) -> dict[str, Any]:
    """What the folder says of itself; `call` goes to the pipeline as it is.

    `board`: people are shown together on one board; `crf`: how hard a first frame is compressed.
    """
    return {
        "name": "sora-small",
        "licence": "Apache-2.0",
        "trained": trained(run),
        "shape": asdict(run.shape),
        "capabilities": as_card(able(guidance=1.0 if run.distilled else GUIDANCE)),
        "board": True,
        "vocabulary": "drawn",
        "crf": 0,
        "call": {"max_sequence_length": run.shape.length, "use_cross_timestep": False},
    }


def trained(run: Run) -> dict[str, Any]:
    """How long, added to what an earlier work folder did."""
    before = run.earlier
    return {
        "steps": run.step + before.get("steps", 0),
        "seconds": round(run.seconds) + before.get("seconds", 0),
        "samples": run.samples + before.get("samples", 0),
        "seed": run.args.seed,
        "device": run.device,
        "distilled": run.distilled,
    }


def able(guidance: float) -> Capabilities:
    """What the shipped model is able to do."""
    return Capabilities(
        family="sora-small",
        modes=frozenset(Mode),
        sizes=clips.SHAPES,
        max_seconds=5.0,
        fps=clips.FPS,
        max_references=3,
        sound=True,
        steps=8,
        guidance=guidance,
        likeness="drawn",
        memory_gib=1.0,
        together=4,
        licence="Apache-2.0",
    )


def _move_over(new: Path, old: Path) -> None:
    for path in sorted(new.rglob("*")):
        target = old / path.relative_to(new)
        if path.is_dir():
            target.mkdir(parents=True, exist_ok=True)
        else:
            target.parent.mkdir(parents=True, exist_ok=True)
            path.chmod(0o644)  # safetensors writes for its owner alone
            os.replace(path, target)
    shutil.rmtree(new)
