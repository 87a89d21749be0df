"""What it costs to screen a prompt by the lists of words: a usual one, and one of 2,000 letters."""

from __future__ import annotations

import os
from typing import Any

import django

from bench.costs import least
from bench.output import write

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sora_social.settings")
WORDS = "a red fox runs over the snow beside an old man who plays the violin at night, wide shot "
LONG, USUAL, TIMES = 2_000, 200, 200


def main() -> None:
    django.setup()
    write(measure())


def measure() -> dict[str, Any]:
    """Milliseconds of CPU, the least of many; texts differ, so that nothing is remembered."""
    return {"screening_ms": _spent(LONG), "usual_ms": _spent(USUAL)}


def _spent(letters: int) -> float:
    from generation.screening import Said, judge  # noqa: PLC0415 -- after django.setup

    texts = (f"{number} {WORDS * (letters // len(WORDS) + 1)}"[:letters] for number in range(TIMES))
    return (
        least(lambda: judge([Said("prompt", next(texts))], with_likeness=True), TIMES)["cpu"] * 1e3
    )


if __name__ == "__main__":
    main()
