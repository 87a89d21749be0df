from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from generation.provenance import chain


class Command(BaseCommand):
    help = "`init` makes a certificate chain for development; `check` says whether a folder signs."
    requires_system_checks = ()  # they ask for what is made here

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("do", choices=["init", "check"])
        parser.add_argument("folder", nargs="?", type=Path, default=settings.PROVENANCE)

    def handle(self, do: str, folder: Path, **options: object) -> None:
        try:
            if do == "init":
                chain.make(folder)
            chain.read(folder)
        except (FileExistsError, chain.BadChain) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{folder} signs; readers that are to trust it need its {chain.ROOTS}")
