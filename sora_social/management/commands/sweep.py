import threading

from django.core.management.base import BaseCommand, CommandParser

from sora_social import sweeper


class Command(BaseCommand):
    help = "Repair lost leases, stale hints and untold events, again and again; run one or many."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--once", action="store_true", help="one round, for a timer")

    def handle(self, once: bool = False, **options: object) -> None:
        if once:
            sweeper.sweep_once()
        else:
            sweeper.sweep_until(threading.Event())
