"""What edits and extensions start from: a video made here, or an uploaded clip."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.core.files.uploadedfile import UploadedFile

from generation.inputs import FILM
from generation.models import WireVideo
from generation.openai import catalog, files, ids, sizes
from generation.openai.videos import named, output_of
from sora_social import storage
from sora_social.uploads import UploadRefused, read_clip
from sora_social.users.models import User
from sora_social.wire.bodies import Body, path_of, wrong_type
from sora_social.wire.errors import missing

SHORTEST = 1.0  # seconds of an upload
A_GLANCE: dict[str, Any] = {"max_frames": 16, "fps": 2, "side": 32}


@dataclass(frozen=True)
class Start:
    """`asked` of generation's services, `told` to be kept of the video."""

    asked: dict[str, Any]
    told: dict[str, Any]  # model, size, remixed_from
    seconds: float
    extensions: int = 0

    @property
    def whole_seconds(self) -> int:
        return max(1, round(self.seconds))


def start(author: User, body: Body, opened: ExitStack) -> Start:
    """What `video` names or is; a file lies there as long as `opened`. Raises WireError,
    UploadRefused."""
    found = body.get("video")
    if found is None:
        raise missing("video")
    if isinstance(found, UploadedFile):
        return of_clip(path_of(found), body)
    if not isinstance(found, dict):
        raise wrong_type("video", "a file, or an object with an id", found)
    if (name := found.get("id")) is None:
        raise missing("video.id")
    if isinstance(name, str) and name.startswith(ids.FILE):
        key = files.named(author, name, "video.id").key
        return of_clip(opened.enter_context(storage.local(key)), body)
    return of_video(named(author, name))


def of_video(source: WireVideo) -> Start:
    """Raises WireError."""
    told = {"model": source.model, "size": source.size, "remixed_from": source.pk}
    asked = {"source": output_of(source)}
    return Start(asked, told, float(source.seconds), source.extensions)


def of_clip(path: Path, body: Body) -> Start:
    """A clip is said to have the size of the contract that is nearest to its shape. Raises
    UploadRefused, WireError."""
    told = {"model": catalog.named(body), "remixed_from": None}
    seen = read_clip(path, FILM, **A_GLANCE, name="video")
    if seen.seconds < SHORTEST:
        raise UploadRefused(field="video", rule="too_short", seconds=seen.seconds)
    told["size"] = sizes.nearest(seen.width, seen.height)
    return Start({"clip": path}, told, seen.seconds)
