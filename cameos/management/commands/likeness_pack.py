"""Build the pack of face models that ships nothing, or look over one of the operator's."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from sora_social.errors import DomainError


class Command(BaseCommand):
    help = "`build [DIR]` the lite pack; `check [DIR]` any pack. DIR: else LIKENESS_MODEL_PACK."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("what", choices=["build", "check"])
        parser.add_argument("folder", nargs="?", type=Path, default=settings.LIKENESS_MODEL_PACK)

    def handle(self, *args: Any, what: str, folder: Path, **options: Any) -> None:
        if what == "build":
            self._build(folder)
        else:
            self._check(folder)

    def _build(self, folder: Path) -> None:
        from cameos.pack.build import build  # noqa: PLC0415 -- onnx loads for this alone

        try:
            build(folder, say=self.stdout.write)
        except DomainError as error:
            facts = ", ".join(f"{name}: {fact}" for name, fact in error.facts.items())
            raise CommandError(f"{error.message} {facts}") from error

    def _check(self, folder: Path) -> None:
        from cameos.pack.check import check  # noqa: PLC0415

        if findings := check(folder):
            raise CommandError("\n".join(findings))
        self.stdout.write(f"{folder} can be used.")
