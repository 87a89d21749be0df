"""Clips that say of themselves that a machine made them."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest

from cameos.origins import TELLING, carries_our_mark, says_generated

C2PA, XMP = "d8fec3d61b0e483c92975828877ec481", "be7acfcb97a942e89c71999491e3afac"
IPTC = b"http://cv.iptc.org/newscodes/digitalsourcetype/"


def box(kind: bytes, held: bytes) -> bytes:
    return struct.pack(">I", 8 + len(held)) + kind + held


def uuid_box(name: str, held: bytes) -> bytes:
    return box(b"uuid", bytes.fromhex(name) + held)


def manifest(source: bytes) -> bytes:
    """A C2PA box as the standard has it: version, purpose, offset, then JUMBF with CBOR in it."""
    claim = box(b"jumb", box(b"cbor", b"\xa1\x71digitalSourceType\x78\x4f" + IPTC + source))
    return uuid_box(C2PA, bytes(4) + b"manifest\0" + bytes(8) + claim)


@pytest.fixture
def clip(tmp_path):
    def clip(*boxes: bytes) -> Path:
        path = tmp_path / "clip.mp4"
        path.write_bytes(box(b"ftyp", b"isom" + bytes(8)) + b"".join(boxes))
        return path

    return clip


MDAT = box(b"mdat", b"pixels" * 100)


@pytest.mark.parametrize(
    "source", [b"trainedAlgorithmicMedia", b"compositeWithTrainedAlgorithmicMedia"]
)
def test_a_manifest_that_names_a_model_tells(clip, source):
    assert says_generated(clip(manifest(source), MDAT))
    assert says_generated(clip(MDAT, manifest(source)))
    assert says_generated(clip(MDAT, uuid_box(XMP, b"<rdf " + IPTC + source + b"/>")))


def test_a_manifest_of_a_camera_does_not(clip):
    assert not says_generated(clip(manifest(b"digitalCapture"), MDAT))


def test_the_word_elsewhere_in_a_file_does_not(clip):
    word = IPTC + b"trainedAlgorithmicMedia"
    assert not says_generated(clip(box(b"mdat", word), uuid_box("00" * 16, word)))


def test_boxes_of_64_bits_and_one_to_the_end_are_walked(clip):
    wide = struct.pack(">I", 1) + b"mdat" + struct.pack(">Q", 16 + 40) + bytes(40)
    last = bytearray(manifest(b"trainedAlgorithmicMedia"))
    last[:4] = bytes(4)
    assert says_generated(clip(wide, bytes(last)))


@pytest.mark.parametrize(
    "broken",
    [
        b"",
        struct.pack(">I", 3) + b"mdat",
        struct.pack(">I", 12) + b"uuid" + b"abcd",
        struct.pack(">I", 1) + b"uuid" + bytes(4),
        struct.pack(">I", 0xFFFFFFFF) + b"uuid" + bytes.fromhex(C2PA),
        b"\1\2",
    ],
)
def test_broken_boxes_say_nothing(clip, broken):
    assert not says_generated(clip(MDAT, broken))


def test_an_endless_row_of_boxes_is_not_walked_to_its_end(clip):
    telling = manifest(b"trainedAlgorithmicMedia")
    assert not says_generated(clip(box(b"free", b"") * 20_000, telling))


def test_both_boxes_are_known():
    assert {bytes.fromhex(C2PA), bytes.fromhex(XMP)} == TELLING


# --- our own mark ---


def all_white(frames: np.ndarray) -> bool:
    """A mark, for this test: every pixel is white."""
    return bool((frames == 255).all())


def test_other_rooms_may_know_a_mark_of_ours(settings):
    white = np.full((2, 4, 4, 3), 255, np.uint8)
    assert not carries_our_mark(white)
    settings.OWN_MARKS = [f"{__name__}.all_white"]
    assert carries_our_mark(white)
    assert not carries_our_mark(white - 1)
