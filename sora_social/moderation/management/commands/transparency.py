"""Publish the transparency report of a month that is over: /transparency/YYYY-MM/ shows it.

python manage.py transparency --month 2026-10               # counts, publishes, prints the CSV
python manage.py transparency --month 2026-10 --out FOLDER  # and writes page and CSV there
"""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.template.loader import render_to_string

from sora_social.moderation import transparency
from sora_social.moderation.errors import MonthUnknown


class Command(BaseCommand):
    help = "Counts what moderation did in a month, and publishes it once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--month", required=True, help="YYYY-MM")
        parser.add_argument("--out", type=Path, help="a folder for the page and the CSV")

    def handle(self, *args: object, month: str, out: Path | None = None, **options: object) -> None:
        try:
            report = transparency.publish(month)
        except MonthUnknown as no:
            raise CommandError(no.message) from no
        written = transparency.as_csv(report)
        if out:
            out.mkdir(parents=True, exist_ok=True)
            page = render_to_string("moderation/transparency_month.html", {"report": report})
            (out / f"transparency-{month}.html").write_text(page)
            (out / f"transparency-{month}.csv").write_text(written)
        self.stdout.write(written, ending="")
