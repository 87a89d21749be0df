"""Files by key, the same on a local folder and on S3. Only a database row makes a file public."""

from __future__ import annotations

import hashlib
import logging
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import IO, NamedTuple

from django.core.files.base import ContentFile, File
from django.core.files.storage import FileSystemStorage, default_storage
from django.db import transaction

log = logging.getLogger(__name__)
CHUNK = 1 << 20


class Stored(NamedTuple):
    sha256: str
    size: int


def put(key: str, source: Path) -> Stored:
    """Store a file under a key of its own; its SHA-256 and size in bytes."""
    with source.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        file.seek(0)
        _save(key, File(file))
    return Stored(digest, source.stat().st_size)


def put_bytes(key: str, content: bytes) -> Stored:
    _save(key, ContentFile(content))
    return Stored(hashlib.sha256(content).hexdigest(), len(content))


def _save(key: str, content: File) -> None:
    saved = default_storage.save(key, content)
    if saved != key:  # keys carry a random part: a second write to one is a fault of ours
        default_storage.delete(saved)
        raise FileExistsError(key)


def open_file(key: str) -> IO[bytes]:
    """Raises FileNotFoundError."""
    return default_storage.open(key, "rb")


def fetch(key: str) -> bytes:
    with open_file(key) as file:
        return file.read()


@contextmanager
def local(key: str) -> Iterator[Path]:
    """The file as a path for code that needs one; a copy unless the store is this machine's."""
    if isinstance(default_storage, FileSystemStorage):
        yield Path(default_storage.path(key))
        return
    with tempfile.TemporaryDirectory() as folder, open_file(key) as file:
        path = Path(folder, Path(key).name)
        with path.open("wb") as copy:
            while chunk := file.read(CHUNK):
                copy.write(chunk)
        yield path


def exists(key: str) -> bool:
    return default_storage.exists(key)


def drop(key: str) -> None:
    """Delete a file; a missing one is as good."""
    if key:
        with suppress(FileNotFoundError):
            default_storage.delete(key)


def drop_later(keys: Iterable[str]) -> None:
    """Delete files once this is committed."""
    transaction.on_commit(partial(drop_each, list(keys)), robust=True)


def drop_each(keys: Iterable[str]) -> None:
    """Delete files now; one that cannot be deleted keeps no other."""
    for key in keys:
        try:
            drop(key)
        except Exception:  # each store fails in its own words
            log.exception("%s is left", key)


def drop_prefix(prefix: str) -> int:
    """Delete every file under a prefix; how many there were."""
    dropped = 0
    for key in list(keys_under(prefix)):
        drop(key)
        dropped += 1
    if isinstance(default_storage, FileSystemStorage):
        _drop_empty(Path(default_storage.path(prefix)))
    return dropped


def keys_under(prefix: str) -> Iterator[str]:
    prefix = prefix.rstrip("/")
    try:
        folders, files = default_storage.listdir(prefix)
    except FileNotFoundError:
        return
    yield from (f"{prefix}/{name}" for name in files if name)
    for folder in folders:
        yield from keys_under(f"{prefix}/{folder}")


def _drop_empty(folder: Path) -> None:
    for path in sorted(folder.rglob("*"), reverse=True):
        if path.is_dir():
            with suppress(OSError):
                path.rmdir()
    with suppress(OSError):
        folder.rmdir()
