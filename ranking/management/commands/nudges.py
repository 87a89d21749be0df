"""What nudges changed, arm by arm.

python manage.py nudges            # a table, of the last 90 days
python manage.py nudges --days 30
python manage.py nudges --json     # every figure
"""

from __future__ import annotations

import json
from argparse import ArgumentParser
from dataclasses import asdict

from django.core.management.base import BaseCommand, CommandError

from ranking.effects import Estimate
from ranking.reports import DAYS, ArmReport, nudge_effects

HEAD = ("arm", "trials", "people", "shown", "made, shown", "made, not", "effect (WCLS)",
        "effect (IPW)", "dismissed", "never", "regret", "verdict")  # fmt: skip


class Command(BaseCommand):
    help = "Prints what every nudge arm changed, with 95 % intervals."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--days", type=int, default=DAYS, help="1 to 3650")
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: object, days: int, json: bool, **options: object) -> None:
        if not 1 <= days <= 3650:
            raise CommandError("--days lies between 1 and 3650")
        reports = nudge_effects(days)
        self.stdout.write(_as_json(reports) if json else _as_table(reports))


def _as_json(reports: list[ArmReport]) -> str:
    return json.dumps([asdict(r) | {"verdict": r.verdict} for r in reports], indent=2)


def _as_table(reports: list[ArmReport]) -> str:
    rows = [HEAD, *map(_row, reports)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEAD))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )


def _row(report: ArmReport) -> tuple[str, ...]:
    shares = (report.shown, report.created_shown, report.created_not)
    said = (report.dismissed, report.never, report.regret)
    return (
        report.arm, str(report.trials), str(report.people), *map(_share, shares),
        _interval(report.effect), _interval(report.weighted), *map(_share, said), report.verdict,
    )  # fmt: skip


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def _interval(found: Estimate | None) -> str:
    return "-" if found is None else f"{found.effect:+.3f} [{found.low:+.3f}, {found.high:+.3f}]"
