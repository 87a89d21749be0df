"""A tiny WanVACEPipeline."""

import torch
from diffusers import (
    AutoencoderKLWan,
    UniPCMultistepScheduler,
    WanVACEPipeline,
    WanVACETransformer3DModel,
)
from transformers import UMT5Config, UMT5EncoderModel

from tests.generation.engine.tiny import WORDS, saved, seeded, words


@seeded
def save(folder, **card):
    """Save it; 4 frames become one latent, 16 pixels one token."""
    pipeline = WanVACEPipeline(
        tokenizer=words(),
        text_encoder=_reader(),
        vae=_picture_codec(),
        scheduler=UniPCMultistepScheduler(
            prediction_type="flow_prediction", use_flow_sigmas=True, flow_shift=3.0
        ),
        transformer=WanVACETransformer3DModel(
            num_attention_heads=2,
            attention_head_dim=12,
            in_channels=16,
            out_channels=16,
            text_dim=32,
            freq_dim=32,
            ffn_dim=32,
            num_layers=2,
            vace_layers=[0],
        ),
    )
    return saved(pipeline, folder, **{"call": {"max_sequence_length": WORDS.length}} | card)


def _picture_codec():
    """One whose latents have the spread of a trained one's, or noise would drown all pictures."""
    codec = AutoencoderKLWan(base_dim=8, z_dim=16, dim_mult=[1, 1, 1, 1], num_res_blocks=1)
    with torch.no_grad():
        latents = codec.encode(torch.rand(1, 3, 9, 64, 64) * 2 - 1).latent_dist.mode()
    about = (0, 2, 3, 4)
    codec.register_to_config(
        latents_mean=latents.mean(about).tolist(), latents_std=latents.std(about).tolist()
    )
    return codec


def _reader():
    config = UMT5Config(
        vocab_size=WORDS.words,
        d_model=32,
        d_kv=8,
        d_ff=37,
        num_layers=1,
        num_heads=4,
        relative_attention_num_buckets=8,
    )
    return UMT5EncoderModel(config)
