import json
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.timezone import now

from ranking.evaluation.offpolicy import Estimates, RefuseEstimate, estimates
from ranking.evaluation.open_bandit import Checked, check, fetch
from ranking.evaluation.own_log import questions

COLUMNS = "{:32} {:>6} {:>6} {:>6}  {:24} {:24} {:24}"
HEADINGS = ("question", "n", "ESS", "max w", "IPS", "SNIPS", "doubly robust")


class Command(BaseCommand):
    help = "What policies that were not served would have earned, from what was decided by lot."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--days", type=int, default=28, help="of our own log")
        parser.add_argument("--open-bandit", metavar="FOLDER|fetch", help="check it on real clicks")
        parser.add_argument("--json", type=Path, help="write the figures there as well")

    def handle(self, **options: Any) -> None:
        found = self._check(options["open_bandit"]) if options["open_bandit"] else {}
        found |= {"own": self._own(options["days"])} if not options["open_bandit"] else {}
        if options["json"]:
            options["json"].write_text(json.dumps(found, indent=2))

    def _own(self, days: int) -> list[dict[str, Any]]:
        asked = list(questions(now() - timedelta(days=days)))
        if not asked:
            self.stdout.write(f"Nothing was decided by lot in the last {days} days.")
        self._headings(bool(asked))
        return [self._answer(one.asked, one.logged) for one in asked]

    def _answer(self, asked: str, logged: Any) -> dict[str, Any]:
        try:
            found = estimates(logged)
        except RefuseEstimate as refused:
            self.stdout.write(f"{asked:32} {len(logged.reward):>6} refused: {refused}")
            return {"asked": asked, "decisions": len(logged.reward), "refused": str(refused)}
        self._line(asked, found)
        return {"asked": asked} | asdict(found)

    def _check(self, source: str) -> dict[str, Any]:
        folder = Path(settings.BASE) / "var" / "open-bandit"
        folder.mkdir(parents=True, exist_ok=True)
        try:
            checked = list(check(fetch(folder) if source == "fetch" else Path(source)))
        except (OSError, ValueError, KeyError) as wrong:
            raise CommandError(f"--open-bandit: {wrong}") from wrong
        self._headings(True)
        for one in checked:
            self._campaign(one)
        return {"open_bandit": [asdict(one) for one in checked]}

    def _campaign(self, one: Checked) -> None:
        self.stdout.write(f"{one.campaign}: truth {one.truth:.4f} ± {one.error:.4f}")
        for how, found in (("clipped", one.clipped), ("unclipped", one.unclipped)):
            if found:
                self._line(f"  {how}", found)
            else:
                why = f"refused: ESS {one.effective:.0f}, heaviest weight {one.heaviest:.0f}"
                self.stdout.write(f"{'  ' + how:32} {why}")

    def _headings(self, wanted: bool) -> None:
        if wanted:
            self.stdout.write(COLUMNS.format(*HEADINGS))

    def _line(self, asked: str, found: Estimates) -> None:
        size, heaviest = f"{found.effective:.0f}", f"{found.heaviest:.0f}"
        three = (str(found.ips), str(found.snips), str(found.doubly_robust))
        self.stdout.write(COLUMNS.format(asked, found.decisions, size, heaviest, *three))
