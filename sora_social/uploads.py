"""Every upload goes through here: told by its bytes, bounded, decoded in a sandbox, made anew."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import IO, Any

import numpy as np

from sora_social import sandbox
from sora_social.errors import DomainError
from sora_social.sandbox import BROKEN, HEADER

HEAD = 64  # bytes a kind is told from
SOUND_RATE = 16_000  # Hz


SIDE = 2048  # pixels a picture may keep
PICTURE_ROOM, FILM_ROOM = 16 << 20, 200 << 20  # bytes
MEASURED = ("seconds", "width", "height", "frames", "at_most")  # facts of a refusal


class Kind(StrEnum):
    MP4 = "mp4"
    MOV = "mov"
    WEBM = "webm"
    PNG = "png"
    JPEG = "jpeg"
    WEBP = "webp"


CLIPS = frozenset({Kind.MP4, Kind.MOV, Kind.WEBM})
PICTURES = frozenset({Kind.PNG, Kind.JPEG, Kind.WEBP})

BRANDS = {
    brand.encode(): Kind.MOV if brand == "qt  " else Kind.MP4
    for brand in (
        *("isom", "iso2", "iso4", "iso5", "iso6", "mp41", "mp42", "avc1", "dash", "MSNV", "mp71"),
        *("M4V ", "M4VH", "M4VP", "3gp4", "3gp5", "3gp6", "qt  "),
    )
}
MAGIC = {b"\x89PNG\r\n\x1a\n": Kind.PNG, b"\xff\xd8\xff": Kind.JPEG}
FORMATS = {  # what the decoders call them
    Kind.MP4: "mp4",
    Kind.MOV: "mov",
    Kind.WEBM: "webm",
    Kind.PNG: "PNG",
    Kind.JPEG: "JPEG",
    Kind.WEBP: "WEBP",
}

RULES = {
    "empty": "The file is empty.",
    "too_large": "The file has too many bytes.",
    "not_a_video": "This is not an MP4, MOV or WebM video.",
    "not_a_picture": "This is not a PNG, JPEG or WebP picture.",
    "unknown_kind": "This kind of file is not accepted.",
    "playlist": "This is a playlist, not a video.",
    "unknown_codec": "The video or sound is coded in a way that is not accepted.",
    "too_long": "The video is too long.",
    "too_short": "The video is too short.",
    "too_many_pixels": "The picture or video has too many pixels.",
    "animated": "The picture is animated.",
    "not_decodable": "The file is damaged.",
    "too_costly": "The file takes too long or too much memory to decode.",
    "barred": "This is like something that was taken down, and may not come back.",
}


class UploadRefused(DomainError):
    """Facts: `field`, `rule` (a key of RULES) and what the rule measured."""

    status, code, message = 400, "upload_refused", "This file cannot be used."
    rules = RULES


class UploadTooLarge(UploadRefused):
    """Told while it still comes in."""

    status = 413


@dataclass(frozen=True)
class Limits:
    """What one upload may have (bytes, pixels a frame, seconds), and what decoding may take."""

    bytes: int
    pixels: int
    seconds: float
    wall: float  # seconds
    memory: int  # bytes of address space


CLIP = Limits(bytes=100 << 20, pixels=4096 * 2304, seconds=65, wall=60, memory=1200 << 20)
PICTURE = Limits(bytes=30 << 20, pixels=50_000_000, seconds=0, wall=20, memory=900 << 20)
GLIMPSE = Limits(bytes=100 << 20, pixels=50_000_000, seconds=0, wall=15, memory=900 << 20)
HEARD_S = 30  # of a film's sound
PLACES, SMALL = 10, 384  # where a film is looked into; px of the short side of what is seen there


@dataclass(frozen=True, eq=False)
class Clip:
    """A decoded clip: frames **RGB**, evenly sampled, and its sound if it had any."""

    frames: np.ndarray  # (T, H, W, 3) uint8 RGB
    times: np.ndarray  # (T,) seconds
    sound: np.ndarray | None = field(repr=False)  # (S,) float32 mono, 16 kHz
    width: int  # as shown, before scaling
    height: int
    seconds: float
    sha256: str  # of the file as uploaded

    @property
    def bgr(self) -> np.ndarray:
        """The frames as the face reader wants them (T, H, W, 3) uint8 BGR."""
        return np.ascontiguousarray(self.frames[..., ::-1])


def kind_of(file: IO[bytes], *, name: str = "file") -> Kind:
    """What an open file is, by its first bytes. Raises UploadRefused."""
    file.seek(0)
    return sniff(file.read(HEAD), name=name)


def sniff(head: bytes, among: frozenset[Kind] = CLIPS | PICTURES, *, name: str = "file") -> Kind:
    """The kind of a file from its first 64 bytes; what it calls itself says nothing.

    Raises UploadRefused when it is none of `among`.
    """
    kind = _kind(head)
    if kind in among:
        return kind
    raise UploadRefused(field=name, rule=_why_not(head, among))


def _kind(head: bytes) -> Kind | None:
    if head[4:8] == b"ftyp":
        return BRANDS.get(head[8:12])
    if head.startswith(b"\x1a\x45\xdf\xa3") and b"webm" in head:
        return Kind.WEBM
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return Kind.WEBP
    return next((kind for magic, kind in MAGIC.items() if head.startswith(magic)), None)


def _why_not(head: bytes, among: frozenset[Kind]) -> str:
    if not head:
        return "empty"
    if head.lstrip(b"\xef\xbb\xbf \r\n").startswith(b"#EXTM3U"):
        return "playlist"
    return {CLIPS: "not_a_video", PICTURES: "not_a_picture"}.get(among, "unknown_kind")


def read_clip(
    path: Path,
    limits: Limits = CLIP,
    max_frames: int = 120,
    fps: float = 8,
    side: int = 480,
    *,
    name: str = "clip",
) -> Clip:
    """Decode a clip in a sandbox: at most `fps` and `max_frames`, no side longer than `side`.

    The frames cover the whole clip. `name` is the field a refusal speaks of.
    """
    kind, digest = _admit(path, limits, CLIPS, name)
    order = {"kind": "clip", "fps": fps, "max_frames": max_frames, "side": side}
    order["seconds"] = limits.seconds
    room = max_frames * side * side * 3 + int(limits.seconds + 1) * SOUND_RATE * 4 + HEADER
    facts, raw = _decode(path, kind, order, limits, room, name)
    try:
        return _as_clip(facts, raw, max_frames, side, digest)
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise UploadRefused(field=name, rule="not_decodable") from error


def _as_clip(facts: dict[str, Any], raw: bytes, max_frames: int, side: int, digest: str) -> Clip:
    """A child's answer, checked as if it were the upload: ValueError when it does not fit."""
    count, height, width = shape = [int(n) for n in facts["frames"]]
    times = np.asarray(facts["times"], np.float64)
    if not (0 < count <= max_frames and 0 < height <= side and 0 < width <= side):
        raise ValueError(shape)
    if times.shape != (count,) or not np.isfinite(times).all():
        raise ValueError("times")
    frames = np.frombuffer(raw, np.uint8, count * height * width * 3).reshape(*shape, 3)
    sound = np.frombuffer(raw, np.float32, offset=frames.nbytes)
    if len(sound) != int(facts["sound"] or 0):
        raise ValueError("sound")
    return Clip(
        frames=frames,
        times=times,
        sound=None if facts["sound"] is None else np.nan_to_num(sound),
        width=int(facts["width"]),
        height=int(facts["height"]),
        seconds=float(facts["seconds"]),
        sha256=digest,
    )


def read_film(
    path: Path, limits: Limits = CLIP, fps: int = 30, side: int = 1280, *, name: str = "clip"
) -> bytes:
    """A clip made anew: MP4 of at most `fps` and `side` pixels, its sound mono; nothing else."""
    kind, _ = _admit(path, limits, CLIPS, name)
    most = int(limits.seconds * fps) + fps
    order = {"kind": "film", "fps": fps, "max_frames": most, "side": side}
    order["seconds"] = limits.seconds
    _, raw = _decode(path, kind, order, limits, FILM_ROOM, name)
    if _kind(raw[:HEAD]) is not Kind.MP4:
        raise UploadRefused(field=name, rule="not_decodable")
    return raw


def read_glimpses(file: IO[bytes], *, name: str = "file") -> np.ndarray:
    """A few small frames (T, H, W, 3) RGB of an open film or picture, whatever its length; enough
    to recognise it by. What is cut short is read as far as it goes. Raises UploadRefused."""
    kind, most = kind_of(file, name=name), PLACES * 8 * SMALL * SMALL * 3 * 2
    order = {"kind": "glimpse", "places": PLACES, "side": SMALL}
    facts, raw = _decoded(file, kind, order, GLIMPSE, most + HEADER, name)
    try:
        count, height, width, _ = (int(n) for n in facts["frames"])
        return np.frombuffer(raw, np.uint8).reshape(count, height, width, 3)
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise UploadRefused(field=name, rule="not_decodable") from error


def read_beginning(file: IO[bytes], *, name: str = "file") -> np.ndarray:
    """The first seconds of an open film's sound (n,), mono at SOUND_RATE; none of a picture. What
    is cut short is read as far as it goes. Raises UploadRefused."""
    kind, most = kind_of(file, name=name), HEARD_S * SOUND_RATE
    if kind in PICTURES:
        return np.zeros(0, np.float32)
    order = {"kind": "hearing", "samples": most}
    facts, raw = _decoded(file, kind, order, GLIMPSE, most * 4 + HEADER, name)
    if facts.get("sound") != len(raw) // 4 or len(raw) % 4:
        raise UploadRefused(field=name, rule="not_decodable")
    return np.nan_to_num(np.frombuffer(raw, np.float32))


def read_picture(path: Path, limits: Limits = PICTURE, *, name: str = "picture") -> bytes:
    """A picture made anew: WebP, at most 2048 px a side, upright, nothing but pixels."""
    kind, _ = _admit(path, limits, PICTURES, name)
    order = {"kind": "picture", "side": SIDE}
    _, raw = _decode(path, kind, order, limits, PICTURE_ROOM, name)
    if _kind(raw[:HEAD]) is not Kind.WEBP:
        raise UploadRefused(field=name, rule="not_decodable")
    return raw


def _admit(path: Path, limits: Limits, among: frozenset[Kind], name: str) -> tuple[Kind, str]:
    """What can be refused without decoding. The kind, and the sha256 of the file."""
    size = path.stat().st_size
    if size > limits.bytes:
        raise UploadRefused(field=name, rule="too_large", bytes=size, at_most=limits.bytes)
    with path.open("rb") as file:
        kind = sniff(file.read(HEAD), among, name=name)
        file.seek(0)
        return kind, hashlib.file_digest(file, "sha256").hexdigest()


def _decode(
    path: Path, kind: Kind, order: dict[str, Any], limits: Limits, room: int, name: str
) -> tuple[dict[str, Any], bytes]:
    with path.open("rb") as file:
        return _decoded(file, kind, order, limits, room, name)


def _decoded(
    file: IO[bytes], kind: Kind, order: dict[str, Any], limits: Limits, room: int, name: str
) -> tuple[dict[str, Any], bytes]:
    """Let a child decode the file: its facts and raw bytes, or UploadRefused."""
    order |= {"format": FORMATS[kind], "pixels": limits.pixels, "memory": limits.memory}
    facts, raw = sandbox.decode(file, order | {"result": room}, limits.wall)
    if rule := facts.get("refused"):
        measured = {
            fact: facts[fact] for fact in MEASURED if isinstance(facts.get(fact), int | float)
        }
        raise UploadRefused(field=name, rule=rule if str(rule) in RULES else BROKEN, **measured)
    return facts, raw
