"""One batch and everybody else: how long people wait, by turns and first come, first served.

Workers are simulated on a virtual clock with one time for every rendering; submitting and claiming
are the real code, on PostgreSQL. Waits are counted from the wish until a worker takes the job.
"""

from __future__ import annotations

import argparse
import heapq
import random
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

from bench.database import own_database
from bench.output import spread, write

HEAVY, LIGHT, EACH = 500, 50, 2  # jobs of the one, other people, jobs of each of them
WORKERS, SERVICE_S = 4, 10.0
ARRIVALS_S = 900.0  # the light ones come at random within these
SEED = 7
Claim = Callable[[], tuple[UUID, UUID] | None]
Arrivals = list[tuple[float, int]]  # when, and who: 0 is the heavy one


def arrivals() -> Arrivals:
    """The batch at once, then everybody else at a moment of their own, with all their jobs."""
    dice = random.Random(SEED)
    light = ((dice.uniform(0, ARRIVALS_S), who) for who in range(1, LIGHT + 1))
    return sorted([(0.0, 0)] * HEAVY + [each for each in light for _ in range(EACH)])


def simulate(coming: Arrivals, wish: Callable[[int], UUID], take: Claim, end: Any) -> Any:
    """Let jobs come and workers take them; by person, (came, waited) of every job in seconds."""
    came: dict[UUID, tuple[float, int]] = {}
    waits: dict[int, list[tuple[float, float]]] = {}
    ends: list[tuple[float, tuple[UUID, UUID]]] = []  # of what is rendered, the next first
    waiting, free = list(reversed(coming)), WORKERS
    while waiting or ends:
        at = min([each[0] for each in (*ends[:1], *waiting[-1:])])
        while ends and ends[0][0] <= at:
            end(*heapq.heappop(ends)[1])
            free += 1
        while waiting and waiting[-1][0] <= at:
            moment, who = waiting.pop()
            came[wish(who)] = (moment, who)
        while free and (taken := take()):
            moment, who = came[taken[0]]
            waits.setdefault(who, []).append((moment, at - moment))
            heapq.heappush(ends, (at + SERVICE_S, taken))
            free -= 1
    return waits


def first_come() -> tuple[UUID, UUID] | None:
    """What a queue does: the job that has waited longest."""
    from generation import dispatch  # noqa: PLC0415 -- Django is set up by now

    pk = dispatch.free().order_by("pk").values_list("pk", flat=True).first()
    token = dispatch.claim(pk) if pk else None
    return (pk, token) if pk and token else None


def measure(take: Claim) -> dict[str, Any]:
    """One run on an empty queue."""
    from django.conf import settings  # noqa: PLC0415 -- as above

    from generation import dispatch, services  # noqa: PLC0415
    from generation.models import Job  # noqa: PLC0415
    from sora_social.users.models import User  # noqa: PLC0415

    settings.FREE_DAILY_CREDITS = settings.JOBS_AT_ONCE = 10_000
    dispatch.send = lambda pk: None  # workers are simulated
    User.objects.all().delete()
    people = [User.objects.create(handle=f"person_{n}") for n in range(LIGHT + 1)]
    took: list[float] = []
    numbers = iter(range(10**6))

    def wish(who: int) -> UUID:
        key = f"key-{next(numbers)}"
        return services.submit(people[who], key=key, prompt="the sea", tier="draft").pk

    def timed() -> tuple[UUID, UUID] | None:
        began = time.perf_counter()
        taken = take()
        took.append(1000 * (time.perf_counter() - began))
        return taken

    def end(pk: UUID, token: UUID) -> None:
        dispatch.fail(pk, token, "simulated", retry=False)

    waits = simulate(arrivals(), wish, timed, end)
    assert sum(map(len, waits.values())) == HEAVY + LIGHT * EACH == Job.objects.count()
    return {"waits": waits, "take_ms": spread(took)}


def light_and_heavy(run: dict[str, Any]) -> dict[str, Any]:
    """Seconds that the jobs of the one waited, and those of all others."""
    waits = run["waits"]
    light = [wait for who in waits if who for _, wait in waits[who]]
    heavy = [wait for _, wait in waits[0]]
    return {"light_s": spread(light), "heavy_s": spread(heavy), "take_ms": run["take_ms"]}


def plot(runs: dict[str, dict[str, Any]], out: Path) -> None:
    """Every job as a point: when it came, or its number in the batch, and how long it waited."""
    import matplotlib  # noqa: PLC0415 -- a tool of development

    matplotlib.use("Agg")
    from matplotlib import pyplot  # noqa: PLC0415

    figure, panels = pyplot.subplots(1, 2, figsize=(10, 4), sharey=True)
    for (name, run), ink in zip(runs.items(), ("#c0392b", "#1f5fbf"), strict=True):
        light = sorted(point for who in run["waits"] if who for point in run["waits"][who])
        panels[0].plot(*zip(*light, strict=True), "o", ms=4, color=ink, label=name)
        batch = sorted(wait for _, wait in run["waits"][0])
        panels[1].plot(range(1, len(batch) + 1), batch, color=ink, label=name)
    for panel, title, along in zip(panels, _titles(), _alongs(), strict=True):
        panel.set(title=title, xlabel=along, ylabel="waited (s)", ylim=0)
        panel.grid(alpha=0.3)
        panel.legend()
    figure.tight_layout()
    figure.savefig(out, dpi=90)


def _titles() -> Iterator[str]:
    yield f"{LIGHT} people with {EACH} jobs each"
    yield f"one person with {HEAVY} jobs"


def _alongs() -> Iterator[str]:
    yield "came at (s)"
    yield "number of the batch"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--plot", type=Path, help="draw the waits into this PNG")
    picture = parser.parse_known_args()[0].plot
    with own_database("fairness"):
        from generation import turns  # noqa: PLC0415 -- Django is set up by now

        runs = {"first come": measure(first_come), "by turns": measure(turns.take)}
    if picture:
        plot(runs, picture)
    found = {name: light_and_heavy(run) for name, run in runs.items()}
    worst = found["by turns"]["light_s"]["max"]
    made = {"people": LIGHT, "each": EACH, "batch": HEAVY, "workers": WORKERS}
    write(made | {"service_s": SERVICE_S, "light_worst_services": worst / SERVICE_S} | found)


if __name__ == "__main__":
    main()
