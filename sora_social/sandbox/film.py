"""A clip made anew: its pictures and its sound as H.264 and AAC, and nothing else of it."""

import io
from fractions import Fraction
from typing import IO

import av
import numpy as np
from clip import Recorder, Sampler, check_length
from refused import Refused

TICKS = 90_000  # of a second
SOUND_RATE, FRAME = 48_000, 1024  # Hz; samples that AAC takes at a time
QUALITY = {"crf": "18", "preset": "veryfast", "threads": "1"}


def decode(source: IO[bytes], order: dict) -> tuple[dict, bytes]:
    out = io.BytesIO()
    given = {"format": order["format"], "options": {"protocol_whitelist": "file"}}
    with av.open(source, **given) as file, av.open(out, "w", format="mp4") as film:
        if not file.streams.video:
            raise Refused("not_a_video")
        check_length((file.duration or 0) / av.time_base, order)
        taker = Filmer(file.streams.video[0], order, film)
        heard = file.streams.audio[:1]
        recorder = Recorder(heard[0], order, SOUND_RATE) if heard else None
        track = film.add_stream("aac", rate=SOUND_RATE, layout="mono") if heard else None
        for packet in file.demux(taker.stream, *heard):
            for frame in packet.decode():
                (taker if packet.stream is taker.stream else recorder).take(frame)
        taker.finish()
        if recorder and track:
            _hear(film, track, recorder.finish())
    facts = {"width": taker.width, "height": taker.height, "seconds": taker.end}
    return facts, out.getvalue()


class Filmer(Sampler):
    """Writes each frame that is kept, when it is shown, into a film."""

    def __init__(self, stream, order: dict, film) -> None:
        super().__init__(stream, order)
        self.film = film
        self.out = None
        self.shape: tuple[int, ...] = ()

    def hold(self, upright: np.ndarray) -> None:
        if self.out is None:
            self.out, self.shape = self._begun(upright), upright.shape
        if upright.shape != self.shape:
            raise Refused("not_decodable", why="size changes")
        height, width = (side // 2 * 2 for side in upright.shape[:2])
        even = np.ascontiguousarray(upright[:height, :width])
        frame = av.VideoFrame.from_ndarray(even, format="rgb24")
        frame.pts, frame.time_base = round(self.last * TICKS), self.out.codec_context.time_base
        self.film.mux(self.out.encode(frame))

    def _begun(self, upright: np.ndarray):
        out = self.film.add_stream("libx264", rate=self.order["fps"], options=QUALITY)
        out.height, out.width = (max(2, side // 2 * 2) for side in upright.shape[:2])
        out.pix_fmt = "yuv420p"
        out.codec_context.time_base = Fraction(1, TICKS)
        return out

    def finish(self) -> None:
        self.check_end()
        self.film.mux(self.out.encode(None))


def _hear(film, track, sound: "np.ndarray | None") -> None:
    heard = np.zeros(FRAME, np.float32) if sound is None else sound
    for at in range(0, len(heard), FRAME):
        part = np.ascontiguousarray(heard[None, at : at + FRAME])
        frame = av.AudioFrame.from_ndarray(part, format="fltp", layout="mono")
        frame.sample_rate, frame.pts = SOUND_RATE, at
        film.mux(track.encode(frame))
    film.mux(track.encode(None))
