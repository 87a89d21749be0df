"""Tiny modular LTX-2 and LTX-2.5 pipelines; the second decodes by diffusion."""

import json

import diffusers
from diffusers import FlowMatchEulerDiscreteScheduler
from diffusers.models.autoencoders.ltx2_diffusion_decoder import LTX2VideoDiffusionDecoderModel

from generation.engine import network
from generation.engine.network import Shape
from tests.generation.engine.tiny import SIZE, WORDS, seeded, words
from tests.generation.engine.tiny.ltx2 import picture_codec, sound_codec, transformer, vocoder

SHAPE = Shape(
    width=64, heads=2, layers=2, sound_width=32, text_width=32, words=WORDS.words,
    length=WORDS.length, picture_channels=16, sound_channels=16,
)  # fmt: skip


@seeded
def save(folder, kind="LTX2ModularPipeline"):
    """Save the parts and the index of that modular pipeline."""
    blocks = {"LTX2ModularPipeline": "LTX2AutoBlocks", "LTX25ModularPipeline": "LTX25AutoBlocks"}
    pipeline = getattr(diffusers, kind)(getattr(diffusers, blocks[kind])())
    parts = {
        "scheduler": FlowMatchEulerDiscreteScheduler(shift=1.0),
        "vae": picture_codec(),
        "audio_vae": sound_codec(),
        "text_encoder": network.text_encoder(SHAPE),
        "tokenizer": words("left"),
        "connectors": network.connectors(SHAPE),
        "transformer": transformer(SHAPE),
        "vocoder": vocoder(),
    }
    if kind == "LTX25ModularPipeline":
        parts["diffusion_decoder"] = _diffusion_decoder()
    pipeline.update_components(**parts)
    pipeline.save_pretrained(str(folder), overwrite_modular_index=True)
    card = {
        "capabilities": {"sizes": [SIZE], "fps": 8, "max_seconds": 2.0, "frame_step": 4},
        "call": {"max_sequence_length": WORDS.length, "use_cross_timestep": False},
        "crf": 0,
    }
    (folder / "sora.json").write_text(json.dumps(card))
    return folder


def _diffusion_decoder():
    return LTX2VideoDiffusionDecoderModel(
        latent_channels=16,
        decoder_head_dim=8,
        decoder_stage_channels=(32, 16, 16, 16, 16),
        decoder_stage_depths=(1, 1, 1, 1, 1),
        decoder_stage_kernels=((3, 3, 3),) * 4,
        decoder_upsample_strides=((1, 2, 2), (2, 1, 1), (2, 2, 2), (1, 1, 1)),
        decoder_upsample_channel_reductions=(2, 1, 1, 1),
        decoder_stage5_kernel=(3, 3, 3),
        decoder_t_emb_dim=32,
        spatial_compression_ratio=16,
        temporal_compression_ratio=4,
    )
