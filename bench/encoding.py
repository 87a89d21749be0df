"""What it costs to turn a second of clip into all its files, and where the time goes."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from bench.costs import least
from bench.output import write
from generation.encoding import encode
from generation.stitching import stitch

RATE = 16000
SHAPES = {  # (width, height), frames, frames a second
    "portrait": ((160, 288), 41, 8),
    "landscape": ((288, 160), 41, 8),
    "square": ((192, 192), 41, 8),
    "production": ((704, 480), 121, 24),
}
TIMES = 3  # each is measured so often; the least disturbed one counts


def main() -> None:
    write(measure())


def measure(shapes: Mapping[str, tuple[tuple[int, int], int, int]] = SHAPES) -> dict[str, Any]:
    """Encode seconds for each clip second, by shape; `encode_ratio` is the worst of our own."""
    with tempfile.TemporaryDirectory() as folder:
        found = {
            name: _measured(Path(folder, name), *shape) for name, shape in shapes.items()
        }  # fmt: skip
        joined = _stitched(Path(folder), [name for name in found if name != "production"])
    own = [cost["cpu_ratio"] for name, cost in found.items() if name != "production"]
    return {"encode_ratio": max(own), "shapes": found, "stitch": joined}


def _measured(folder: Path, size: tuple[int, int], count: int, fps: int) -> dict[str, Any]:
    folder.mkdir()
    frames, sound = drawn(size, count), _hum(count / fps)
    cost = least(lambda: encode(frames, fps, sound, RATE, folder), TIMES)
    sizes = {path.name: path.stat().st_size for path in sorted(folder.iterdir())}
    return {
        **{f"{kind}_ratio": round(seconds * fps / count, 4) for kind, seconds in cost.items()},
        "clip_seconds": count / fps,
        "bytes": sum(sizes.values()),
        "files": sizes,
    }


def _stitched(root: Path, names: list[str]) -> dict[str, float]:
    """Two pieces that are coded alike, and the same with one that is not."""
    alike = [root / names[0] / "video.mp4"] * 2
    mixed = [alike[0], root / names[-1] / "video.mp4"]
    target = root / "stitched"
    target.mkdir()
    return {
        "copied_cpu_s": round(least(lambda: stitch(alike, target), TIMES)["cpu"], 4),
        "mended_cpu_s": round(least(lambda: stitch(mixed, target), TIMES)["cpu"], 4),
    }


def drawn(size: tuple[int, int], count: int) -> np.ndarray:
    """A bright square on a slope of colours that drifts: neither trivial to code nor noise."""
    width, height = size
    down, across = np.mgrid[:height, :width]
    frames = np.empty((count, height, width, 3), np.uint8)
    for number, frame in enumerate(frames):
        frame[..., 0] = (across + number * 3) % 256
        frame[..., 1] = (down * 2 + number * 5) % 256
        frame[..., 2] = (across + down) // 2 % 256
        left = (number * 4) % (width // 2)
        frame[height // 3 : height // 2, left : left + width // 4] = (20, 220, 240)
    return frames


def _hum(seconds: float) -> np.ndarray:
    time_of = np.arange(int(seconds * RATE)) / RATE
    return (np.sin(time_of * 440 * 2 * np.pi) / 2).astype(np.float32)


if __name__ == "__main__":
    main()
