"""Learn from the log now, and say how it went."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils.timezone import now

from ranking.models import TrainedModel
from ranking.promotion import TooLittle, train


class Command(BaseCommand):
    help = "Train the ranker from the log; it serves if it beats the prior and the model before it."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            row = train(now())
        except TooLittle as reason:
            self.stdout.write(f"Nothing was trained: {reason}.")
            return
        self._show(row)

    def _show(self, row: TrainedModel) -> None:
        said = "serves" if row.promoted else "does not serve: it was not better"
        held_out = row.figures["held_out"]
        self.stdout.write(
            f"{row.name} of {row.examples} impressions {said} (on {held_out} held out)."
        )
        for head, surprised in row.figures["surprise"].items():
            figures = "  ".join(f"{name} {much:.5f}" for name, much in surprised.items())
            self.stdout.write(f"  {head:<12}{figures}")
        for head, slices in row.figures["calibration"].items():
            kept = "  ".join(
                f"{name} {of['said']:.4f}/{of['happened']:.4f}" for name, of in slices.items()
            )
            self.stdout.write(f"  {head:<12}said/happened  {kept}")
