"""The log of what was served, and what came of it."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from django.db import connection, transaction
from django.utils.timezone import now

from ranking.buckets import BUCKETS
from ranking.history import HIDES, Page, remember
from ranking.inviting import answer, keep_trial
from ranking.models import Engagement, EventKind, ServedPage
from ranking.types import Drawn, Placed
from sora_social.errors import NotFound
from sora_social.ids import uuid7
from sora_social.prepared import write

PLAIN = "plain"


class Served(NamedTuple):
    """A page that was just logged."""

    pk: uuid.UUID
    policy: str
    arms: dict[str, str]


def log_page(
    viewer: int,
    session: str,
    surface: str,
    placed: Sequence[Placed],
    policy: str = PLAIN,
    nudge: Drawn | None = None,
    **said: Any,
) -> Served:
    """Write the one row that says what was served, why, and with what probability.

    A ranked page goes with what `decided` said of it when it was made: only such can be learned
    from.
    """
    nudge = nudge or Drawn()
    served, at = Served(uuid7(), policy, BUCKETS.of(viewer)), now()
    items = [p.item for p in placed]
    row = {
        "id": served.pk, "viewer": viewer, "at": at, "policy": policy, "arms": served.arms,
        "session": session, "surface": surface,
        "items": items, "sources": [p.source for p in placed],
        "slots": [p.slot for p in placed], "propensities": [p.propensity for p in placed],
        "scores": [p.score for p in placed], "terms": [p.terms for p in placed],
        "nudge_arm": nudge.arm, "nudge_propensity": nudge.propensity,
    }  # fmt: skip
    write(ServedPage, row | said, soon=True)
    remember(viewer, Page(session, at, surface, items))
    keep_trial(served.pk, viewer, at, nudge)
    return served


def page_of(viewer: int, page: uuid.UUID) -> ServedPage:
    """A page that was served to this viewer. Raises NotFound for anybody else's."""
    found = ServedPage.objects.filter(pk=page, viewer=viewer).first()
    if found is None:
        raise NotFound(field="page")
    return found


@transaction.atomic
def engage(page: ServedPage, events: Sequence[Mapping[str, Any]]) -> int:
    """Keep what is new of the events (id, kind, item, value, reason, at); how many that were."""
    wanted = {event["id"]: event for event in events}
    known = Engagement.objects.filter(page=page.pk, client_event__in=wanted)
    for client_event in known.values_list("client_event", flat=True):
        del wanted[client_event]
    Engagement.objects.bulk_create(
        [_engagement(page, event) for event in wanted.values()], ignore_conflicts=True
    )
    kinds = [event["kind"] for event in wanted.values()]
    if EventKind.HIDE in kinds:
        HIDES.forget(page.viewer)
    answer(page, kinds)
    return len(wanted)


def _engagement(page: ServedPage, event: Mapping[str, Any]) -> Engagement:
    """Where it stood is said by our own log; when it was, by the client within reason."""
    item, received = event.get("item"), now()
    return Engagement(
        client_event=event["id"], viewer=page.viewer, page=page, kind=event["kind"], item=item,
        position=page.items.index(item) if item is not None else None,
        value=event.get("value", 0.0), reason=event.get("reason", ""),
        at=max(page.at, min(event.get("at", received), received)),
    )  # fmt: skip


def count_impressions(limit: int, add: Callable[[Mapping[int, int]], None]) -> int:
    """Hand the impressions of uncounted pages to `add`, once; how many pages there were."""
    if not ServedPage.objects.filter(counted=False).exists():
        return 0  # asked first, so that an idle sweep never takes SQLite's one writer's place
    return _count(limit, add)


@transaction.atomic
def _count(limit: int, add: Callable[[Mapping[int, int]], None]) -> int:
    skip = connection.features.has_select_for_update_skip_locked
    rows = ServedPage.objects.select_for_update(skip_locked=skip).filter(counted=False)
    pages = dict(rows.order_by("id").values_list("id", "items")[:limit])
    add(Counter(item for items in pages.values() for item in items))
    ServedPage.objects.filter(pk__in=pages).update(counted=True)
    return len(pages)
