from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from sora_social.users.services import make_invites


class Command(BaseCommand):
    help = "Print new invite codes, each of which lets one person in."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--count", type=int, default=1)

    def handle(self, *args: Any, **options: Any) -> None:
        for invite in make_invites(options["count"]):
            self.stdout.write(invite.code)
