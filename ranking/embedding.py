"""What a text is like, as 32 numbers: words and pieces of words, projected by the bits of a hash.

Texts that share words come to lie near each other in any language; nothing is learned and nothing
is stored. The interface is open: a better embedding answers the same three questions.

Sign random projections: Charikar 2002, "Similarity Estimation Techniques from Rounding Algorithms".
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from hashlib import blake2b
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ranking.types import Ids, Vector
from sora_social.wording import WORD, plain_letters, telling_words, without_handles

Vectors = NDArray[np.float32]  # (n, SIZE), rows of length 1, or 0 where nothing was said
SIZE, CLUSTER_BITS = 32, 10
PIECE, PIECES_WEIGH = 3, 0.25  # letters; a word counts as much as four pieces of words
UNSPACED = "\u2e80"  # Chinese, Japanese and their neighbours stand above it
_POWERS = 1 << np.arange(CLUSTER_BITS)


def embed(texts: Sequence[str]) -> Vectors:
    """(n, SIZE)."""
    return np.stack([_embed(text) for text in texts]) if texts else np.zeros((0, SIZE), np.float32)


def unit(vector: Vector) -> Vector:
    """Of length 1; 0 stays 0."""
    length = np.float32(np.sqrt(vector @ vector))
    return np.divide(vector, length) if length else vector


def cluster_of(vectors: NDArray[np.floating[Any]]) -> Ids:
    """(n,) of 0 … 1023: which side of ten fixed planes a text lies on. Like texts often agree."""
    return ((vectors[:, :CLUSTER_BITS] > 0) @ _POWERS).astype(np.int64)


def template_of(prompt: str) -> int:
    """What prompts have in common that differ in nothing but people, case and dots; 0: no words."""
    words = " ".join(WORD.findall(plain_letters(without_handles(prompt))))
    return int.from_bytes(_hash(words)[:8], "little") >> 1 if words else 0


def packed(vector: Vectors) -> bytes:
    """One row as it is kept: 64 bytes, little-endian float16."""
    return vector.astype("<f2").tobytes()


def unpacked(kept: Sequence[bytes]) -> NDArray[np.float16]:
    """(n, SIZE) of what was kept; nothing kept is nothing said."""
    blank = bytes(2 * SIZE)
    joined = b"".join(bytes(row) if len(row) == len(blank) else blank for row in kept)
    return np.frombuffer(joined, "<f2").reshape(len(kept), SIZE).astype(np.float16)


def _embed(text: str) -> Vectors:
    found = np.zeros(SIZE, np.float32)  # whole quarters: the order of the words does not matter
    for word in telling_words(without_handles(text)):
        for gram, weight in _grams(word):
            found += weight * _signs(gram)
    return unit(found)


def _grams(word: str) -> Iterator[tuple[str, float]]:
    """A word and runs of its letters, its ends among them: `^ca`, `cat`, `at$`. Where words are
    not spaced apart, pairs of letters are the words."""
    if max(word) > UNSPACED:
        yield from ((word[at : at + 2], 1.0) for at in range(max(len(word) - 1, 1)))
        return
    framed = f"^{word}$"
    yield word, 1.0
    for at in range(len(framed) - PIECE + 1):
        yield framed[at : at + PIECE], PIECES_WEIGH


def _signs(gram: str) -> Vectors:
    """(SIZE,) of +1 and -1."""
    bits = np.unpackbits(np.frombuffer(_hash(gram), np.uint8))[:SIZE]
    return bits.astype(np.float32) * 2 - 1


def _hash(text: str) -> bytes:
    return blake2b(text.encode(), digest_size=8).digest()
