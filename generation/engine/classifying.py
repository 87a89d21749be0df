"""Open models that look after safety, of three classes of transformers: one that looks at pictures,
one that reads texts, and one that writes whether a text is safe. Offline, safetensors only.

All answer alike: for each picture or text a score from 0 to 1 of each of their labels.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from transformers import (
    AutoConfig,
    AutoImageProcessor,
    AutoModelForCausalLM,
    AutoModelForImageClassification,
    AutoModelForSequenceClassification,
    AutoTokenizer,
)
from transformers.utils import logging

from generation.engine.loading import BadModel, examine_network

Scores = dict[str, float]  # by label, in small letters
TOGETHER = 8  # pictures in one forward
LONGEST = 512  # tokens of one piece of a text; pieces overlap by a quarter
MARGIN = 2  # positions that some families keep for themselves
ANSWER = 24  # tokens of a written verdict
PLAIN: dict[str, Any] = {"local_files_only": True, "trust_remote_code": False}
CODES = re.compile(r"s\d{1,2}")


class Classifier(Protocol):
    """Scores of each of what it is given: pictures (H, W, 3) RGB, or texts."""

    def scores(self, given: Sequence[Any]) -> list[Scores]: ...


@lru_cache(maxsize=4)
def load(folder: Path) -> tuple[Classifier, str]:
    """The model in a folder, and the hash of its weights. Raises BadModel, OSError, ValueError."""
    known = examine_network(folder)
    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    names = AutoConfig.from_pretrained(folder, **PLAIN).architectures or [""]
    for ending, kind in KINDS.items():
        if names[0].endswith(ending):
            return kind(folder), known
    raise BadModel("unknown_class", names[0], [f"*{ending}" for ending in KINDS])


def unload() -> None:
    """Let go of what is loaded."""
    load.cache_clear()


class Network:
    """A network of transformers in memory, and how it is asked."""

    auto: Any

    def __init__(self, folder: Path) -> None:
        model = self.auto.from_pretrained(folder, use_safetensors=True, dtype="auto", **PLAIN)
        self.device = "cuda" if torch.cuda.is_available() else "cpu"
        self.model = model.to(self.device).eval()

    def _scored(self, given: Any) -> list[Scores]:
        """(B, labels) logits of what is given, as scores."""
        moved = {name: self._moved(value) for name, value in given.items()}
        with torch.inference_mode():
            logits = self.model(**moved).logits.float()
        several = self.model.config.problem_type == "multi_label_classification"
        shares = logits.sigmoid() if several or logits.shape[1] == 1 else logits.softmax(-1)
        names = self.model.config.id2label
        labels = [str(names[number]).lower() for number in range(shares.shape[1])]
        return [dict(zip(labels, row, strict=True)) for row in shares.tolist()]

    def _moved(self, value: torch.Tensor) -> torch.Tensor:
        """Where the network is, and of its kind of numbers."""
        kind = self.model.dtype if value.is_floating_point() else value.dtype
        return value.to(self.device, kind)


class Pictures(Network):
    """A network that says of each picture how much of each label is in it."""

    auto = AutoModelForImageClassification

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.prepare: Any = AutoImageProcessor.from_pretrained(folder, **PLAIN)

    def scores(self, given: Sequence[np.ndarray]) -> list[Scores]:
        found = list[Scores]()
        for begin in range(0, len(given), TOGETHER):
            some = list(given[begin : begin + TOGETHER])
            found += self._scored(self.prepare(images=some, return_tensors="pt"))
        return found


class Texts(Network):
    """A network that says how much of each label is in a text; a long one is read in pieces that
    overlap, and the piece with most of a label counts."""

    auto = AutoModelForSequenceClassification

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.words: Any = AutoTokenizer.from_pretrained(folder, **PLAIN)
        places = getattr(self.model.config, "max_position_embeddings", None) or LONGEST
        self.room = min(LONGEST, self.words.model_max_length, places - MARGIN)

    def scores(self, given: Sequence[str]) -> list[Scores]:
        return [_most(list(self._pieces(text))) for text in given]

    def _pieces(self, text: str) -> Iterator[Scores]:
        read = self.words(
            text, truncation=True, max_length=self.room, stride=self.room // 4,
            return_overflowing_tokens=True,
        )  # fmt: skip
        for ids in read["input_ids"]:
            yield from self._scored({"input_ids": torch.tensor([ids])})


class Guard(Network):
    """A text model that writes `safe`, or `unsafe` and then the codes of categories; of what it
    writes otherwise it is said that it is `unreadable`."""

    auto = AutoModelForCausalLM

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.words: Any = AutoTokenizer.from_pretrained(folder, **PLAIN)
        if not self.words.chat_template:
            raise BadModel("no_chat_template", folder)

    def scores(self, given: Sequence[str]) -> list[Scores]:
        return [dict.fromkeys(labels_in(self._answer(text)), 1.0) for text in given]

    def _answer(self, text: str) -> str:
        said = [{"role": "user", "content": text}]
        asked = self.words.apply_chat_template(said, tokenize=False, add_generation_prompt=True)
        ids = self.words(asked, add_special_tokens=False, return_tensors="pt")["input_ids"]
        if ids.shape[1] + ANSWER > self.model.config.max_position_embeddings:
            return ""
        with torch.inference_mode():
            written = self.model.generate(
                ids.to(self.device), max_new_tokens=ANSWER, do_sample=False,
                pad_token_id=self.words.pad_token_id or self.words.eos_token_id,
            )  # fmt: skip
        return str(self.words.decode(written[0, ids.shape[1] :], skip_special_tokens=True))


def labels_in(answer: str) -> list[str]:
    """What a written verdict says: its first word, and the codes of categories after it."""
    first, *rest = answer.lower().split() or [""]
    if first == "safe":
        return ["safe"]
    codes = CODES.findall(" ".join(rest))
    return ["unsafe", *codes] if first == "unsafe" and codes else ["unreadable"]


def _most(pieces: Sequence[Scores]) -> Scores:
    return {label: max(one[label] for one in pieces) for label in pieces[0]}


KINDS: dict[str, Any] = {
    "ForImageClassification": Pictures,
    "ForSequenceClassification": Texts,
    "ForCausalLM": Guard,
}
