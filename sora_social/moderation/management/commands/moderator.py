"""Make somebody a moderator, and give them what makes their one-time codes.

python manage.py moderator HANDLE          # prints an otpauth URI and recovery codes, once
python manage.py moderator HANDLE --anew   # in place of those they lost
python manage.py moderator HANDLE --no-more
"""

from __future__ import annotations

from argparse import ArgumentParser

from django.core.management.base import BaseCommand, CommandError

from sora_social.moderation import appointing
from sora_social.users.models import User


class Command(BaseCommand):
    help = "Makes somebody a moderator, who signs in with a password and a one-time code."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("handle")
        parser.add_argument("--anew", action="store_true", help="replace what makes their codes")
        parser.add_argument("--no-more", action="store_true", help="no moderator any more")

    def handle(
        self, *args: object, handle: str, anew: bool, no_more: bool, **options: object
    ) -> None:
        person = User.objects.filter(handle=handle.lower()).first()
        if person is None:
            raise CommandError(f"there is nobody called {handle}")
        if no_more:
            return appointing.dismiss(person)
        for line in appointing.appoint(person, anew=anew):
            self.stdout.write(line)
        return None
