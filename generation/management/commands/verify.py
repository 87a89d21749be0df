import json
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError, CommandParser

from generation.provenance.chain import BadChain
from generation.telling import in_words, told_by
from sora_social.uploads import RULES, UploadRefused


class Command(BaseCommand):
    help = "Say what a file's manifest and the mark in its pixels tell; asks nobody."
    requires_system_checks = ()  # whoever verifies need not be able to sign

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--json", action="store_true", help="for machines")

    def handle(self, file: Path, **options: object) -> None:
        try:
            with file.open("rb") as opened:
                finding = told_by(opened, thoroughly=True)
        except UploadRefused as no:
            raise CommandError(RULES[no.facts["rule"]]) from no
        except (BadChain, OSError) as error:
            raise CommandError(str(error)) from error
        if options["json"]:
            self.stdout.write(json.dumps(finding.plain(), indent=1))
            return
        for line in in_words(finding):
            self.stdout.write(line)
