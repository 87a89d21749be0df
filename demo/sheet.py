"""One contact sheet of everything the demo made: a row per clip, frames from left to right."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
from PIL import Image, ImageDraw

FRAMES, SIDE, LABEL, GAP = 6, 160, 22, 6
WINDOW, HOP, RATE = 512, 128, 16_000  # samples of a sound, and a second
PAPER, INK = (24, 24, 28), (235, 235, 240)


def frames_of(video: Path, count: int = FRAMES) -> list[Image.Image]:
    """`count` frames, evenly spread over the clip."""
    with av.open(str(video)) as container:
        frames = [frame.to_image() for frame in container.decode(video=0)]
    chosen = [round(i * (len(frames) - 1) / (count - 1)) for i in range(count)]
    return [frames[i] for i in chosen]


def spectrogram_of(video: Path) -> Image.Image:
    """The clip's sound: time to the right, pitch upwards, loudness as light."""
    with av.open(str(video)) as container:
        if not container.streams.audio:
            return Image.new("RGB", (SIDE, SIDE), PAPER)
        resampler = av.AudioResampler("fltp", "mono", RATE)
        heard = [new for frame in container.decode(audio=0) for new in resampler.resample(frame)]
    wave = np.concatenate([frame.to_ndarray()[0] for frame in heard])
    windows = np.lib.stride_tricks.sliding_window_view(wave, WINDOW)[::HOP] * np.hanning(WINDOW)
    levels = np.log10(np.abs(np.fft.rfft(windows)) + 1e-3)[:, : WINDOW // 4].T[::-1]
    grey = np.clip((levels + 3) / 4.5, 0, 1) * 255
    return Image.fromarray(grey.astype(np.uint8)).resize((SIDE, SIDE)).convert("RGB")


def contact_sheet(rows: list[tuple[str, Path]], out: Path) -> Path:
    """Draw (label, clip) rows into one PNG, each clip's sound at the right."""
    width = (FRAMES + 1) * (SIDE + GAP) + GAP
    height = len(rows) * (SIDE + LABEL + GAP) + GAP
    sheet = Image.new("RGB", (width, height), PAPER)
    draw = ImageDraw.Draw(sheet)
    for number, (label, video) in enumerate(rows):
        top = GAP + number * (SIDE + LABEL + GAP)
        draw.text((GAP, top + 4), label, fill=INK)
        for column, frame in enumerate(frames_of(video)):
            frame.thumbnail((SIDE, SIDE))
            left = GAP + column * (SIDE + GAP) + (SIDE - frame.width) // 2
            sheet.paste(frame, (left, top + LABEL + (SIDE - frame.height) // 2))
        sheet.paste(spectrogram_of(video), (GAP + FRAMES * (SIDE + GAP), top + LABEL))
    sheet.save(out)
    return out
