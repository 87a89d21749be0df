"""An optional local text model that adds detail to a prompt. Offline, safetensors only, bounded."""

import json
import re
import time
from functools import lru_cache
from pathlib import Path
from typing import Any

import torch
from transformers import (
    AutoModelForCausalLM,
    AutoTokenizer,
    PreTrainedTokenizerBase,
    StoppingCriteria,
    StoppingCriteriaList,
)
from transformers.utils import logging

from generation.engine.takes import OnStep

INSTRUCTION = (
    "Below is a description of a short video. Write one or two sentences to add to it: how the "
    "camera moves, what the light is like, what can be heard. Add no people and no events, "
    "contradict nothing, repeat nothing."
)
LOOP = 6  # tokens that small models say again and again if they are let


class TooSlow(TimeoutError):
    """The text was not written in time."""


@lru_cache(maxsize=1)
def load(folder: Path) -> "Writer":
    """Load the transformers folder. Raises OSError, ValueError for one that cannot be used."""
    _refuse_code(folder)
    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    plain: dict[str, Any] = {"local_files_only": True, "trust_remote_code": False}
    words = AutoTokenizer.from_pretrained(folder, **plain)
    model: Any = AutoModelForCausalLM.from_pretrained(
        folder, use_safetensors=True, dtype="auto", **plain
    )
    device = "cuda" if torch.cuda.is_available() else "cpu"
    return Writer(words, model.to(device).eval())


def unload() -> None:
    """Let go of the loaded model."""
    load.cache_clear()


class Writer:
    """A loaded text model. It chooses the likeliest word each time: same prompt, same text."""

    def __init__(self, words: PreTrainedTokenizerBase, model: Any) -> None:
        self._words, self._model = words, model

    def write(self, prompt: str, most_tokens: int, seconds: float, on_step: OnStep) -> str:
        """What to add to the prompt; `on_step(done, of)` may raise to stop between two tokens.

        Raises TooSlow, and ValueError for a prompt that is longer than the model reads.
        """
        asked = self._asked(prompt)
        self._check_room(asked, most_tokens)
        with torch.inference_mode():
            written = self._model.generate(
                **asked,
                max_new_tokens=most_tokens,
                do_sample=False,
                no_repeat_ngram_size=LOOP,
                pad_token_id=self._padding(),
                stopping_criteria=StoppingCriteriaList(
                    [_Watch(asked["input_ids"].shape[1], most_tokens, seconds, on_step)]
                ),
            )
        new = written[0, asked["input_ids"].shape[1] :]
        text = str(self._words.decode(new, skip_special_tokens=True))
        return whole(text) if len(new) == most_tokens else text.strip()

    def _asked(self, prompt: str) -> Any:
        """The request as tokens, in the model's own form of a conversation where it has one."""
        if self._words.chat_template:
            said = [{"role": "user", "content": f"{INSTRUCTION}\n\n{prompt}"}]
            text = self._words.apply_chat_template(said, tokenize=False, add_generation_prompt=True)
            tokens = self._words(text, add_special_tokens=False, return_tensors="pt")
        else:
            text = f"{INSTRUCTION}\n\nDescription: {prompt}\n\nAddition:"
            tokens = self._words(text, return_tensors="pt")
        kept = {name: tokens[name] for name in ("input_ids", "attention_mask")}
        return {name: value.to(self._model.device) for name, value in kept.items()}

    def _check_room(self, asked: Any, most_tokens: int) -> None:
        room = getattr(self._model.config, "max_position_embeddings", None)
        if room and asked["input_ids"].shape[1] + most_tokens > room:
            raise ValueError(f"the prompt and {most_tokens} new tokens do not fit into {room}")

    def _padding(self) -> int:
        known = (self._words.pad_token_id, self._words.eos_token_id)
        return next((token for token in known if token is not None), 0)


class _Watch(StoppingCriteria):
    """Tells of each token and keeps the time."""

    def __init__(self, before: int, most: int, seconds: float, on_step: OnStep) -> None:
        self.before, self.most, self.on_step = before, most, on_step
        self.seconds, self.until = seconds, time.monotonic() + seconds

    def __call__(self, input_ids: Any, scores: Any, **_: Any) -> Any:
        self.on_step(input_ids.shape[1] - self.before, self.most)
        if time.monotonic() > self.until:
            raise TooSlow(f"not written within {self.seconds} s")
        return torch.zeros(len(input_ids), dtype=torch.bool, device=input_ids.device)


def whole(text: str) -> str:
    """The text up to the end of its last whole sentence; all of it where none ends."""
    ends = [end.end() for end in re.finditer(r"[.!?](?=\s|$)", text)]
    return text[: ends[-1]].strip() if ends else text.strip()


def _refuse_code(folder: Path) -> None:
    """A folder that asks for code of its own is refused before anything in it is read."""
    for name in ("config.json", "tokenizer_config.json"):
        path = folder / name
        if path.exists() and "auto_map" in json.loads(path.read_text()):
            raise ValueError(f"{name} asks for code of its own")
