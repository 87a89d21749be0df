"""Tiny modular LTX-2 and LTX-2.5 pipelines; the second decodes by diffusion."""

import json

import diffusers
from diffusers import (
    AutoencoderKLLTX2Audio,
    AutoencoderKLLTX2Video,
    FlowMatchEulerDiscreteScheduler,
)
from diffusers.models.autoencoders.ltx2_diffusion_decoder import LTX2VideoDiffusionDecoderModel
from diffusers.pipelines.ltx2.vocoder import LTX2Vocoder

from generation.engine import network
from generation.engine.network import Shape
from tests.generation.engine.tiny import SIZE, WORDS, seeded, words

SHAPE = Shape(
    width=64, heads=2, layers=2, sound_width=32, text_width=32, words=WORDS.words,
    length=WORDS.length, picture_channels=16, sound_channels=16,
)  # fmt: skip
HALVING = ("spatiotemporal", "spatiotemporal")


@seeded
def save(folder, kind="LTX2ModularPipeline"):
    """Save the parts and the index of that modular pipeline."""
    blocks = {"LTX2ModularPipeline": "LTX2AutoBlocks", "LTX25ModularPipeline": "LTX25AutoBlocks"}
    pipeline = getattr(diffusers, kind)(getattr(diffusers, blocks[kind])())
    parts = {
        "scheduler": FlowMatchEulerDiscreteScheduler(shift=1.0),
        "vae": _picture_codec(),
        "audio_vae": _sound_codec(),
        "text_encoder": network.text_encoder(SHAPE),
        "tokenizer": words("left"),
        "connectors": network.connectors(SHAPE),
        "transformer": network.transformer(SHAPE),
        "vocoder": _vocoder(),
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


def _picture_codec():
    return AutoencoderKLLTX2Video(
        latent_channels=16,
        block_out_channels=(32, 64),
        down_block_types=("LTX2VideoDownBlock3D",) * 2,
        decoder_block_out_channels=(32, 64),
        layers_per_block=(1, 1, 1),
        decoder_layers_per_block=(1, 1, 1),
        spatio_temporal_scaling=(True, True),
        decoder_spatio_temporal_scaling=(True, True),
        decoder_inject_noise=(False,) * 3,
        downsample_type=HALVING,
        upsample_type=HALVING,
        upsample_residual=(True, True),
        upsample_factor=(2, 2),
        patch_size=4,
        patch_size_t=1,
        encoder_causal=True,
        decoder_causal=True,
        decoder_spatial_padding_mode="zeros",
        spatial_compression_ratio=16,
        temporal_compression_ratio=4,
    )


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


def _sound_codec():
    return AutoencoderKLLTX2Audio(
        base_channels=16,
        output_channels=1,
        in_channels=1,
        ch_mult=(1, 2, 2),
        num_res_blocks=1,
        resolution=64,
        latent_channels=4,
        sample_rate=16_000,
        mel_hop_length=160,
        mel_bins=16,
    )


def _vocoder():
    return LTX2Vocoder(
        in_channels=16,
        hidden_channels=16,
        out_channels=1,
        upsample_kernel_sizes=[16, 11, 8],
        upsample_factors=[8, 5, 4],
        resnet_kernel_sizes=[3],
        resnet_dilations=[[1, 3]],
        output_sampling_rate=16_000,
    )
