"""Ranking's verbs: score, log what was served, take in what came of it, decide on a nudge.

The one way in: what other rooms of ranking offer to others is named here too.
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
from django.conf import settings
from django.core.cache import cache
from django.db import connection, transaction
from django.utils.timezone import now
from numpy.typing import NDArray

from ranking import experiments, recipes
from ranking.attribution import Deed, attribute, watched
from ranking.belief import probabilities
from ranking.choices import (
    Chosen,
    active_recipe,
    change_recipe,
    chosen,
    pick,
    remove_chip,
    remove_recipe,
    say,
    see_less,
    set_plain,
    use_recipe,
)
from ranking.counterfactual import decided, reasons
from ranking.embedding import cluster_of, embed, packed, template_of, unpacked
from ranking.experiments import Metric
from ranking.explain import chip_text, explain, people_in, why
from ranking.features import features, need
from ranking.features import packed as packed_features
from ranking.grouping import regroup_daily
from ranking.history import HIDES, HOME, PAST, History, Page, by_author, hidden, history, remember
from ranking.inviting import answer, keep_trial, nudge, outside_nudges, settle, windows_since
from ranking.models import (
    Choices,
    Creation,
    Engagement,
    EventKind,
    Exposure,
    FriendGroup,
    NudgeState,
    NudgeTrial,
    Profile,
    Recipe,
    ServedPage,
)
from ranking.network import Learned
from ranking.nudges import PLACE, TEXTS, tired, wanted
from ranking.profiles import lately
from ranking.registry import REGISTRY
from ranking.reports import ArmReport, nudge_effects
from ranking.retention import keep_days
from ranking.sentences import MOST_DAYS
from ranking.slate import slate
from ranking.sources import gather
from ranking.standing import explorable, floor, worn
from ranking.steering import asked_for, direction, is_hard, steer, unwanted
from ranking.store import (
    BASE_RATE,
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
from ranking.tally import impressions, saturation
from ranking.tasks import train_ranker
from ranking.topics import TOPICS, topics_in
from ranking.types import (
    DAY,
    Candidates,
    Drawn,
    Items,
    Numbers,
    Placed,
    Ranking,
    Viewer,
)
from ranking.value import value
from sora_social.errors import NotFound
from sora_social.prepared import insert
from sora_social.users.models import User

__all__ = [
    "BASE_RATE",
    "HOME",
    "MOST_DAYS",
    "PLACE",
    "TEXTS",
    "TOPICS",
    "ArmReport",
    "Chosen",
    "Deed",
    "History",
    "ItemStore",
    "Metric",
    "NotReady",
    "Segment",
    "active_recipe",
    "among",
    "asked_for",
    "attribute",
    "by_author",
    "change_recipe",
    "chip_text",
    "chosen",
    "chosen_data",
    "cluster_of",
    "count_impressions",
    "current",
    "decided",
    "direction",
    "embed",
    "engage",
    "experiments",
    "explain",
    "forget",
    "found_of",
    "gather",
    "hidden",
    "history",
    "impressions",
    "is_hard",
    "keep_log",
    "lately",
    "log_page",
    "made_by",
    "newest_of",
    "nudge",
    "nudge_effects",
    "outside_nudges",
    "packed",
    "page_of",
    "people_in",
    "personal_data",
    "pick",
    "rank",
    "recipes",
    "regroup_daily",
    "remove_chip",
    "remove_recipe",
    "saturation",
    "say",
    "seconds",
    "see_less",
    "set_plain",
    "settle",
    "sighted",
    "slate",
    "template_of",
    "tired",
    "topics_in",
    "train_hourly",
    "unpacked",
    "unwanted",
    "use_recipe",
    "wanted",
    "watched",
    "why",
    "windows_since",
    "with_cameo_of",
]
POLICY = "prior-1"
PLAIN = "plain"
HOUR_S = 3600
current = REGISTRY.current  # the learned model that serves, if any


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
    items, chance = candidates.items, np.random.default_rng(seed)
    found = features(viewer, candidates, moment)
    age, seen = moment - seconds(items.id), among(items.id, viewer.seen)
    score = partial(_worth, viewer, learned)
    chances = probabilities(found, learned)
    worth = value(chances, need(items), viewer.weights)
    steered = steer(viewer.chips, items, worth, moment)
    reason, apart = reasons(found, items, worth, steered, score)
    unseen_friend = among(items.author, viewer.friends) & ~seen & steered.inside
    explored = explorable(viewer, items, age, chances["create"], chance)
    return Ranking(
        seed, viewer.id, items.id, items.author, items.root, candidates.source,
        value=steered.value,
        due=unseen_friend & (age < DAY),
        friendly=unseen_friend & (age < 3 * DAY),
        explorable=explored & ~seen & steered.inside.all(),
        seen=seen,
        steered=steered.wanted,
        floor=floor(viewer, items, age, seen),
        worn=worn(viewer, items),
        author_shown=viewer.shown_of(items.author),
        template=items.template,
        vector=items.vector,
        found=found,
        touched=steered.touched,
        reason=reason,
        apart=apart,
        chips=viewer.chips,
        recipe=viewer.recipe,
        mark=viewer.mark,
        policy=learned.name if learned else POLICY,
    )  # fmt: skip


def _worth(
    viewer: Viewer, learned: Learned | None, found: NDArray[np.floating[Any]], items: Items
) -> Numbers:
    """What showing each item is worth, by the viewer's own weights if they have any."""
    return value(probabilities(found, learned), need(items), viewer.weights)


def log_page(
    viewer: int,
    session: str,
    surface: str,
    placed: Sequence[Placed],
    policy: str = PLAIN,
    nudge: Drawn | None = None,
    found: bytes = b"",
    **said: Any,
) -> ServedPage:
    """Write the one row that says what was served, why, and with what probability.

    A ranked page goes with what `decided` said of it when it was made, and with `found_of` it: only
    such can be learned from.
    """
    nudge = nudge or Drawn()
    served = ServedPage(
        viewer=viewer, session=session, surface=surface, policy=policy,
        items=[p.item for p in placed], sources=[p.source for p in placed],
        slots=[p.slot for p in placed], propensities=[p.propensity for p in placed],
        scores=[p.score for p in placed], terms=[p.terms for p in placed],
        nudge_arm=nudge.arm, nudge_propensity=nudge.propensity, found=found, **said,
    )  # fmt: skip
    insert(served)
    remember(viewer, Page(session, served.at, surface, served.items))
    keep_trial(served, nudge)
    return served


def found_of(ranking: Ranking, placed: Sequence[Placed]) -> bytes:
    """What was known of each item of a page when it was ranked, as it is logged."""
    return packed_features(ranking.found[ranking.places_of(place.item for place in placed)])


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
    for trial in NudgeTrial.objects.filter(viewer=viewer).order_by("id").iterator():
        yield {"at": trial.at.isoformat(), "nudge": trial.arm, "shown": trial.shown}
    for met in Exposure.objects.filter(person=viewer).order_by("id"):
        yield {"at": met.at.isoformat(), "experiment": met.experiment_id, "arm": met.arm}
    for made in Creation.objects.filter(viewer=viewer, place=0).order_by("id").iterator():
        yield {"at": made.at.isoformat(), "made": made.kind, "inspired_by": made.item}
    for known in Profile.objects.filter(viewer=viewer):
        yield {"made": known.creations, "served": known.served, "answered": known.authors}


def chosen_data(viewer: int) -> dict[str, Any]:
    """What a person chose for their feed."""
    choices = Choices.objects.filter(viewer=viewer).values("plain", "chips", "recipe").first()
    written = recipes.of(viewer).order_by("pk")
    return {
        "choices": choices,
        "recipes": list(written.values("pk", "name", "weights", "shared", "lineage", "made_at")),
    }


def forget(user: User) -> None:
    """Nothing that was served to the person, or done by them, stays."""
    Engagement.objects.filter(viewer=user.pk).delete()
    ServedPage.objects.filter(viewer=user.pk).delete()
    NudgeState.objects.filter(viewer=user.pk).delete()
    PAST.forget(user.pk)
    HIDES.forget(user.pk)
    NudgeTrial.objects.filter(viewer=user.pk).delete()
    Exposure.objects.filter(person=user.pk).delete()
    FriendGroup.objects.filter(person=user.pk).delete()
    Choices.objects.filter(viewer=user.pk).delete()
    Recipe.objects.filter(author=user.pk).delete()
    Creation.objects.filter(viewer=user.pk).delete()
    Profile.objects.filter(viewer=user.pk).delete()
