"""What chaos tests do inside the server's own environment: `python -m tests.chaos.acting ...`.

people N   makes N adults; prints a device token for each
check      every invariant of jobs, credits and outputs; prints how the jobs ended and
           the most losses and attempts that any one of them had
"""

from __future__ import annotations

import json
import sys
from collections import Counter

import django

django.setup()

from generation.models import Job  # noqa: E402 -- after Django is set up
from sora_social.users.tokens import issue  # noqa: E402
from tests.generation import invariants  # noqa: E402
from tests.people import person  # noqa: E402


def people(number: str) -> list[str]:
    return [issue(person())[1] for _ in range(int(number))]


def check() -> dict[str, object]:
    invariants.check(all_ended=True)
    jobs = list(Job.objects.values_list("state", "losses", "attempt"))
    return {
        "states": Counter(state for state, _, _ in jobs),
        "losses": max(losses for _, losses, _ in jobs),
        "attempts": max(attempt for _, _, attempt in jobs),
    }


if __name__ == "__main__":
    print(json.dumps({"people": people, "check": check}[sys.argv[1]](*sys.argv[2:])))
