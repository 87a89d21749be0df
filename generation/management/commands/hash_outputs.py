from django.core.management.base import BaseCommand

from generation import barring

TOLD = 100


class Command(BaseCommand):
    help = "Hash outputs made before there were hashes, so that copies of what is barred are found."

    def handle(self, **options: object) -> None:
        """Cut short, it goes on where it was."""
        waiting = barring.unseen()
        total, hidden = waiting.count(), 0
        for number, output in enumerate(waiting.iterator(chunk_size=TOLD), 1):
            hidden += barring.look_at(output) is not None
            if number % TOLD == 0:
                self.stdout.write(f"{number} of {total}")
        self.stdout.write(f"{total} hashed, {hidden} copies of what is barred")
