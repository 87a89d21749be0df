from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from generation.lots import grant
from sora_social.users.models import User


class Command(BaseCommand):
    help = "Give somebody a pack of credits, for so many days or for good; it is recorded."

    def add_arguments(self, parser: CommandParser) -> None:
        given = parser.add_subparsers(dest="what", required=True).add_parser("grant")
        given.add_argument("handle")
        given.add_argument("amount", type=int)
        given.add_argument("--days", type=int, help="until they expire; without it they stay")
        given.add_argument("--note", default="", help="what for; the person reads it")

    def handle(self, *args: Any, **options: Any) -> None:
        person = User.objects.present().filter(handle=options["handle"].lower().lstrip("@")).first()
        if person is None:
            raise CommandError(f"Nobody here is called {options['handle']}.")
        try:
            lot = grant(person, options["amount"], options["days"], options["note"])
        except ValueError as no:
            raise CommandError(str(no)) from None
        until = f"until {lot.expires_at:%Y-%m-%d %H:%M} UTC" if lot.expires_at else "for good"
        self.stdout.write(f"{lot.amount} credits for {person}, {until}")
