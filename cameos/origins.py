"""Where a clip comes from: what says of itself that a machine made it is no capture.

Read from the boxes of an MP4, without decoding: the C2PA manifest and the XMP packet that honest
tools leave there. Whoever strips them is left to the marks in the pictures, which other rooms know
(settings.OWN_MARKS), and to the challenge.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO
from uuid import UUID

import numpy as np
from django.conf import settings
from django.utils.module_loading import import_string

GENERATED = "generated"  # the reason of a refusal
TELLING = {  # the boxes that may say it
    UUID("d8fec3d6-1b0e-483c-9297-5828877ec481").bytes,  # C2PA
    UUID("be7acfcb-97a9-42e8-9c71-999491e3afac").bytes,  # XMP
}
# IPTC's digital source types of what a model made or changed, as both write them.
SOURCES = (b"trainedAlgorithmicMedia", b"compositeWithTrainedAlgorithmicMedia")
MOST_BOXES, MOST_BYTES = 10_000, 32 << 20


def says_generated(clip: Path) -> bool:
    """Does a manifest or packet in an MP4 or MOV name a model as its source?"""
    with clip.open("rb") as file:
        return any(source in told for told in _told(file) for source in SOURCES)


def carries_our_mark(frames: np.ndarray) -> bool:
    """Is one of our own watermarks in frames (T, H, W, 3) RGB?"""
    return any(import_string(found)(frames) for found in settings.OWN_MARKS)


def _told(file: BinaryIO) -> Iterator[bytes]:
    """What the telling boxes at the top of the file hold."""
    for kind, size in _boxes(file):
        if kind == b"uuid" and file.read(16) in TELLING:
            yield file.read(max(0, min(size - 16, MOST_BYTES)))


def _boxes(file: BinaryIO) -> Iterator[tuple[bytes, int]]:
    """The kind of each box and the bytes it holds, the file standing where those begin."""
    end, at = file.seek(0, 2), 0
    for _ in range(MOST_BOXES):
        file.seek(at)
        head = file.read(8)
        size, room = int.from_bytes(head[:4], "big"), 8
        if size == 1:
            size, room = int.from_bytes(file.read(8), "big"), 16
        elif size == 0:  # to the end of the file
            size = end - at
        if len(head) < 8 or size < room:
            return
        yield head[4:], size - room
        at += size
