"""What asking for leave costs on PostgreSQL: of one job, and of a page among a million posts.

`DATABASE_URL` names a server; a database of its own is made there and dropped in the end.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from bench.database import own_database

if TYPE_CHECKING:
    from generation.models import Job

PEOPLE, POSTS, LEAVES = 2_000, 1_000_000, 100_000
VIEWERS = {"light": 20, "usual": 200, "heavy": 865}
DEPTH, IN_IT = 50, 3  # ancestors in a line, people in the job
SIZE = 20  # posts on the page
WARM, ROUNDS = 30, 300


def main() -> None:
    with own_database("consent"):
        from bench import crowd, output  # noqa: PLC0415 -- models load after the set-up

        began = time.perf_counter()
        viewers = crowd.fill(PEOPLE, POSTS, VIEWERS)
        crowd.lend(LEAVES)
        filled = time.perf_counter() - began
        output.write(_check() | _page(viewers) | {"crowd": crowd.figures(), "fill_s": filled})


def _check() -> dict[str, Any]:
    """The question of the gates, of a job with three people and fifty ancestors."""
    from django.db import connection  # noqa: PLC0415 -- after the set-up
    from django.test.utils import CaptureQueriesContext  # noqa: PLC0415

    from bench.output import spread  # noqa: PLC0415
    from cameos.states import Surface  # noqa: PLC0415
    from generation.gates import refusal  # noqa: PLC0415

    job = _lineage()
    with CaptureQueriesContext(connection) as asked:
        assert refusal(job.pk, [Surface.FOLLOWERS]) is None
    took = [_timed(lambda: refusal(job.pk, [Surface.FOLLOWERS])) for _ in range(WARM + ROUNDS)]
    found = spread(took[WARM:])
    return {"check_p50_ms": found["p50"], "check_ms": found, "check_queries": len(asked)}


def _lineage() -> Job:
    """A line of jobs, each made from the one before, with everybody in all of them."""
    from django.db.models import Count  # noqa: PLC0415

    from cameos.models import Consent  # noqa: PLC0415
    from cameos.states import Basis  # noqa: PLC0415
    from generation.models import CameoUse, Job, Output, OutputParent  # noqa: PLC0415

    free = Job.objects.filter(uses=None)
    author = free.values("author").annotate(jobs=Count("pk")).latest("jobs")["author"]
    leaves = Consent.objects.live().filter(requester=author, basis=Basis.GRANT)
    held = list(leaves.select_related("cameo")[:IN_IT])
    assert len(held) == IN_IT
    line = list(free.filter(author=author)[: DEPTH + 1])
    above = None
    for job in line:
        CameoUse.objects.bulk_create(
            CameoUse(job=job, cameo=leave.cameo, consent=leave, position=place)
            for place, leave in enumerate(held)
        )
        made = Output.objects.get(job=job)
        if above:
            OutputParent.objects.create(child=made, parent=above, role="source")
        above = made
    return line[-1]


def _page(viewers: list[Any]) -> dict[str, Any]:
    """The latest public posts to JSON bytes, and the same page without asking for leave."""
    from bench.output import spread  # noqa: PLC0415

    took: dict[str, list[float]] = {"asking": [], "not_asking": []}
    lists = _lists()
    gc.collect()
    for turn in range(WARM + ROUNDS):
        for name, show in lists.items():
            took[name].append(_timed(partial(show, viewers[turn % len(viewers)])))
    spreads = {name: spread(times[WARM:]) for name, times in took.items()}
    ratio = spreads["asking"]["p50"] / spreads["not_asking"]["p50"]
    return {"visible_ratio": ratio, "page_ms": spreads}


def _lists() -> dict[str, Callable[[Any], bytes]]:
    from rest_framework.renderers import JSONRenderer  # noqa: PLC0415

    from feed import cards, timeline  # noqa: PLC0415
    from feed.models import Post, PostQuerySet  # noqa: PLC0415
    from sora_social.moderation.models import Subject, Takedown  # noqa: PLC0415
    from sora_social.prepared import Prepared  # noqa: PLC0415
    from sora_social.users.models import User  # noqa: PLC0415

    class Unasked(PostQuerySet):
        """All but the question for leave."""

        def cleared(self) -> PostQuerySet:
            down = Takedown.objects
            return self.exclude(output__down_id__in=down.of(Subject.OUTPUT)).exclude(
                down_id__in=down.of(Subject.POST)
            )

    def unasked(person: int, ids: list[int]) -> Any:
        posts = Unasked(Post).listed_for(User(pk=person)).filter(pk__in=ids)
        return cards.with_all(person, posts)

    def page(question: Prepared) -> Callable[[Any], bytes]:
        def show(viewer: Any) -> bytes:
            ids = timeline.newest(timeline.public(), timeline.LAST, SIZE)
            shown = cards.by_id(viewer, ids, question)
            return JSONRenderer().render([shown[pk] for pk in ids if pk in shown])

        return show

    return {"asking": page(cards.LISTED), "not_asking": page(Prepared(unasked))}


def _timed(act: Callable[[], object]) -> float:
    """Milliseconds."""
    began = time.perf_counter()
    act()
    return (time.perf_counter() - began) * 1000


if __name__ == "__main__":
    main()
