"""Secrets have no default: the environment gives them, or the embedded server makes its own."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured


def secret(name: str, data: Path, embedded: bool) -> str:
    """The environment's `name`; embedded: a 0600 file of the data folder, made once."""
    if given := os.environ.get(name):
        return given
    if not embedded:
        raise ImproperlyConfigured(f"{name} must be set: only the embedded server makes its own.")
    return _own(data / "secrets" / name.lower())


def folder(name: str, data: Path, embedded: bool) -> Path:
    """The environment's `name`, a folder of secret files; embedded: one of the data folder."""
    if given := os.environ.get(name):
        return Path(given).resolve()
    if not embedded:
        raise ImproperlyConfigured(f"{name} must be set: only the embedded server makes its own.")
    return data / name.lower()


def _own(path: Path) -> str:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    made = path.with_suffix(f".{os.getpid()}")
    with open(os.open(made, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(secrets.token_urlsafe(48))
    try:
        os.link(made, path)  # of two first starts one wins, and both read the winner's
    except FileExistsError:
        pass
    finally:
        made.unlink()
    return path.read_text()
