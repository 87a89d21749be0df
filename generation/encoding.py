"""Frames and sound become files that every player shows: a video, a poster, a preview, a sheet."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import numpy.typing as npt
from av.video.reformatter import ColorRange, Colorspace, Interpolation
from PIL import Image

Frames = npt.NDArray[np.uint8]  # (T, H, W, 3) RGB
Sound = npt.NDArray[np.float32]  # (S,) mono in [-1, 1]

DECENT = 384  # px of the short side below which a video is enlarged, by a whole number
PREVIEW_SECONDS, PREVIEW_SIDE = 3, 192
SHEET_COLUMNS, SHEET_ROWS, SHEET_SIDE = 4, 2, 192
QUALITY = "18"  # x264's crf: visually lossless
AAC_RATES = frozenset({16000, 22050, 24000, 32000, 44100, 48000})
SOUND_RATE = 48000
RENDITIONS = {
    "video": "video.mp4",
    "poster": "poster.webp",
    "preview": "preview.mp4",
    "sheet": "sheet.webp",
}
MUXER = {"movflags": "+faststart", "fflags": "+bitexact"}  # bitexact: no trace of the software


@dataclass(frozen=True)
class Encoded:
    """What was written: the video's size in pixels, as shown, and its length in seconds."""

    width: int
    height: int
    seconds: float


def encode(frames: Frames, fps: int, sound: Sound, sample_rate: int, folder: Path) -> Encoded:
    """Write the files of RENDITIONS into the folder."""
    height, width = (side * scale_of(frames) for side in frames.shape[1:3])
    seconds = len(frames) / fps
    _write(folder / RENDITIONS["video"], frames, fps, (width, height), (sound, sample_rate))
    _write(folder / RENDITIONS["preview"], frames[: PREVIEW_SECONDS * fps], fps, small(frames))
    poster = Image.fromarray(frames[len(frames) // 3]).resize((width, height), Image.LANCZOS)
    poster.save(folder / RENDITIONS["poster"], quality=88)
    contact_sheet(frames).save(folder / RENDITIONS["sheet"], quality=85)
    return Encoded(width, height, seconds)


def scale_of(frames: Frames) -> int:
    """The whole number that brings a small model's frames to a decent size."""
    return max(1, round(DECENT / min(frames.shape[1:3])))


def small(frames: Frames) -> tuple[int, int]:
    """Width and height of the preview: even, the short side PREVIEW_SIDE or less."""
    height, width = frames.shape[1:3]
    ratio = PREVIEW_SIDE / min(height, width)
    if ratio >= 1:
        ratio = int(ratio)
    return int(width * ratio) // 2 * 2, int(height * ratio) // 2 * 2


def contact_sheet(frames: Frames) -> Image.Image:
    """Eight frames, evenly spread, in reading order."""
    chosen = np.linspace(0, len(frames) - 1, SHEET_COLUMNS * SHEET_ROWS).round().astype(int)
    width = SHEET_SIDE * frames.shape[2] // frames.shape[1]
    sheet = Image.new("RGB", (width * SHEET_COLUMNS, SHEET_SIDE * SHEET_ROWS))
    for place, number in enumerate(chosen):
        picture = Image.fromarray(frames[number]).resize((width, SHEET_SIDE), Image.LANCZOS)
        row, column = divmod(place, SHEET_COLUMNS)
        sheet.paste(picture, (column * width, row * SHEET_SIDE))
    return sheet


def _write(
    path: Path,
    frames: Frames,
    fps: int,
    size: tuple[int, int],
    sound: tuple[Sound, int] | None = None,
) -> None:
    """H.264 in an mp4 whose index comes first; AAC beside it where there is sound."""
    with av.open(str(path), "w", format="mp4", options=MUXER) as container:
        picture = _picture_stream(container, fps, size)
        heard = _sound_stream(container, sound) if sound and len(sound[0]) else None
        for number, pixels in enumerate(frames):
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(pixels), format="rgb24")
            container.mux(picture.encode(_as_shown(frame, size, number)))
        container.mux(picture.encode(None))
        if heard and sound:
            _write_sound(container, heard, *sound, seconds=len(frames) / fps)


def _picture_stream(container: Any, fps: int, size: tuple[int, int]) -> Any:
    stream = container.add_stream("libx264", rate=fps)
    stream.width, stream.height = size
    stream.pix_fmt = "yuv420p"
    stream.codec_context.time_base = Fraction(1, fps)
    stream.codec_context.thread_count = 1  # small frames: threads cost more than they bring
    stream.codec_context.colorspace = Colorspace.ITU709
    stream.codec_context.color_range = ColorRange.MPEG
    stream.codec_context.color_primaries = stream.codec_context.color_trc = 1  # BT.709
    stream.options = {"crf": QUALITY, "preset": "veryfast", "profile": "high"}
    return stream


def _as_shown(frame: av.VideoFrame, size: tuple[int, int], number: int) -> av.VideoFrame:
    shown = frame.reformat(
        *size,
        format="yuv420p",
        dst_colorspace=Colorspace.ITU709,
        dst_color_range=ColorRange.MPEG,
        interpolation=Interpolation.LANCZOS,
    )
    shown.pts = number
    return shown


def _sound_stream(container: Any, sound: tuple[Sound, int]) -> Any:
    rate = sound[1] if sound[1] in AAC_RATES else SOUND_RATE
    stream = container.add_stream("aac", rate=rate, layout="mono")
    stream.bit_rate = 96_000
    return stream


def _write_sound(container: Any, stream: Any, sound: Sound, rate: int, *, seconds: float) -> None:
    """The sound, cut or padded with silence to the length of the picture."""
    fitted = np.zeros(round(seconds * rate), np.float32)
    kept = np.clip(np.nan_to_num(sound), -1, 1)[: len(fitted)]
    fitted[: len(kept)] = kept
    frame = av.AudioFrame.from_ndarray(fitted[None], format="fltp", layout="mono")
    frame.sample_rate, frame.pts, frame.time_base = rate, 0, Fraction(1, rate)
    resampler = av.AudioResampler("fltp", "mono", stream.rate, stream.codec_context.frame_size)
    for piece in [*resampler.resample(frame), *resampler.resample(None)]:
        container.mux(stream.encode(piece))
    container.mux(stream.encode(None))
