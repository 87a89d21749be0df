"""Which impression inspired what was made: one row for each, written once whatever happens.

What is made of an item is owed to that item alone, where it was last served to its maker. What is
made of nothing that was served is owed to what its maker saw within ten minutes before, to the
last of it most: half as much for every item further back.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import islice
from typing import NamedTuple
from uuid import UUID

import numpy as np
from django.db import connection, transaction
from django.db.models import QuerySet

from ranking.embedding import embed, unpacked
from ranking.models import Creation, Engagement, EventKind, Made, Mark, ServedPage
from ranking.profiles import Lately, remember
from sora_social.ids import snowflake_at

DIRECT = timedelta(days=1)  # a remix may be asked for so long after it was served
ASSISTED = timedelta(minutes=10)
FADES, AT_MOST = 0.5, 5  # with every item in between; so many share in a creation
LATE_S = 30.0  # a transaction may commit this long after it took its ids
WATCHED_WHOLLY_S = 10.0
EVENTS = 20_000  # in one go
FELT = {Made.GENERATE: 1.0, Made.LIKE: 0.3}  # how much an answer says of liking its author


class Deed(NamedTuple):
    """Something that was made, by the row that says so."""

    kind: Made
    subject: str  # the number of the row
    viewer: int
    at: datetime
    of: tuple[int, ...] = ()  # the items that it was made of
    by: tuple[int, ...] = ()  # and their authors
    text: str = ""  # what it was asked for in


class Impression(NamedTuple):
    page: UUID
    item: int
    position: int


Served = tuple[datetime, UUID, list[int]]
Look = tuple[datetime, Impression]
Credits = list[tuple[Impression, float]]  # the best first


Read = Callable[[int], tuple[list[Deed], int]]  # from a place; (what was made since, the next one)
VectorsOf = Callable[[Sequence[int]], Mapping[int, bytes]]  # of items that still exist


def attribute(name: str, read: Read) -> int:
    """Write down what was made since this was last asked, and what inspired it; how much it was.

    Reading a stretch twice is harmless, so a reader may look back for rows that were late.
    """
    if not _unknown(read(_place(name))[0]):
        return 0  # asked first, so that an idle sweep never takes SQLite's one writer's place
    return _attribute(name, read)


@transaction.atomic
def _attribute(name: str, read: Read) -> int:
    if (mark := _mark(name)) is None:
        return 0
    deeds, place = read(mark.place)
    new = _unknown(deeds)
    Creation.objects.bulk_create(_rows(new), ignore_conflicts=True)
    _remember_deeds(new)
    Mark.objects.filter(pk=name).update(place=max(place, mark.place))
    return len(new)


def _place(name: str) -> int:
    return Mark.objects.filter(name=name).values_list("place", flat=True).first() or 0


def _mark(name: str) -> Mark | None:
    """The mark, ours until the end of the transaction; None while another process has it."""
    Mark.objects.get_or_create(name=name)
    skip = connection.features.has_select_for_update_skip_locked
    return Mark.objects.select_for_update(skip_locked=skip).filter(name=name).first()


def _unknown(deeds: Sequence[Deed]) -> list[Deed]:
    subjects = {deed.subject for deed in deeds}
    rows = (
        Creation.objects.filter(subject__in=subjects, place=0) if deeds else Creation.objects.none()
    )
    known = set(rows.values_list("kind", "subject"))
    fresh = {(deed.kind, deed.subject): deed for deed in deeds}
    return [deed for key, deed in fresh.items() if (str(key[0]), key[1]) not in known]


def _rows(deeds: Sequence[Deed]) -> Iterator[Creation]:
    for deed, inspired in zip(deeds, inspirations(deeds), strict=True):
        for place, (shown, credit) in enumerate(inspired or [(None, 0.0)]):
            page, item, position = shown or (None, None, None)
            yield Creation(
                kind=deed.kind, subject=deed.subject, place=place, viewer=deed.viewer, at=deed.at,
                page=page, item=item, position=position, credit=credit,
            )  # fmt: skip


def inspirations(deeds: Sequence[Deed]) -> list[Credits]:
    """For each deed the impressions it is owed to, each with its credit."""
    if not deeds:
        return []
    first, last = min(deed.at for deed in deeds), max(deed.at for deed in deeds)
    people = {deed.viewer for deed in deeds}
    served, seen = _served(people, first - DIRECT, last), _seen(people, first - ASSISTED, last)
    return [
        _direct(deed, served[deed.viewer]) if deed.of else _assisted(deed, seen[deed.viewer])
        for deed in deeds
    ]


def _served(people: Iterable[int], since: datetime, until: datetime) -> dict[int, list[Served]]:
    """(at, page, items) of everything served to them, the newest first, by person."""
    rows = ServedPage.objects.filter(viewer__in=people, at__gt=since, at__lte=until)
    found = defaultdict[int, list[Served]](list)
    for viewer, *page in rows.order_by("-at").values_list("viewer", "at", "id", "items"):
        found[viewer].append((page[0], page[1], page[2]))
    return found


def _seen(people: Iterable[int], since: datetime, until: datetime) -> dict[int, list[Look]]:
    """(at, impression) of what they are known to have looked at, the newest first, by person."""
    rows = Engagement.objects.filter(viewer__in=people, at__gt=since, at__lte=until)
    rows = rows.filter(item__isnull=False).order_by("-at", "-position")
    found = defaultdict[int, list[Look]](list)
    for viewer, at, page, item, place in rows.values_list(
        "viewer", "at", "page", "item", "position"
    ):
        found[viewer].append((at, Impression(page, item or 0, place or 0)))
    return found


def _direct(deed: Deed, served: Iterable[Served]) -> Credits:
    for at, page, items in served:
        if deed.at - DIRECT < at <= deed.at:
            for item in deed.of:
                if item in items:
                    return [(Impression(page, item, items.index(item)), 1.0)]
    return []


def _assisted(deed: Deed, seen: Iterable[Look]) -> Credits:
    lately = dict.fromkeys(shown for at, shown in seen if deed.at - ASSISTED < at <= deed.at)
    return [(shown, FADES**n) for n, shown in enumerate(islice(lately, AT_MOST))]


def _remember_deeds(deeds: Sequence[Deed]) -> None:
    news: defaultdict[int, Lately] = defaultdict(Lately)
    for deed in deeds:
        one = news[deed.viewer]
        if deed.kind == Made.GENERATE:
            one.creations += 1
            one.made_at = max(one.made_at, deed.at.timestamp())
            one.created += embed([deed.text])[0]
        for author in deed.by:
            one.authors[author] = one.authors.get(author, 0.0) + FELT.get(deed.kind, 0.0)
    if news:
        remember(news, max(deed.at for deed in deeds).timestamp())


def watched(vectors_of: VectorsOf, moment: float) -> int:
    """Take in what people looked at since this was last asked; how many events that were.

    Events younger than LATE_S wait, so that every one is read exactly once.
    """
    return _watched(vectors_of, moment) if _looks(_place("watched"), moment).exists() else 0


def _looks(place: int, moment: float) -> QuerySet[Engagement]:
    after = max(place, snowflake_at(moment - DIRECT.total_seconds()))
    rows = Engagement.objects.filter(id__gt=after, id__lt=snowflake_at(moment - LATE_S))
    return rows.filter(item__isnull=False).order_by("id")


@transaction.atomic
def _watched(vectors_of: VectorsOf, moment: float) -> int:
    if (mark := _mark("watched")) is None:
        return 0
    rows = _looks(mark.place, moment)
    events = list(rows.values_list("id", "viewer", "page", "item", "kind", "value")[:EVENTS])
    if events:
        looks = [(viewer, page, item or 0, k, value) for _, viewer, page, item, k, value in events]
        _remember_looks(looks, vectors_of(sorted({look[2] for look in looks})), moment)
        Mark.objects.filter(pk="watched").update(place=events[-1][0])
    return len(events)


def _remember_looks(
    events: Sequence[tuple[int, UUID, int, str, float]],
    vectors: Mapping[int, bytes],
    moment: float,
) -> None:
    """Whoever watched something wholly counts it once; whoever left at once hardly at all."""
    looks: dict[tuple[int, UUID, int], float] = {}
    for viewer, page, item, kind, value in events:
        share = min(value / WATCHED_WHOLLY_S, 1.0) if kind == EventKind.VIEW else 0.0
        looks[viewer, page, item] = max(looks.get((viewer, page, item), 0.0), share)
    news: defaultdict[int, Lately] = defaultdict(Lately)
    known = dict(zip(vectors, unpacked(list(vectors.values())).astype(np.float32), strict=True))
    for (viewer, _, item), share in looks.items():
        news[viewer].served += 1
        if share and item in known:
            news[viewer].watched += np.float32(share) * known[item]
    remember(news, moment)
