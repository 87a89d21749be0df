"""Pictures and clips that come with a wish: made anew, kept as long as something stands on them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from io import BytesIO
from pathlib import Path

from PIL import Image

from generation.engine.types import Capabilities
from generation.errors import WishRefused
from generation.models import UPLOADS, Job
from sora_social import storage
from sora_social.ids import uuid7
from sora_social.moderation.bars import require_unbarred
from sora_social.uploads import CLIP, read_film, read_picture

LIKE = 0.02  # how far the aspect of a mask may be from that of what it masks
FILM = replace(CLIP, seconds=60.1)  # as much of a clip as the engine reads
FASTEST, LARGEST = 30, 1920  # frames a second, pixels a side
Uploads = dict[str, bytes]  # by field: pictures as WebP, a clip as MP4
Reading = Callable[[], Uploads]


def hashes(paths: Mapping[str, Path]) -> dict[str, str]:
    """What was uploaded, by its sha256."""
    return {name: _hash_of(path) for name, path in paths.items()}


def _hash_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read(paths: Mapping[str, Path], masked: tuple[int, int] | None, able: Capabilities) -> Uploads:
    """The uploads made anew; a mask has the shape of what it masks, a clip twice the pace and side
    of the model at most.

    Whose face is in them is asked by the worker before it renders (`checking`): a web process
    reads no faces. Raises UploadRefused, WishRefused.
    """
    made = {
        name: film_of(path, able, name) if name == "clip" else picture_of(path, name)
        for name, path in paths.items()
    }
    if "mask" in made and masked:
        _check_shape(made["mask"], masked)
    return made


def picture_of(path: Path, name: str) -> bytes:
    """A picture made anew, that is no copy of what was taken down. Raises UploadRefused."""
    return require_unbarred(read_picture(path, name=name), name=name)


def film_of(path: Path, able: Capabilities, name: str) -> bytes:
    """A clip made anew, as fine as the model can make use of. Raises UploadRefused."""
    side = min(LARGEST, 2 * max(side for size in able.sizes for side in size))
    return read_film(path, FILM, min(FASTEST, 2 * able.fps), side, name=name)


def copies(job: Job) -> Uploads:
    """What was uploaded for another job, to be kept a second time."""
    return {name: storage.fetch(key) for name, key in job.uploads.items()}


def keep(made: Uploads) -> dict[str, str]:
    """Put them into the store; their keys."""
    kinds = {name: "mp4" if name == "clip" else "webp" for name in made}
    keys = {name: f"frames/{uuid7()}.{kind}" for name, kind in kinds.items()}
    for name, key in keys.items():
        storage.put_bytes(key, made[name])
    return keys


def drop(job: Job) -> None:
    """Nothing stands on the job's uploads any more."""
    for key in job.uploads.values():
        storage.drop(key)
    Job.objects.filter(pk=job.pk).update(**dict.fromkeys(UPLOADS, ""))


def _check_shape(mask: bytes, masked: tuple[int, int]) -> None:
    size = Image.open(BytesIO(mask)).size
    aspect, wanted = size[0] / size[1], masked[0] / masked[1]
    if abs(aspect / wanted - 1) > LIKE:
        raise WishRefused(field="mask", rule="other_shape", size=list(size), source=list(masked))
