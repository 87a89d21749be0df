"""Pictures that come with a wish: made anew, kept for as long as something stands on them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from io import BytesIO
from pathlib import Path

from PIL import Image

from generation.errors import WishRefused
from generation.models import PICTURES, Job
from sora_social import storage
from sora_social.ids import uuid7
from sora_social.uploads import read_picture

LIKE = 0.02  # how far the aspect of a mask may be from that of what it masks
Pictures = dict[str, bytes]  # by field, as WebP
Reading = Callable[[], Pictures]


def hashes(paths: Mapping[str, Path]) -> dict[str, str]:
    """What was uploaded, by its sha256."""
    return {name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in paths.items()}


def read(paths: Mapping[str, Path], masked: tuple[int, int] | None) -> Pictures:
    """The uploads made anew; a mask has the shape of what it masks.

    Whose face is in them is asked by the worker before it renders (`checking`): a web process
    reads no faces. Raises UploadRefused, WishRefused.
    """
    pictures = {name: read_picture(path, name=name) for name, path in paths.items()}
    if "mask" in pictures and masked:
        _check_shape(pictures["mask"], masked)
    return pictures


def copies(job: Job) -> Pictures:
    """The pictures of another job, to be kept a second time."""
    return {name: storage.fetch(key) for name, key in job.pictures.items()}


def keep(pictures: Pictures) -> dict[str, str]:
    """Put them into the store; their keys."""
    keys = {name: f"frames/{uuid7()}.webp" for name in pictures}
    for name, key in keys.items():
        storage.put_bytes(key, pictures[name])
    return keys


def drop(job: Job) -> None:
    """Nothing stands on the job's pictures any more."""
    for key in job.pictures.values():
        storage.drop(key)
    Job.objects.filter(pk=job.pk).update(**dict.fromkeys(PICTURES, ""))


def _check_shape(mask: bytes, masked: tuple[int, int]) -> None:
    size = Image.open(BytesIO(mask)).size
    aspect, wanted = size[0] / size[1], masked[0] / masked[1]
    if abs(aspect / wanted - 1) > LIKE:
        raise WishRefused(field="mask", rule="other_shape", size=list(size), source=list(masked))
