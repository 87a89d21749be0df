"""One mp4: H.264 and AAC, its index first, every frame at its exact time."""

from __future__ import annotations

from collections import deque
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple

import av
import numpy as np
import numpy.typing as npt
from av.video.reformatter import ColorRange, Colorspace, Interpolation, VideoReformatter

from generation.encoding.labels import label_film
from generation.encoding.sizes import Size

Sound = npt.NDArray[np.float32]  # (S,) mono in [-1, 1]

BT709 = 1  # as ITU-T H.273 counts
SEGMENT_SECONDS = 2  # between two frames that stand alone: where a stream may be cut
QUALITY = {"video": 18, "medium": 21, "low": 24, "preview": 24}  # x264's crf; 18 loses nothing seen
AAC_RATES = frozenset({16000, 22050, 24000, 32000, 44100, 48000})
AAC_FRAME = 1024  # samples
SOUND_RATE = 48000
MUXER = {
    "movflags": "+faststart",
    "movie_timescale": "240000",  # lengths in whole ticks of any usual pace; the usual 1000 rounds
    "fflags": "+bitexact",  # no trace of the software
}


class Track(NamedTuple):
    """Sound, and its samples per second."""

    sound: Sound
    rate: int

    @property
    def kept_rate(self) -> int:
        """The rate it is stored at."""
        return self.rate if self.rate in AAC_RATES else SOUND_RATE


class Reel:
    """A film being written: its container, and its sound as far as the picture has come."""

    def __init__(self, path: Path, fps: int) -> None:
        self.path, self.fps, self.shown = path, fps, 0
        self.container: Any = av.open(str(path), "w", format="mp4", options=MUXER)
        self.voice: Any = None
        self.unheard: deque[av.AudioFrame] = deque()

    def speak(self, track: Track, seconds: float) -> None:
        """Give the film its sound, cut or padded with silence to its length in seconds."""
        self.voice = self.container.add_stream("aac", rate=track.kept_rate, layout="mono")
        self.voice.bit_rate = 96_000
        self.unheard.extend(pieces_of(track, seconds))

    def say_until(self, time: Fraction | None) -> None:
        """Write the sound up to a time, or all of it: players want both side by side."""
        while self.unheard and (time is None or _start(self.unheard[0]) <= time):
            self.container.mux(self.voice.encode(self.unheard.popleft()))

    def close(self) -> None:
        self.say_until(None)
        if self.voice:
            self.container.mux(self.voice.encode(None))
        self.container.close()
        label_film(self.path)


class Film(Reel):
    """A film that is encoded frame by frame."""

    def __init__(self, path: Path, size: Size, fps: int, quality: int) -> None:
        super().__init__(path, fps)
        self.size, self.scaler = size, VideoReformatter()
        self.picture = self._picture(quality)

    def show(self, frame: av.VideoFrame) -> None:
        """The next frame, and the sound up to it."""
        self.say_until(Fraction(self.shown, self.fps))
        shown = self._as_shown(frame)
        shown.pts, shown.time_base = self.shown, Fraction(1, self.fps)
        self.container.mux(self.picture.encode(shown))
        self.shown += 1

    def close(self) -> None:
        self.container.mux(self.picture.encode(None))
        super().close()

    def _as_shown(self, frame: av.VideoFrame) -> av.VideoFrame:
        """The frame as H.264 takes it: scaled, in the colours that the tags tell of."""
        return self.scaler.reformat(
            frame,
            *self.size,
            format="yuv420p",
            dst_colorspace=Colorspace.ITU709,
            dst_color_range=ColorRange.MPEG,
            interpolation=Interpolation.LANCZOS,
            threads=1,
        )

    def _picture(self, quality: int) -> Any:
        stream = self.container.add_stream("libx264", rate=self.fps)
        stream.width, stream.height = self.size
        stream.pix_fmt = "yuv420p"
        codec = stream.codec_context
        codec.time_base = Fraction(1, self.fps)
        codec.thread_count = 1  # small frames: threads cost more than they bring
        codec.colorspace, codec.color_range = Colorspace.ITU709, ColorRange.MPEG
        codec.color_primaries = codec.color_trc = BT709
        stream.options = x264_options(quality, self.fps)
        return stream


def x264_options(quality: int, fps: int) -> dict[str, str]:
    """Closed groups of SEGMENT_SECONDS without B-frames: then every time is a frame's number, no
    edit list shifts it, and packets of several films join by adding."""
    group = SEGMENT_SECONDS * fps
    closed = f"keyint={group}:min-keyint={group}:scenecut=0:open-gop=0"
    return {
        "crf": str(quality), "preset": "veryfast", "profile": "high", "bf": "0",
        "x264-params": closed,
    }  # fmt: skip


def pieces_of(track: Track, seconds: float) -> list[av.AudioFrame]:
    """The sound as AAC takes it, exactly `seconds` long."""
    fitted = np.zeros(round(seconds * track.rate), np.float32)
    kept = np.clip(np.nan_to_num(track.sound), -1, 1)[: len(fitted)]
    fitted[: len(kept)] = kept
    frame = av.AudioFrame.from_ndarray(fitted[None], format="fltp", layout="mono")
    frame.sample_rate, frame.pts, frame.time_base = track.rate, 0, Fraction(1, track.rate)
    resampler = av.AudioResampler("fltp", "mono", track.kept_rate, AAC_FRAME)
    return [*resampler.resample(frame), *resampler.resample(None)]


def _start(piece: av.AudioFrame) -> Fraction:
    return Fraction(piece.pts or 0) * (piece.time_base or 0)
