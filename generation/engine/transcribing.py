"""An open model that writes down what is spoken: transformers' class of Whisper, and whatever reads
the same features. Offline, safetensors only.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from transformers import AutoFeatureExtractor, AutoModelForSpeechSeq2Seq, AutoTokenizer
from transformers.utils import logging

from generation.engine.classifying import PLAIN, Network
from generation.engine.loading import examine_network

QUIET = 1e-4  # of full scale: a piece that is nowhere louder has no words in it
Piece = tuple[float, str]  # the second where it begins, and what is spoken


class Scribe(Network):
    """A model in memory. It reads sound in pieces as long as it was taught to."""

    auto = AutoModelForSpeechSeq2Seq

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.ears: Any = AutoFeatureExtractor.from_pretrained(folder, **PLAIN)
        self.words: Any = AutoTokenizer.from_pretrained(folder, **PLAIN)

    @property
    def rate(self) -> int:
        """Samples per second that it reads."""
        return int(self.ears.sampling_rate)

    def pieces(self, sound: np.ndarray) -> list[Piece]:
        """What is spoken in a sound (n,) at its `rate`, piece by piece."""
        found = list[Piece]()
        for begin in range(0, len(sound), self.ears.n_samples):
            part = sound[begin : begin + self.ears.n_samples]
            if np.abs(part).max() > QUIET and (text := self._text(part)):
                found.append((round(begin / self.rate, 2), text))
        return found

    def _text(self, sound: np.ndarray) -> str:
        heard = self.ears(sound, sampling_rate=self.rate, return_tensors="pt").input_features
        with torch.inference_mode():
            written = self.model.generate(self._moved(heard))
        return str(self.words.decode(written[0], skip_special_tokens=True)).strip()


@lru_cache(maxsize=1)
def load(folder: Path) -> tuple[Scribe, str]:
    """The model in a folder, and the hash of its weights. Raises BadModel, OSError, ValueError."""
    known = examine_network(folder)
    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    return Scribe(folder), known
