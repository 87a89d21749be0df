"""Follow an output's recipe once more: `manage.py rerender OUTPUT [--out FILE]`."""

import shutil
import tempfile
from pathlib import Path
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError

from generation.errors import CannotRerender
from generation.models import Output
from generation.rendering import RenderFailed, RenderLost, children
from generation.rerendering import rerender

AT_LEAST = 35.0  # dB: on another machine the same recipe comes as near as this


class Command(BaseCommand):
    help = "Render an output again and compare: bit for bit, or how near in dB."

    def add_arguments(self, parser):
        parser.add_argument("output", type=UUID)
        parser.add_argument("--out", type=Path, help="keep what was made in this file")
        parser.add_argument("--at-least", type=float, default=AT_LEAST, help="dB to be the same")

    def handle(self, output, out, at_least, **_):
        found = Output.objects.select_related("job").filter(pk=output).first()
        if found is None:
            raise CommandError("there is no such output")
        with tempfile.TemporaryDirectory(prefix="sora-rerender-") as folder:
            made = self._made(found, Path(folder))
            if out:
                shutil.copyfile(made.file, out)
        if made.psnr < at_least:
            raise CommandError(f"{made.psnr:.1f} dB: not the same, at least {at_least:g} are")
        self.stdout.write("bit for bit the same" if made.is_same else f"{made.psnr:.1f} dB")

    def _made(self, output, folder):
        try:
            return rerender(output, folder)
        except (CannotRerender, RenderFailed, RenderLost) as error:
            raise CommandError(f"this cannot be rendered again: {_why(error)}") from error
        finally:
            children.kill()


def _why(error):
    facts = getattr(error, "facts", None)
    return ", ".join(map(str, facts.values())) if facts else str(error)
