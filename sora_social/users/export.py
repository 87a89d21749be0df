"""What we know of a person, as a zip for that person."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import Manager
from django.utils.module_loading import import_string

from sora_social import storage
from sora_social.users.models import User

DEVICE_FIELDS = ("id", "name", "made_at", "used_at", "expires_at", "revoked_at")
KEY_FIELDS = (
    *("id", "name", "scopes", "addresses", "last_four", "made_at", "used_at", "used_from"),
    *("expires_at", "revoked_at"),
)
LEAVE_FIELDS = ("id", "app__name", "scopes", "made_at", "ended_at")
Part = tuple[str, bytes | str]  # a name in the zip, and its bytes or its storage key


def export(person: User) -> Path:
    """Write the zip to a file that the caller deletes."""
    with (
        tempfile.NamedTemporaryFile(
            dir=settings.FILE_UPLOAD_TEMP_DIR, suffix=".zip", delete=False
        ) as file,
        ZipFile(file, "w", ZIP_DEFLATED) as archive,
    ):
        for name, content in _parts(person):
            _add(archive, name, content)
    return Path(file.name)


def _parts(person: User) -> Iterator[Part]:
    for part in settings.PERSONAL_DATA:
        yield from import_string(part)(person)


def _add(archive: ZipFile, name: str, content: bytes | str) -> None:
    if isinstance(content, bytes):
        archive.writestr(name, content)
    elif storage.exists(content):
        as_it_is = ZipInfo(name)  # pictures and videos are compressed already
        with (
            storage.open_file(content) as source,
            archive.open(as_it_is, "w", force_zip64=True) as copy,
        ):
            shutil.copyfileobj(source, copy)


def as_json(rows: Any) -> bytes:
    """Rows of plain values, readable by people too."""
    return json.dumps(rows, cls=DjangoJSONEncoder, indent=2, ensure_ascii=False).encode()


def personal_data(person: User) -> Iterator[Part]:
    """The ground floor's part: no token hashes, and of other people their handles alone."""
    yield "profile.json", as_json(profile(person))
    yield "follows.json", as_json(_follows(person))
    yield "blocks.json", as_json(_sorted(person.blocks, "blocked__handle"))
    yield "devices.json", as_json(list(person.devices.values(*DEVICE_FIELDS)))
    yield "keys.json", as_json(list(person.api_keys.own().values(*KEY_FIELDS)))
    yield "apps.json", as_json(list(person.apps.values("id", "name", "redirect_uris", "made_at")))
    yield "authorizations.json", as_json(list(person.authorizations.values(*LEAVE_FIELDS)))
    yield "invites.json", as_json(list(person.invites.values("code", "made_at", "taken_at")))


def profile(person: User) -> dict[str, Any]:
    """What a person told us of themselves."""
    return {
        "handle": person.handle,
        "display_name": person.display_name,
        "bio": person.bio,
        "email": person.email,
        "birthdate": person.birthdate,
        "joined_at": person.date_joined,
    }


def _follows(person: User) -> dict[str, list[str]]:
    return {
        "following": _sorted(person.follows, "followed__handle"),
        "followed_by": _sorted(person.followed_by, "follower__handle"),
    }


def _sorted(rows: Manager[Any], name: str) -> list[str]:
    return sorted(rows.values_list(name, flat=True))
