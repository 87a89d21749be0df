"""Ranking's verbs: score, log what was served, take in what came of it, decide on a nudge.

The one way in: what other rooms of ranking offer to others is named here too.
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from random import SystemRandom
from typing import Any

import numpy as np
from django.db import connection, transaction
from django.utils.timezone import now

from ranking.embedding import embed, packed, template_of
from ranking.explain import explain, why
from ranking.features import features, need
from ranking.history import HIDES, HOME, PAST, History, Page, by_author, hidden, history, remember
from ranking.models import Engagement, EventKind, NudgeState, ServedPage
from ranking.nudges import PLACE, Answers, draw, wanted
from ranking.prior import probabilities
from ranking.saturation import Saturation, saturation
from ranking.slate import slate
from ranking.sources import gather
from ranking.standing import explorable, floor, steered, worn
from ranking.store import (
    ItemStore,
    NotReady,
    Segment,
    among,
    made_by,
    newest_of,
    seconds,
    sighted,
    with_cameo_of,
)
from ranking.topics import topics_in
from ranking.types import DAY, Arm, Candidates, Drawn, Placed, Ranking, Sitting, Viewer
from ranking.value import value
from sora_social.errors import NotFound
from sora_social.prepared import insert
from sora_social.users.models import User

__all__ = [
    "HOME",
    "PLACE",
    "History",
    "ItemStore",
    "NotReady",
    "Saturation",
    "Segment",
    "among",
    "by_author",
    "count_impressions",
    "embed",
    "engage",
    "explain",
    "forget",
    "gather",
    "hidden",
    "history",
    "log_page",
    "made_by",
    "newest_of",
    "nudge",
    "packed",
    "page_of",
    "personal_data",
    "rank",
    "saturation",
    "sighted",
    "slate",
    "template_of",
    "topics_in",
    "wanted",
    "why",
    "with_cameo_of",
]
POLICY = "prior-1"
PLAIN = "plain"
_CHANCE = SystemRandom()
_KEPT = 50  # answers to nudges that are remembered


def rank(viewer: Viewer, candidates: Candidates, moment: float, seed: int) -> Ranking:
    """Score candidates for a viewer at a Unix time; `slate.slate` makes pages of it."""
    items, chance = candidates.items, np.random.default_rng(seed)
    found = features(viewer, candidates, moment)
    chances = probabilities(found, items)
    age, seen = moment - seconds(items.id), among(items.id, viewer.seen)
    unseen_friend = among(items.author, viewer.friends) & ~seen
    return Ranking(
        seed, viewer.id, items.id, items.author, items.root, candidates.source,
        value=value(chances, need(items)),
        due=unseen_friend & (age < DAY),
        friendly=unseen_friend & (age < 3 * DAY),
        explorable=explorable(viewer, items, age, chances["create"], chance) & ~seen,
        seen=seen,
        steered=steered(viewer, items),
        floor=floor(viewer, items, age, seen),
        worn=worn(viewer, items),
        author_shown=viewer.shown_of(items.author),
        template=items.template,
        vector=items.vector,
        found=found.astype(np.float32),
    )  # fmt: skip


def log_page(
    viewer: int,
    session: str,
    surface: str,
    placed: Sequence[Placed],
    policy: str = PLAIN,
    nudge: Drawn | None = None,
) -> ServedPage:
    """Write the one row that says what was served, why, and with what probability."""
    nudge = nudge or Drawn()
    served = ServedPage(
        viewer=viewer, session=session, surface=surface, policy=policy,
        items=[p.item for p in placed], sources=[p.source for p in placed],
        slots=[p.slot for p in placed], propensities=[p.propensity for p in placed],
        scores=[p.score for p in placed], terms=[p.terms for p in placed],
        nudge_arm=nudge.arm, nudge_propensity=nudge.propensity,
    )  # fmt: skip
    insert(served)
    remember(viewer, Page(session, served.at, surface, served.items))
    return served


def page_of(viewer: int, page: uuid.UUID) -> ServedPage:
    """A page that was served to this viewer. Raises NotFound for anybody else's."""
    found = ServedPage.objects.filter(pk=page, viewer=viewer).first()
    if found is None:
        raise NotFound(field="page")
    return found


@transaction.atomic
def engage(page: ServedPage, events: Sequence[Mapping[str, Any]]) -> int:
    """Keep what is new of the events (id, kind, item, position, value); how many that were."""
    wanted = {event["id"]: event for event in events}
    known = Engagement.objects.filter(viewer=page.viewer, client_event__in=wanted)
    for client_event in known.values_list("client_event", flat=True):
        del wanted[client_event]
    Engagement.objects.bulk_create(
        [_engagement(page, event) for event in wanted.values()], ignore_conflicts=True
    )
    kinds = [event["kind"] for event in wanted.values()]
    if EventKind.HIDE in kinds:
        HIDES.forget(page.viewer)
    _answer_nudge(page.viewer, kinds)
    return len(wanted)


def _engagement(page: ServedPage, event: Mapping[str, Any]) -> Engagement:
    return Engagement(
        client_event=event["id"], viewer=page.viewer, page=page, kind=event["kind"],
        item=event.get("item"), position=event.get("position"), value=event.get("value", 0.0),
    )  # fmt: skip


def _answer_nudge(viewer: int, kinds: Sequence[str]) -> None:
    dismissed = kinds.count(EventKind.NUDGE_DISMISS)
    if not dismissed and EventKind.NUDGE_NEVER not in kinds:
        return
    state = _locked(viewer)
    state.never = state.never or EventKind.NUDGE_NEVER in kinds
    if dismissed:
        state.dismissed_at = [*state.dismissed_at, now().timestamp()][-_KEPT:]
    state.save()


def _locked(viewer: int) -> NudgeState:
    return NudgeState.objects.select_for_update().get_or_create(viewer=viewer)[0]


@transaction.atomic
def nudge(viewer: int, sitting: Sitting, arms: Sequence[Arm], moment: float) -> Drawn:
    """Draw a nudge for the page being served and remember it; the rules hold under races too."""
    if not arms or not wanted(sitting, moment):
        return Drawn()
    state = _locked(viewer)
    answers = Answers(state.never, state.shown_at, state.dismissed_at)
    drawn = draw(answers, sitting, arms, moment, _CHANCE)
    if drawn.text:
        state.shown_at = [*state.shown_at, moment][-_KEPT:]
        state.save(update_fields=["shown_at"])
    return drawn


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


def personal_data(viewer: int) -> Iterator[dict[str, Any]]:
    """What is kept of a person's pages and of what they did on them."""
    for page in ServedPage.objects.filter(viewer=viewer).order_by("at").iterator():
        yield {"at": page.at.isoformat(), "surface": page.surface, "items": page.items}
    for row in Engagement.objects.filter(viewer=viewer).order_by("id").iterator():
        yield {"at": row.at.isoformat(), "kind": row.kind, "item": row.item, "value": row.value}


def forget(user: User) -> None:
    """Nothing that was served to the person, or done by them, stays."""
    Engagement.objects.filter(viewer=user.pk).delete()
    ServedPage.objects.filter(viewer=user.pk).delete()
    NudgeState.objects.filter(viewer=user.pk).delete()
    PAST.forget(user.pk)
    HIDES.forget(user.pk)
