"""The networks of the shipped model: diffusers' own LTX-2 classes, very small."""

from collections.abc import Iterable
from dataclasses import dataclass

import torch
from diffusers.pipelines.ltx2 import LTX2TextConnectors
from tokenizers import (
    Tokenizer,
    decoders,
    models,
    normalizers,
    pre_tokenizers,
    processors,
    trainers,
)
from torch import Tensor, nn
from transformers import (
    Gemma3Config,
    Gemma3ForConditionalGeneration,
    Gemma3TextConfig,
    PreTrainedTokenizerFast,
    SiglipVisionConfig,
)

from generation.engine.codec import CELL, GROUP
from generation.engine.denoiser import Denoiser
from generation.engine.sound import COLUMNS, HOP, RATE

PAD, END, UNKNOWN = "<pad>", "</s>", "<unk>"


@dataclass(frozen=True)
class Shape:
    """The sizes of a model; the default trains on two cores within an hour or so."""

    width: int = 256
    heads: int = 4
    layers: int = 6
    sound_width: int = 64
    text_width: int = 128
    text_layers: int = 2
    words: int = 1024  # the tokenizer's vocabulary
    length: int = 64  # tokens of a prompt
    picture_channels: int = 128
    sound_channels: int = 32


class Network(nn.Module):
    """What is trained together: text encoder, connectors and transformer."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        self.text_encoder = text_encoder(shape)
        self.connectors = connectors(shape)
        self.transformer = transformer(shape)

    def read(self, ids: Tensor, mask: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Token ids and mask (B, L) -> text for pictures, text for sound, their mask."""
        hidden = self.text_encoder(input_ids=ids, attention_mask=mask, output_hidden_states=True)
        states = torch.stack(hidden.hidden_states, -1).flatten(2, 3)
        return self.connectors(states, mask, padding_side="left")


def transformer(shape: Shape) -> Denoiser:
    """Pictures and sound in two streams that attend to each other."""
    return Denoiser(
        in_channels=shape.picture_channels,
        out_channels=shape.picture_channels,
        num_attention_heads=shape.heads,
        attention_head_dim=shape.width // shape.heads,
        cross_attention_dim=shape.width,
        vae_scale_factors=(GROUP, CELL, CELL),
        base_height=512,
        base_width=512,
        audio_in_channels=shape.sound_channels,
        audio_out_channels=shape.sound_channels,
        audio_num_attention_heads=shape.heads,
        audio_attention_head_dim=shape.sound_width // shape.heads,
        audio_cross_attention_dim=shape.sound_width,
        audio_scale_factor=COLUMNS,
        audio_sampling_rate=RATE,
        audio_hop_length=HOP,
        num_layers=shape.layers,
        caption_channels=shape.text_width,
        rope_double_precision=False,
        rope_type="split",
    )


def text_encoder(shape: Shape) -> Gemma3ForConditionalGeneration:
    """A tiny Gemma 3, its unused eye as small as it gets."""
    text = Gemma3TextConfig(
        vocab_size=shape.words,
        hidden_size=shape.text_width,
        intermediate_size=2 * shape.text_width,
        num_hidden_layers=shape.text_layers,
        num_attention_heads=4,
        num_key_value_heads=2,
        head_dim=shape.text_width // 4,
        max_position_embeddings=256,
        sliding_window=256,
        pad_token_id=0,
        eos_token_id=1,
        bos_token_id=1,
    )
    eye = SiglipVisionConfig(
        hidden_size=16,
        intermediate_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        image_size=32,
        patch_size=16,
    )
    config = Gemma3Config(
        text_config=text,
        vision_config=eye,
        mm_tokens_per_image=4,
        image_token_index=3,
        boi_token_index=4,
        eoi_token_index=5,
    )
    whole = Gemma3ForConditionalGeneration(config)
    for part in (whole.model.vision_tower, whole.model.multi_modal_projector):
        part.requires_grad_(False)
    return whole


def connectors(shape: Shape) -> LTX2TextConnectors:
    """One attention layer from text states to each stream."""
    return LTX2TextConnectors(
        caption_channels=shape.text_width,
        text_proj_in_factor=shape.text_layers + 1,
        video_connector_num_attention_heads=4,
        video_connector_attention_head_dim=shape.text_width // 4,
        video_connector_num_layers=1,
        video_connector_num_learnable_registers=None,
        audio_connector_num_attention_heads=4,
        audio_connector_attention_head_dim=shape.text_width // 4,
        audio_connector_num_layers=1,
        audio_connector_num_learnable_registers=None,
        connector_rope_base_seq_len=64,
        rope_double_precision=False,
        rope_type="split",
    )


def tokenizer(captions: Iterable[str], shape: Shape) -> PreTrainedTokenizerFast:
    """Byte-level BPE learned from captions: any text can be read, theirs in fewest tokens."""
    bpe = Tokenizer(models.BPE(unk_token=UNKNOWN))
    bpe.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Lowercase()])
    bpe.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=True)
    bpe.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=shape.words,
        special_tokens=[PAD, END, UNKNOWN],
        initial_alphabet=alphabet,
        show_progress=False,
    )
    bpe.train_from_iterator(captions, trainer)
    bpe.post_processor = processors.TemplateProcessing(
        single=f"$A {END}", special_tokens=[(END, 1)]
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=bpe,
        pad_token=PAD,
        eos_token=END,
        unk_token=UNKNOWN,
        model_max_length=shape.length,
        padding_side="left",
    )
