"""The audit chain: whether it holds, and its head to be published.

python manage.py audit verify           # every row against the one before; the head
python manage.py audit verify --head D  # and whether a head published earlier is in it
"""

from __future__ import annotations

from argparse import ArgumentParser

from django.core.management.base import BaseCommand, CommandError

from sora_social import audit


class Command(BaseCommand):
    help = "Verifies the audit chain and prints its head."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("act", choices=["verify"])
        parser.add_argument("--head", help="a digest that was published before")

    def handle(self, *args: object, act: str, head: str | None = None, **options: object) -> None:
        try:
            last = audit.verify()
        except audit.Broken as broken:
            raise CommandError(f"the chain does not hold at {broken}") from broken
        if head and not audit.AuditRecord.objects.filter(digest=head).exists():
            raise CommandError("the published head is not in the chain: it was rewritten")
        self.stdout.write(last)
