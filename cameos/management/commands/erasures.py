"""What of revoked likenesses may still lie in backups, and by when it has to be gone.

python manage.py erasures              # what is open, the most urgent first
python manage.py erasures --done ID    # the backups of before are gone
"""

from __future__ import annotations

from argparse import ArgumentParser
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError
from django.utils.timezone import now

from cameos.models import Erasure
from sora_social import audit


class Command(BaseCommand):
    help = "Lists erasures that are due in backups, and notes those that are done."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--done", type=UUID, metavar="ID", help="of the cameo")

    def handle(self, *args: object, done: UUID | None = None, **options: object) -> None:
        if done:
            self._note(done)
        for erasure in Erasure.objects.open():
            late = "  OVERDUE" if erasure.due_at <= now() else ""
            self.stdout.write(f"{erasure.cameo_id}  until {erasure.due_at:%Y-%m-%d}{late}")

    def _note(self, cameo: UUID) -> None:
        if not Erasure.objects.open().filter(cameo_id=cameo).update(done_at=now()):
            raise CommandError(f"nothing is open for {cameo}")
        audit.record("cameo.erased", None, cameo=str(cameo))
