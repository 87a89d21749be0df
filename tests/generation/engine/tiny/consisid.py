"""A tiny ConsisIDPipeline, and measures of a face as it wants them."""

import numpy as np
from diffusers import (
    AutoencoderKLCogVideoX,
    CogVideoXDDIMScheduler,
    ConsisIDPipeline,
    ConsisIDTransformer3DModel,
)
from transformers import T5Config, T5EncoderModel

from tests.generation.engine.tiny import SIZE, WORDS, saved, seeded, words

IDENTITY, SEEN, DEPTHS = 16, 16, 2


@seeded
def save(folder, **card):
    """Save it; 4 frames become one latent, 16 pixels one token."""
    pipeline = ConsisIDPipeline(
        tokenizer=words(),
        text_encoder=T5EncoderModel(
            T5Config(vocab_size=WORDS.words, d_model=32, d_kv=8, d_ff=37, num_layers=1, num_heads=4)
        ),
        vae=AutoencoderKLCogVideoX(
            block_out_channels=(8, 8, 8, 8),
            latent_channels=4,
            layers_per_block=1,
            norm_num_groups=2,
            sample_height=SIZE[1],
            sample_width=SIZE[0],
        ),
        transformer=ConsisIDTransformer3DModel(
            num_attention_heads=2,
            attention_head_dim=16,
            in_channels=8,
            out_channels=4,
            time_embed_dim=2,
            text_embed_dim=32,
            num_layers=1,
            sample_width=SIZE[0] // 8,
            sample_height=SIZE[1] // 8,
            sample_frames=9,
            max_text_seq_length=WORDS.length,
            use_rotary_positional_embeddings=True,
            is_train_face=True,
            cross_attn_interval=1,
            cross_attn_dim_head=8,
            cross_attn_num_heads=2,
            LFE_id_dim=IDENTITY,
            LFE_vit_dim=SEEN,
            LFE_depth=DEPTHS,
            LFE_dim_head=8,
            LFE_num_heads=2,
            LFE_num_id_token=2,
            LFE_num_querie=4,
            LFE_output_dim=21,
            LFE_ff_mult=1,
            LFE_num_scale=DEPTHS,
        ),
        scheduler=CogVideoXDDIMScheduler(),
    )
    call = {"max_sequence_length": WORDS.length}
    return saved(pipeline, folder, **{"call": call} | card)


def measures(seed=0):
    """What a face door would have measured of somebody."""
    drawn = np.random.default_rng(seed)
    return {
        "id_cond": drawn.normal(size=(1, IDENTITY)).astype(np.float32),
        "id_vit_hidden": drawn.normal(size=(DEPTHS, 1, 4, SEEN)).astype(np.float32),
    }
