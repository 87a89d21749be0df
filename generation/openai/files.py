"""Files uploaded beforehand: `/v1/files`. Pictures and clips are made anew, never the upload
itself; the requests of a batch are kept as they came."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.db.models import Sum
from django.http import HttpResponseBase
from django.utils.timezone import now
from rest_framework.request import Request
from rest_framework.response import Response

from generation.inputs import film_of, picture_of
from generation.models import WireFile
from generation.openai import ids
from generation.services import capabilities
from sora_social import ranges, storage
from sora_social.idempotent import idempotent
from sora_social.ids import uuid7
from sora_social.text import is_plain
from sora_social.uploads import CLIPS, HEAD, UploadRefused, sniff
from sora_social.users.models import User
from sora_social.users.scopes import Scope
from sora_social.wire.bodies import Body, bounded, path_of
from sora_social.wire.errors import WireError, missing, not_found
from sora_social.wire.pages import page
from sora_social.wire.views import WireView

PURPOSES = ("vision", "user_data", "batch")
MOST, ROOM = 1000, 2 << 30  # of one person: files, and bytes of them
MOST_REQUESTS = 32 << 20  # bytes of a file of requests: they come to lie in the database
KINDS = {"webp": "image/webp", "mp4": "video/mp4", "jsonl": "application/jsonl"}  # by suffix
LIFE = (3600, 2_592_000)  # seconds that a file may be asked to stay, from its making on


class Files(WireView):
    reads = writes = Scope.FILES

    @idempotent
    def post(self, request: Request) -> Response:
        body = Body.of(request)
        purpose = body.choice("purpose", PURPOSES)
        upload = body.file("file")
        lasts = lifetime(body, "expires_after", LIFE)
        return Response(as_file(keep(request.user, upload, purpose, lasts)))

    def get(self, request: Request) -> Response:
        mine = WireFile.objects.by(request.user).live()
        if (purpose := request.query_params.get("purpose")) is not None:
            mine = mine.filter(purpose=purpose)
        return Response(page(request, mine, ids.FILE, as_file, most=10_000))


class OneFile(WireView):
    reads = writes = Scope.FILES

    def get(self, request: Request, pk: UUID) -> Response:
        return Response(as_file(find(request.user, pk)))

    def delete(self, request: Request, pk: UUID) -> Response:
        drop(find(request.user, pk))
        return Response({"id": ids.wired(ids.FILE, pk), "object": "file", "deleted": True})


class FileContent(WireView):
    reads = writes = Scope.FILES

    def get(self, request: Request, pk: UUID) -> HttpResponseBase:
        file = find(request.user, pk)
        kind = KINDS[file.key.rpartition(".")[2]]
        return ranges.serve(file.key, kind, request, max_age=0)


def find(owner: User, pk: UUID) -> WireFile:
    found = WireFile.objects.by(owner).live().filter(pk=pk).first()
    if found is None:
        raise not_found("file", ids.wired(ids.FILE, pk))
    return found


def named(owner: User, said: str, param: str) -> WireFile:
    """The file whose id stands in a body. Raises WireError."""
    pk = ids.read(ids.FILE, said)
    found = WireFile.objects.by(owner).live().filter(pk=pk).first() if pk else None
    if found is None:
        raise not_found(param, said[:80], status=400)
    return found


def lifetime(body: Body, name: str, among: tuple[int, int]) -> int | None:
    """Seconds of a policy `{"anchor": "created_at", "seconds"}`; None where there is none."""
    if (found := body.fields(name)) is None:
        return None
    policy = Body({f"{name}.{key}": said for key, said in found.items()}, body.is_form)
    policy.choice(f"{name}.anchor", ("created_at",))
    least, most = among
    seconds = policy.whole(f"{name}.seconds", most)
    if seconds is None:
        raise missing(f"{name}.seconds")
    return bounded(f"{name}.seconds", seconds, most, least)


def keep(owner: User, upload: UploadedFile, purpose: str, lasts: int | None = None) -> WireFile:
    """Raises UploadRefused, WireError."""
    mine = WireFile.objects.by(owner).live()
    if mine.count() >= MOST:
        raise WireError("too_many_files", f"You have {MOST} files; delete some first.", "file")
    if (mine.aggregate(all=Sum("size"))["all"] or 0) + (upload.size or 0) > ROOM:
        said = f"Your files have {ROOM} bytes in all at most; delete some first."
        raise WireError("too_many_files", said, "file")
    key, size = _requests(upload) if purpose == "batch" else _anew(upload)
    name = (upload.name or "upload")[:200]
    return WireFile.objects.create(
        owner=owner,
        filename=name if is_plain(name) else "upload",
        purpose=purpose,
        size=size,
        key=key,
        expires_at=now() + timedelta(seconds=lasts) if lasts else None,
    )


def _anew(upload: UploadedFile) -> tuple[str, int]:
    """A picture or a clip, made anew: its key and size."""
    path, name = path_of(upload), f"files/{uuid7()}"
    with path.open("rb") as file:
        is_clip = sniff(file.read(HEAD), name="file") in CLIPS
    made = film_of(path, capabilities(), "file") if is_clip else picture_of(path, "file")
    key = f"{name}.mp4" if is_clip else f"{name}.webp"
    return key, storage.put_bytes(key, made).size


def _requests(upload: UploadedFile) -> tuple[str, int]:
    """The requests of a batch, as they are: its lines are read when it begins."""
    if not upload.size:
        raise UploadRefused(field="file", rule="empty")
    if upload.size > MOST_REQUESTS:
        raise UploadRefused(field="file", rule="too_large", at_most=MOST_REQUESTS)
    key = f"files/{uuid7()}.jsonl"
    return key, storage.put(key, path_of(upload)).size


@transaction.atomic
def drop(file: WireFile) -> None:
    if not WireFile.objects.filter(pk=file.pk).delete()[0]:
        raise not_found("file", ids.wired(ids.FILE, file.pk))
    storage.drop_later([file.key])


def as_file(file: WireFile) -> dict[str, Any]:
    return {
        "id": ids.wired(ids.FILE, file.pk),
        "object": "file",
        "bytes": file.size,
        "created_at": int(file.made_at.timestamp()),
        "filename": file.filename,
        "purpose": file.purpose,
        "status": "processed",
        "expires_at": int(file.expires_at.timestamp()) if file.expires_at else None,
    }
