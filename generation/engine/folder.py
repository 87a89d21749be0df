"""Writing a model folder in diffusers' layout, file by file in one stroke each."""

import json
import os
import shutil
from pathlib import Path
from typing import Any

from diffusers import FlowMatchEulerDiscreteScheduler
from transformers import PreTrainedTokenizerFast

from generation.engine.capabilities import CARD
from generation.engine.codec import PatchCodec
from generation.engine.network import Network
from generation.engine.sound import GriffinLim, SoundCodec

INDEX = {
    "_class_name": "LTX2InContextPipeline",
    "audio_vae": ["generation.engine.sound", "SoundCodec"],
    "connectors": ["ltx2", "LTX2TextConnectors"],
    "scheduler": ["diffusers", "FlowMatchEulerDiscreteScheduler"],
    "text_encoder": ["transformers", "Gemma3ForConditionalGeneration"],
    "tokenizer": ["transformers", "PreTrainedTokenizerFast"],
    "transformer": ["diffusers", "LTX2VideoTransformer3DModel"],
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
