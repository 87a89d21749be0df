import json
from itertools import product
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from ranking.evaluation.comparing import index
from ranking.evaluation.plots import draw
from ranking.evaluation.policies import ABLATIONS, BASELINES, POLICIES
from ranking.evaluation.report import report
from ranking.evaluation.runner import Cell, run_all, world_class
from ranking.evaluation.worlds import WORLDS


class Command(BaseCommand):
    help = "Simulated worlds in which viewers become creators: our feed against others."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--world", help="only this one: module:Class, written elsewhere")
        parser.add_argument("--worlds", default=",".join(WORLDS), help="names, with commas")
        parser.add_argument("--policies", default=",".join(["ours", *BASELINES]))
        parser.add_argument("--ablations", action="store_true", help="ours without each part, too")
        parser.add_argument("--seeds", type=int, default=2)
        parser.add_argument("--days", type=int, default=14)
        parser.add_argument("--people", type=int, default=400)
        parser.add_argument("--jobs", type=int, default=2, help="processes abreast")
        parser.add_argument("--out", type=Path, default=Path(settings.BASE) / "var" / "simulate")

    def handle(self, **options: Any) -> None:
        cells, out = self._cells(**options), options["out"]
        results = []
        for done, result in enumerate(run_all(cells, out / "cells", options["jobs"]), start=1):
            results.append(result)
            self._tell(done, len(cells), result)
        found = index(results)
        text = report(found)
        (out / "report.md").write_text(text)
        (out / "report.json").write_text(json.dumps(results, indent=1))
        self.stdout.write(text)
        for path in [out / "report.md", out / "report.json", *draw(found, out)]:
            self.stdout.write(str(path))

    def _cells(self, **options: Any) -> list[Cell]:
        """Seed by seed, so that a run that is cut short has seen every world."""
        worlds = [options["world"]] if options["world"] else options["worlds"].split(",")
        policies = options["policies"].split(",")
        policies += ABLATIONS if options["ablations"] else ()
        self._check(worlds, policies, options)
        size = (options["people"], options["days"])
        seeds = range(1, options["seeds"] + 1)
        return [Cell(w, p, seed, *size) for seed, w, p in product(seeds, worlds, policies)]

    def _check(self, worlds: list[str], policies: list[str], options: dict[str, Any]) -> None:
        if unknown := [policy for policy in policies if policy not in POLICIES]:
            raise CommandError(f"--policies: no {unknown[0]}; there are {', '.join(POLICIES)}")
        for name, least in (("people", 20), ("days", 2), ("seeds", 1), ("jobs", 1)):
            if options[name] < least:
                raise CommandError(f"--{name}: at least {least}")
        try:
            for world in worlds:
                world_class(world)
        except ValueError as wrong:
            raise CommandError(f"--worlds: {wrong}") from wrong

    def _tell(self, done: int, cells: int, result: dict[str, Any]) -> None:
        share = result["figures"]["return_create"]
        who = f"{result['world']} / {result['policy']} / {result['seed']}"
        self.stdout.write(f"{done}/{cells} {who}: {share:.3f} in {result['took']:.0f} s")
        self.stdout.flush()
