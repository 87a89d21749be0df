"""What people do to a copy of a clip, each on its frames (T, H, W, 3) RGB."""

from __future__ import annotations

import io
from collections.abc import Callable

import av
import cv2
import numpy as np

Frames = np.ndarray
Change = Callable[[Frames], Frames]


def each(change: Callable[[Frames], Frames]) -> Change:
    return lambda frames: np.stack([change(frame) for frame in frames])


def recoded(frames: Frames, crf: int) -> Frames:
    """The same after H.264 that loses so much."""
    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as film:
        stream = film.add_stream("libx264", rate=8, options={"crf": str(crf)})
        stream.width, stream.height, stream.pix_fmt = frames.shape[2], frames.shape[1], "yuv420p"
        for frame in frames:
            film.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
        film.mux(stream.encode())
    file.seek(0)
    with av.open(file) as film:
        return np.stack([frame.to_ndarray(format="rgb24") for frame in film.decode(video=0)])


def scaled(width: int, height: int) -> Change:
    return each(lambda frame: cv2.resize(frame, (width, height), interpolation=cv2.INTER_AREA))


def cropped(left: float, top: float, right: float, bottom: float) -> Change:
    def cut(frame: Frames) -> Frames:
        high, wide = frame.shape[:2]
        rows = slice(round(top * high), high - round(bottom * high))
        return frame[rows, round(left * wide) : wide - round(right * wide)]

    return each(cut)


def lighter(gain: float, more: float) -> Change:
    return lambda frames: np.clip(frames * gain + more, 0, 255).astype(np.uint8)


def tinted(*gains: float) -> Change:
    return lambda frames: np.clip(frames * np.array(gains), 0, 255).astype(np.uint8)


def grey(frames: Frames) -> Frames:
    return np.repeat(frames.mean(3, keepdims=True).astype(np.uint8), 3, axis=3)


def written_on(text: str) -> Change:
    def write(frame: Frames) -> Frames:
        place = 8, frame.shape[0] - 8
        return cv2.putText(frame.copy(), text, place, cv2.FONT_HERSHEY_SIMPLEX, 0.4, (255,) * 3, 1)

    return each(write)


def barred(frame: Frames) -> Frames:
    return cv2.copyMakeBorder(frame, 24, 24, 0, 0, cv2.BORDER_CONSTANT)


def noisy(frames: Frames) -> Frames:
    noise = np.random.default_rng(1).normal(0, 12, frames.shape)
    return np.clip(frames + noise, 0, 255).astype(np.uint8)


def variants(frames: Frames) -> dict[str, Frames]:
    """Twenty copies, each changed in one way, and the last in several."""
    changed: dict[str, Change] = {
        "the same": lambda clip: clip,
        "coded anew, a little worse": lambda clip: recoded(clip, 28),
        "coded anew, much worse": lambda clip: recoded(clip, 38),
        "half as large": scaled(144, 80),
        "twice as large": scaled(576, 320),
        "squeezed": scaled(200, 200),
        "cropped all around": cropped(0.05, 0.05, 0.05, 0.05),
        "cropped at the left": cropped(0.06, 0, 0, 0),
        "cropped at a corner": cropped(0, 0.06, 0.06, 0),
        "between bars": each(barred),
        "brighter": lighter(1.0, 40),
        "more contrast": lighter(1.4, -40),
        "warmer": tinted(1.2, 1.0, 0.7),
        "grey": grey,
        "mirrored": lambda clip: clip[:, :, ::-1],
        "twice as quick": lambda clip: clip[::2],
        "half as quick": lambda clip: clip.repeat(2, axis=0),
        "its second half": lambda clip: clip[len(clip) // 2 :],
        "with words on it": written_on("follow @thief"),
        "mirrored, smaller, coded anew, noisy": lambda clip: recoded(
            noisy(scaled(192, 112)(clip[:, :, ::-1])), 30
        ),
    }
    return {name: change(frames) for name, change in changed.items()}
