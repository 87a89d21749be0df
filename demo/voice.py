"""A voice for the demo's capture clip: espeak-ng, through the library that a wheel brings.

It is GPL-3.0 and no part of the server: the demo and the tests load it, to have someone who speaks.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from functools import cache

import espeakng_loader
import numpy as np

WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
RETRIEVAL, RATE, CHARS_AUTO = 1, 1, 0  # numbers of espeak's speak_lib.h
SPEED = 130  # words a minute
Heard = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p
)


def spoken(digits: str, rate: int, voice: str = "en-us") -> np.ndarray:
    """Digits said one after the other (S,) float32, at so many samples a second."""
    return said(". ".join(WORDS[int(digit)] for digit in digits), rate, voice)


def said(text: str, rate: int, voice: str = "en-us") -> np.ndarray:
    """A text read aloud (S,) float32."""
    library, own_rate = _library()
    library.espeak_SetVoiceByName(voice.encode())
    sound = np.concatenate(list(_synthesised(library, text.encode())))
    there = np.arange(0, len(sound), own_rate / rate)
    return np.interp(there, np.arange(len(sound)), sound).astype(np.float32)


def _synthesised(library: ctypes.CDLL, text: bytes) -> Iterator[np.ndarray]:
    parts: list[np.ndarray] = []

    def keep(samples: ctypes._Pointer, count: int, _: int) -> int:
        if samples and count:
            parts.append(np.ctypeslib.as_array(samples, (count,)) / np.float32(32768))
        return 0

    hear = Heard(keep)
    library.espeak_SetSynthCallback(hear)
    library.espeak_SetParameter(RATE, SPEED, 0)
    size = ctypes.c_size_t(len(text) + 1)
    library.espeak_Synth(text, size, 0, 0, 0, CHARS_AUTO, None, None)
    library.espeak_Synchronize()
    yield from parts


@cache
def _library() -> tuple[ctypes.CDLL, int]:
    """The library, and how many samples a second it makes."""
    library = ctypes.CDLL(espeakng_loader.get_library_path())
    rate = library.espeak_Initialize(RETRIEVAL, 0, espeakng_loader.get_data_path().encode(), 0)
    if rate <= 0:
        raise RuntimeError("espeak-ng does not start")
    return library, rate
