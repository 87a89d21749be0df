"""One frame of a video that lies in the store, as a picture for moderators to look at."""

from __future__ import annotations

import io
from pathlib import Path

from PIL import Image

from generation.models import Output
from generation.states import Kind
from sora_social import storage

LARGEST = 640  # pixels of the longer side
FARTHEST = 600  # frames decoded at most to come to a time

SMALLEST_FIRST = ("low", "medium", "video")


def looked_at(output: Output, seconds: float) -> bytes:
    """The frame of a clip at that time, or a still, as WebP. Raises FileNotFoundError."""
    if output.kind == Kind.STILL:
        with storage.local(output.main_key) as picture:
            return still(picture)
    with storage.local(output.key(smallest(output))) as path:
        return frame_at(path, seconds)


def smallest(output: Output) -> str:
    """The rendition that shows all of it and is read soonest."""
    if output.kind == Kind.STILL:
        return output.main
    return next(name for name in SMALLEST_FIRST if name in output.renditions)


def frame_at(film: Path, seconds: float) -> bytes:
    """The frame that is shown at that time, or the nearest before it, as WebP."""
    import av  # noqa: PLC0415 -- loads when first used

    with av.open(str(film)) as container:
        stream = container.streams.video[0]
        if seconds > 0 and stream.time_base:
            container.seek(int(seconds / stream.time_base), stream=stream)
        found = None
        for number, frame in enumerate(container.decode(stream)):
            if found is not None and (number > FARTHEST or (frame.time or 0) > seconds):
                break
            found = frame
        if found is None:
            raise ValueError("a film has a frame")
        return as_webp(found.to_image())


def as_webp(picture: Image.Image) -> bytes:
    """The picture, made small enough to look at beside others."""
    picture.thumbnail((LARGEST, LARGEST))
    written = io.BytesIO()
    picture.convert("RGB").save(written, "WEBP", quality=85)
    return written.getvalue()


def still(picture: Path) -> bytes:
    """A still, as WebP."""
    with Image.open(picture) as opened:
        return as_webp(opened)
