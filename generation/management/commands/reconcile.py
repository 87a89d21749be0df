from django.core.management.base import BaseCommand, CommandError, CommandParser

from generation import leftovers
from generation.reconciling import reconcile
from sora_social import storage


class Command(BaseCommand):
    help = "Compare credits with the ledger and jobs with their ends; list files of nobody."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--drop", action="store_true", help="delete the files of nobody")

    def handle(self, drop: bool = False, **options: object) -> None:
        orphans = leftovers.orphans()
        self.stdout.write(f"{len(orphans)} files of nobody{' dropped' if drop else ''}")
        if drop:
            for key in orphans:
                storage.drop(key)
        findings = reconcile()
        for finding in findings:
            self.stderr.write(f"{finding.what} {finding.whose} does not agree with the ledger")
        if findings:
            raise CommandError(f"{len(findings)} findings")
        self.stdout.write("credits and jobs agree")
