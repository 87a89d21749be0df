"""A PostgreSQL database of a measurement's own: made, filled, dropped in the end."""

from __future__ import annotations

import os
import secrets
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
from psycopg.sql import SQL, Identifier

from generation.provenance import chain

SECRETS = ("SECRET_KEY", "CAMEO_KEK", "CONSENT_KEY", "MARK_KEY")


@contextmanager
def own_database(name: str) -> Iterator[None]:
    """Django set up on an empty database with all tables, on the server that DATABASE_URL names."""
    if not os.environ.get("DATABASE_URL"):
        sys.exit(f"{name} is measured on PostgreSQL: set DATABASE_URL")
    with _made(f"bench_{name}_{secrets.token_hex(4)}"), tempfile.TemporaryDirectory() as folder:
        os.environ |= {"DATA": folder, "NAMESPACE": f"bench-{secrets.token_hex(4)}"}
        os.environ |= {name: secrets.token_urlsafe(48) for name in SECRETS}
        os.environ["PROVENANCE"] = str(Path(folder, "provenance"))
        chain.make(Path(os.environ["PROVENANCE"]))
        os.environ["DJANGO_SETTINGS_MODULE"] = "sora_social.settings"
        _set_up()
        yield


@contextmanager
def _made(name: str) -> Iterator[None]:
    server = os.environ["DATABASE_URL"]
    with psycopg.connect(server, autocommit=True) as admin:
        admin.execute(SQL("create database {}").format(Identifier(name)))
    try:
        os.environ["DATABASE_URL"] = urlsplit(server)._replace(path=f"/{name}").geturl()
        yield
    finally:
        with psycopg.connect(server, autocommit=True) as admin:
            admin.execute(SQL("drop database {} with (force)").format(Identifier(name)))


def _set_up() -> None:
    """All tables straight from the models: the history of migrations does not matter here."""
    import django  # noqa: PLC0415 -- the environment is set by now

    django.setup()
    from django.apps import apps  # noqa: PLC0415
    from django.conf import settings  # noqa: PLC0415
    from django.core.management import call_command  # noqa: PLC0415

    settings.MIGRATION_MODULES = {app.label: None for app in apps.get_app_configs()}
    call_command("migrate", run_syncdb=True, verbosity=0)
