from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from generation.engine.capabilities import capabilities_of
from generation.engine.loading import BadModel, Findings, examine
from generation.engine.types import Capabilities, Unsupported


class Command(BaseCommand):
    help = "Say what a model folder is and can do, or which rule it breaks; nothing is loaded."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", nargs="?", type=Path, default=settings.GENERATION_MODEL)

    def handle(self, folder: Path, **options: object) -> None:
        try:
            found, able = examine(Path(folder)), capabilities_of(Path(folder))
        except (BadModel, Unsupported) as bad:
            raise CommandError(str(bad)) from bad
        for name, value in (_origin(found) | _abilities(able)).items():
            self.stdout.write(f"{name:<14}{value}")


def _origin(found: Findings) -> dict[str, object]:
    return {
        "class": found.class_name,
        "soundtrack": found.soundtrack or "none",
        "weights": f"{found.weights_bytes / 2**30:.2f} GiB, sha256 {found.weights_hash}",
        "manifest": "every file vouched for" if found.listed else "none",
    }


def _abilities(able: Capabilities) -> dict[str, object]:
    return {
        "family": able.family,
        "licence": able.licence or "not told",
        "modes": " ".join(sorted(able.modes)),
        "sizes": " ".join(f"{width}x{height}" for width, height in able.sizes),
        "length": f"up to {able.max_seconds:g} s at {able.fps} frames a second",
        "references": able.max_references,
        "sound": "yes" if able.sound else "no",
        "steps": able.steps,
        "guidance": able.guidance,
        "memory": f"{able.memory_gib:g} GiB",
    }
