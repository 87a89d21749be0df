from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from sora_social.users import keys
from sora_social.users.errors import TooManyKeys
from sora_social.users.models import User
from sora_social.users.scopes import Scope


class Command(BaseCommand):
    help = "Make an API key for somebody and print it as the last line; it is not shown again."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("handle")
        parser.add_argument("--name", default="")
        parser.add_argument(
            "--scope", action="append", choices=Scope.values, help="repeatable; without it all"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        person = User.objects.present().filter(handle=options["handle"].lower().lstrip("@")).first()
        if person is None:
            raise CommandError(f"Nobody here is called {options['handle']}.")
        scopes = sorted(set(options["scope"] or Scope.values))
        try:
            key, token = keys.make(person, options["name"][:80], scopes)
        except TooManyKeys as full:
            raise CommandError(f"{person} has {full.facts['most']} keys: revoke one.") from None
        self.stdout.write(f"{key} of {person}: {', '.join(key.scopes)}")
        self.stdout.write(token)
