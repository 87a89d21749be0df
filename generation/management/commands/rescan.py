"""Judges what was made under an older version of the policy by the one of now.

It may be stopped at any time and started again, and run beside the sweepers, which do the same
little by little. Nothing is taken down twice.
"""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from generation import rescanning
from generation.screening import POLICY


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--batch", type=int, default=200, help="outputs between two lines")
        parser.add_argument("--most", type=int, help="outputs, then it stops")

    def handle(self, *, batch: int, most: int | None, **_: Any) -> None:
        waiting = rescanning.behind()
        left = waiting if most is None else min(most, waiting)
        self.stdout.write(f"policy {POLICY.version}: {waiting} outputs of other versions")
        looked_at = taken_down = 0
        while looked_at < left:
            done = rescanning.look(min(batch, left - looked_at))
            if not done.looked_at:
                break
            looked_at, taken_down = looked_at + done.looked_at, taken_down + done.taken_down
            self.stdout.write(f"{looked_at} of {left} looked at, {taken_down} taken down")
