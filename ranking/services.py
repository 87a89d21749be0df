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
from django.conf import settings
from django.core.cache import cache
from django.db import connection, transaction
from django.utils.timezone import now

from ranking.attribution import Deed, attribute, watched
from ranking.belief import probabilities
from ranking.embedding import embed, packed, template_of
from ranking.explain import explain, why
from ranking.features import features, need
from ranking.features import packed as packed_features
from ranking.history import HOME, History, by_author, hidden, history
from ranking.models import Creation, Engagement, EventKind, NudgeState, Profile, ServedPage
from ranking.network import Learned
from ranking.nudges import PLACE, Answers, draw, wanted
from ranking.profiles import lately
from ranking.registry import REGISTRY
from ranking.retention import keep_days
from ranking.slate import slate
from ranking.store import (
    UNTRIED,
    ItemStore,
    Segment,
    authors_of,
    newest_of,
    seconds,
    with_cameo_of,
)
from ranking.tasks import train_ranker
from ranking.topics import topics_in
from ranking.types import (
    DAY,
    Arm,
    Candidates,
    Drawn,
    Flags,
    Items,
    Numbers,
    Placed,
    Ranking,
    Sitting,
    Viewer,
)
from ranking.value import value
from sora_social.errors import NotFound
from sora_social.users.models import User

__all__ = [
    "HOME",
    "PLACE",
    "Deed",
    "History",
    "ItemStore",
    "Segment",
    "attribute",
    "authors_of",
    "by_author",
    "count_impressions",
    "current",
    "embed",
    "engage",
    "explain",
    "forget",
    "found_of",
    "hidden",
    "history",
    "keep_log",
    "lately",
    "log_page",
    "newest_of",
    "nudge",
    "packed",
    "page_of",
    "personal_data",
    "rank",
    "slate",
    "template_of",
    "topics_in",
    "train_hourly",
    "wanted",
    "watched",
    "why",
    "with_cameo_of",
]
POLICY = "prior-1"
PLAIN = "plain"
HOUR_S = 3600
EXPLORED = 200  # at most, so that each is drawn with a chance of .005 or more
current = REGISTRY.current  # the learned model that serves, if any
_CHANCE = SystemRandom()
_KEPT = 50  # answers to nudges that are remembered


def rank(
    viewer: Viewer,
    candidates: Candidates,
    moment: float,
    seed: int,
    learned: Learned | None = None,
) -> Ranking:
    """Score candidates for a viewer at a Unix time; `slate.slate` makes pages of it.

    By the prior alone, or by it and a learned model, in the measure that the model has seen things.
    """
    items = candidates.items
    found = features(viewer, candidates, moment)
    age, seen = moment - seconds(items.id), np.isin(items.id, viewer.seen)
    unseen_friend = np.isin(items.author, viewer.friends) & ~seen
    return Ranking(
        seed, viewer.id, items.id, items.author, items.root, candidates.source,
        value=value(probabilities(found, learned), need(items)),
        due=unseen_friend & (age < DAY),
        friendly=unseen_friend & (age < 3 * DAY),
        explorable=_untried(items, age) & ~np.isin(items.author, viewer.followed),
        seen=seen,
        found=found,
        authors_shown=viewer.authors_shown,
        policy=learned.name if learned else POLICY,
    )  # fmt: skip


def _untried(items: Items, age: Numbers) -> Flags:
    """Public items of a day that hardly anybody saw: few enough that each has a fair chance."""
    found = items.public & (items.impressions < UNTRIED) & (age < DAY)
    found[np.flatnonzero(found)[:-EXPLORED]] = False  # items are in the order of their ids
    return found


def log_page(
    viewer: int,
    session: str,
    surface: str,
    placed: Sequence[Placed],
    policy: str = PLAIN,
    nudge: Drawn | None = None,
    found: bytes = b"",
) -> ServedPage:
    """Write the one row that says what was served, why, and with what probability.

    `found` is `found_of` a ranked page: only such can be learned from.
    """
    nudge = nudge or Drawn()
    return ServedPage.objects.create(
        viewer=viewer, session=session, surface=surface, policy=policy,
        items=[p.item for p in placed], sources=[p.source for p in placed],
        slots=[p.slot for p in placed], propensities=[p.propensity for p in placed],
        scores=[p.score for p in placed], terms=[p.terms for p in placed],
        nudge_arm=nudge.arm, nudge_propensity=nudge.propensity, found=found,
    )  # fmt: skip


def found_of(ranking: Ranking, placed: Sequence[Placed]) -> bytes:
    """What was known of each item of a page when it was ranked, as it is logged."""
    at = np.searchsorted(ranking.item, [place.item for place in placed])
    return packed_features(ranking.found[at])


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
    _answer_nudge(page.viewer, [event["kind"] for event in wanted.values()])
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


def keep_log() -> int:
    """What is older than settings.LOG_DAYS goes; a sweep calls this, and once an hour it acts."""
    if not cache.add("ranking:keeping", 1, HOUR_S):
        return 0
    return keep_days(settings.LOG_DAYS, now())


def train_hourly() -> None:
    """Ask a worker to learn from the log, every settings.LEARN_EVERY_S seconds."""
    every = settings.LEARN_EVERY_S
    if every and cache.add("ranking:training", 1, every):
        train_ranker.delay()


def personal_data(viewer: int) -> Iterator[dict[str, Any]]:
    """What is kept of a person's pages and of what they did on them."""
    for page in ServedPage.objects.filter(viewer=viewer).order_by("at").iterator():
        yield {"at": page.at.isoformat(), "surface": page.surface, "items": page.items}
    for row in Engagement.objects.filter(viewer=viewer).order_by("id").iterator():
        yield {"at": row.at.isoformat(), "kind": row.kind, "item": row.item, "value": row.value}
    for made in Creation.objects.filter(viewer=viewer, place=0).order_by("id").iterator():
        yield {"at": made.at.isoformat(), "made": made.kind, "inspired_by": made.item}
    for known in Profile.objects.filter(viewer=viewer):
        yield {"made": known.creations, "served": known.served, "answered": known.authors}


def forget(user: User) -> None:
    """Nothing that was served to the person, or done by them, stays."""
    Engagement.objects.filter(viewer=user.pk).delete()
    ServedPage.objects.filter(viewer=user.pk).delete()
    NudgeState.objects.filter(viewer=user.pk).delete()
    Creation.objects.filter(viewer=user.pk).delete()
    Profile.objects.filter(viewer=user.pk).delete()
