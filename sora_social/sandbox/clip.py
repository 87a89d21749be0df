"""A clip as evenly spaced frames, and its sound."""

import importlib
import pkgutil
from collections.abc import Iterator
from typing import IO

import av
import numpy as np
from refused import Refused

# av loads some of its modules late, when nothing can be opened any more.
for module in pkgutil.walk_packages(av.__path__, "av."):
    if not module.name.endswith("__main__"):
        importlib.import_module(module.name)

VIDEO = {"h264", "hevc", "vp8", "vp9", "av1", "libdav1d", "mpeg4"}
SOUND = {"aac", "mp3", "mp3float", "opus", "libopus", "vorbis", "alac", "flac", "pcm_s16le"}
SOUND_RATE = 16_000
SLACK = 1e-3  # seconds by which a frame may come before it is due
MAY_LACK = 1.0  # seconds at the end of a whole clip


def decode(source: IO[bytes], order: dict) -> tuple[dict, bytes, bytes]:
    with av.open(source, format=order["format"], options={"protocol_whitelist": "file"}) as file:
        sampler, recorder = _prepare(file, order)
        for packet in file.demux(*[taker.stream for taker in (sampler, recorder) if taker]):
            taker = sampler if packet.stream is sampler.stream else recorder
            for frame in packet.decode():
                taker.take(frame)
    frames, sound = sampler.finish(), recorder.finish() if recorder else None
    facts = {
        "frames": frames.shape[:3],
        "times": sampler.times,
        "sound": None if sound is None else len(sound),
        "width": sampler.width,
        "height": sampler.height,
        "seconds": sampler.end,
    }
    return facts, frames.tobytes(), b"" if sound is None else sound.tobytes()


def _prepare(file, order: dict) -> "tuple[Sampler, Recorder | None]":
    if not file.streams.video:
        raise Refused("not_a_video")
    check_length((file.duration or 0) / av.time_base, order)
    recorder = Recorder(file.streams.audio[0], order) if file.streams.audio else None
    return Sampler(file.streams.video[0], order), recorder


def check_length(seconds: float, order: dict) -> None:
    if seconds > order["seconds"]:
        raise Refused("too_long", seconds=round(seconds, 1), at_most=order["seconds"])


def check_codec(stream, known: set[str]) -> None:
    if stream.codec_context is None or stream.codec_context.name not in known:
        raise Refused("unknown_codec", codec=getattr(stream.codec_context, "name", None))


class Sampler:
    """Keeps a frame whenever one is due, and only at its small size."""

    def __init__(self, stream, order: dict) -> None:
        check_codec(stream, VIDEO)
        self.stream, self.order = stream, order
        self._check_size(stream.width, stream.height)
        stream.thread_count = 1  # decoder threads each take address space
        stream.codec_context.options = {"max_pixels": str(order["pixels"])}
        self.claimed = float((stream.duration or 0) * (stream.time_base or 0))
        self.step = max(1 / order["fps"], self.claimed / order["max_frames"])
        self.frames: list[np.ndarray] = []
        self.times: list[float] = []
        self.first: float | None = None
        self.last = self.end = 0.0
        self.width = self.height = 0

    def take(self, frame) -> None:
        self._check_size(frame.width, frame.height)
        time = frame.time or 0.0
        self.first = time if self.first is None else self.first
        self.last = max(self.last, time - self.first)
        self.end = self.last + float((frame.duration or 0) * (frame.time_base or 0))
        check_length(self.last, self.order)
        if self.last + SLACK >= len(self.times) * self.step:
            self._keep(frame)

    def _keep(self, frame) -> None:
        if len(self.times) >= self.order["max_frames"]:
            raise Refused("too_long", frames=len(self.times) + 1, at_most=self.order["max_frames"])
        turns = round(frame.rotation / 90) % 4  # phones film sideways and say so
        self.hold(np.rot90(_scaled(frame, self.order["side"]), turns))
        shown = (frame.width, frame.height)
        self.width, self.height = reversed(shown) if turns % 2 else shown
        self.times.append(self.last)

    def hold(self, upright: np.ndarray) -> None:
        if self.frames and upright.shape != self.frames[0].shape:
            raise Refused("not_decodable", why="size changes")
        self.frames.append(upright)

    def _check_size(self, width: int, height: int) -> None:
        if width * height > self.order["pixels"]:
            raise Refused("too_many_pixels", width=width, height=height)

    def check_end(self) -> None:
        if not self.times or self.last < self.claimed - MAY_LACK:
            raise Refused("not_decodable", why="the end is missing")

    def finish(self) -> np.ndarray:
        self.check_end()
        return np.stack(self.frames)


def _scaled(frame, side: int) -> np.ndarray:
    """(H, W, 3) uint8 RGB, no larger than it was, both sides at most `side`."""
    scale = min(1.0, side / max(frame.width, frame.height))
    width, height = (max(1, round(n * scale)) for n in (frame.width, frame.height))
    return frame.reformat(width, height, "rgb24", threads=1).to_ndarray()


class Recorder:
    """Keeps the sound as mono."""

    def __init__(self, stream, order: dict, rate: int = SOUND_RATE) -> None:
        check_codec(stream, SOUND)
        self.stream, self.order, self.rate = stream, order, rate
        stream.thread_count = 1
        self.resampler = av.AudioResampler(format="flt", layout="mono", rate=rate)
        self.parts: list[np.ndarray] = []
        self.length = 0

    def take(self, frame) -> None:
        for part in self._mono(frame):
            self.parts.append(part)
            self.length += len(part)
        check_length(self.length / self.rate, self.order)

    def _mono(self, frame) -> Iterator[np.ndarray]:
        for part in self.resampler.resample(frame):
            yield part.to_ndarray()[0]

    def finish(self) -> np.ndarray | None:
        if self.parts:
            self.take(None)
        return np.concatenate(self.parts) if self.parts else None
