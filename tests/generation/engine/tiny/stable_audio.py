"""A tiny StableAudioPipeline: the sound of silent families."""

from diffusers import (
    AutoencoderOobleck,
    EDMDPMSolverMultistepScheduler,
    StableAudioDiTModel,
    StableAudioPipeline,
)
from diffusers.pipelines.stable_audio import StableAudioProjectionModel
from transformers import T5Config, T5EncoderModel

from tests.generation.engine.tiny import WORDS, saved, seeded, words

RATE = 4_000
LONGEST = 4  # seconds


@seeded
def save(folder):
    """Save it, with its card asking for two steps."""
    codec = AutoencoderOobleck(
        encoder_hidden_size=4,
        downsampling_ratios=[2, 4, 5],
        channel_multiples=[1, 2, 2],
        decoder_channels=4,
        decoder_input_channels=4,
        audio_channels=2,
        sampling_rate=RATE,
    )
    pipeline = StableAudioPipeline(
        vae=codec,
        text_encoder=_reader(),
        projection_model=StableAudioProjectionModel(
            text_encoder_dim=32, conditioning_dim=32, min_value=0, max_value=32
        ),
        tokenizer=words(),
        transformer=StableAudioDiTModel(
            sample_size=LONGEST * RATE // codec.hop_length,
            in_channels=4,
            num_layers=1,
            attention_head_dim=8,
            num_attention_heads=4,
            num_key_value_attention_heads=2,
            out_channels=4,
            cross_attention_dim=32,
            time_proj_dim=8,
            global_states_input_dim=64,
            cross_attention_input_dim=32,
        ),
        scheduler=EDMDPMSolverMultistepScheduler(solver_order=2, prediction_type="v_prediction"),
    )
    return saved(pipeline, folder, call={"num_inference_steps": 2})


def _reader():
    return T5EncoderModel(
        T5Config(vocab_size=WORDS.words, d_model=32, d_kv=8, d_ff=37, num_layers=1, num_heads=4)
    )
