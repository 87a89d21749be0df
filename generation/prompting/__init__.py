"""An author's prompt becomes what the model reads. Both are kept."""

from generation.prompting.composing import check, compose, said_in
from generation.prompting.types import USUAL, Asked, Level, Words
from generation.prompting.writing import levels, writer
from generation.reading import Reader, reader_of

__all__ = [
    "USUAL",
    "Asked",
    "Level",
    "Reader",
    "Words",
    "check",
    "compose",
    "levels",
    "reader_of",
    "said_in",
    "writer",
]
