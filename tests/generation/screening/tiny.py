"""Models that look after safety, tiny and random but for what they say: that is set."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import torch
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import (
    BertConfig,
    BertForSequenceClassification,
    LlamaConfig,
    LlamaForCausalLM,
    PreTrainedTokenizerFast,
    ViTConfig,
    ViTForImageClassification,
    ViTImageProcessor,
    WhisperConfig,
    WhisperFeatureExtractor,
    WhisperForConditionalGeneration,
)

WORDS = ("[PAD]", "[UNK]", "safe", "unsafe", "S1", "S10", "red", "fox", "rain", "beach", "nice")
FORM = "{% for message in messages %}{{ message.content }}{% endfor %}"
SMALL = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2}
SMALL |= {"intermediate_size": 16}


def pictures(folder: Path, says: Mapping[str, float], *, fixed: bool = True) -> Path:
    """Of the class that looks at pictures: `says` is the logit of each label, whatever is shown."""
    ViTImageProcessor(size={"height": 32, "width": 32}).save_pretrained(folder)
    config = ViTConfig(**SMALL, image_size=32, patch_size=16, **_labels(says))
    return _saved(ViTForImageClassification(config), folder, says, fixed=fixed)


def texts(folder: Path, says: Mapping[str, float], *, fixed: bool = True, **config: object) -> Path:
    """Of the class that reads texts."""
    words(folder)
    known = BertConfig(
        **SMALL, vocab_size=len(WORDS), max_position_embeddings=34, **_labels(says), **config
    )
    return _saved(BertForSequenceClassification(known), folder, says, fixed=fixed)


def guard(folder: Path, answer: str) -> Path:
    """Of the class that writes: always this one word, or what follows it."""
    words(folder, FORM)
    config = LlamaConfig(
        **SMALL, vocab_size=len(WORDS), num_key_value_heads=2, max_position_embeddings=128,
        bos_token_id=0, eos_token_id=0, pad_token_id=0,
    )  # fmt: skip
    network = LlamaForCausalLM(config)
    with torch.no_grad():
        network.model.norm.weight.zero_()  # what was said does not matter
        network.lm_head.weight.zero_()
    network.generation_config.suppress_tokens = [
        number for number, word in enumerate(WORDS) if word != answer
    ]
    network.save_pretrained(folder)
    return folder


def speech(folder: Path, hears: str) -> Path:
    """Of the class that writes down what is spoken: always the same."""
    heard = (*WORDS, hears)
    words(folder, known_words=heard)
    WhisperFeatureExtractor(feature_size=16, chunk_length=2).save_pretrained(folder)
    config = WhisperConfig(
        vocab_size=len(heard), num_mel_bins=16, d_model=16, encoder_layers=1, decoder_layers=1,
        encoder_attention_heads=2, decoder_attention_heads=2, encoder_ffn_dim=16,
        decoder_ffn_dim=16, max_source_positions=100, max_target_positions=8,
        decoder_start_token_id=0, bos_token_id=0, eos_token_id=0, pad_token_id=0,
        begin_suppress_tokens=None,
    )  # fmt: skip
    network = WhisperForConditionalGeneration(config)
    with torch.no_grad():
        network.model.decoder.layer_norm.weight.zero_()  # what is heard does not matter
    network.generation_config.suppress_tokens = list(range(len(WORDS)))
    network.save_pretrained(folder)
    return folder


def words(folder: Path, form: str | None = None, known_words: Sequence[str] = WORDS) -> None:
    known = Tokenizer(models.WordLevel({word: n for n, word in enumerate(known_words)}, "[UNK]"))
    known.pre_tokenizer = pre_tokenizers.Whitespace()
    tokens = PreTrainedTokenizerFast(
        tokenizer_object=known, unk_token="[UNK]", pad_token="[PAD]", eos_token="[PAD]"
    )
    tokens.chat_template = form
    tokens.save_pretrained(folder)


def _labels(says: Mapping[str, float]) -> dict[str, dict[object, object]]:
    return {
        "id2label": dict(enumerate(says)),
        "label2id": {label: number for number, label in enumerate(says)},
    }


def _saved(
    network: torch.nn.Module, folder: Path, says: Mapping[str, float], *, fixed: bool
) -> Path:
    torch.manual_seed(3)
    for one in network.parameters():
        torch.nn.init.normal_(one)
    if fixed:
        with torch.no_grad():
            network.classifier.weight.zero_()
            network.classifier.bias.copy_(torch.tensor([*says.values()]))
    network.save_pretrained(folder)
    return folder
