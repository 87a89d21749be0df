"""Where candidates come from: slices of the store, so that a page costs the same at any size."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from django.db.models import Exists, OuterRef, Q

from ranking import services
from ranking.services import (
    History,
    Segment,
    authors_of,
    by_author,
    hidden,
    newest_of,
    with_cameo_of,
)
from ranking.types import DAY, SOURCES, Candidates, Ids, Items, Source, Viewer
from sora_social.ids import snowflake_at
from sora_social.users.models import Block, Follow, User

PER_FOLLOWED, FOLLOWED = 3, 600
PER_FRIEND = 30  # of a friend's last day: the guarantee knows no quota
CAMEOS = 50
Found = Iterator[tuple[Source, Items]]


def meet(person: User, past: History, segments: Sequence[Segment]) -> Viewer:
    """Whom the person follows, what they have seen, and where their cameos are."""
    friends, followed = relations(person)
    mine = with_cameo_of(segments, _ids([person.pk]), CAMEOS)
    theirs = with_cameo_of(segments, friends, CAMEOS)
    recent, lately = past.recent(), services.lately(person.pk, past.moment.timestamp())
    authors = authors_of(segments, _ids(sorted({item for item, _ in recent})))
    return Viewer(
        person.pk, friends, followed, _blocked(person), hidden(person.pk), past.seen(),
        mine.id, theirs.id, by_author(recent, authors),
        create_profile=lately.created, watch_profile=lately.watched,
        habits=lately.habits(past.began.timestamp(), past.passive()),
    )  # fmt: skip


def relations(person: User) -> tuple[Ids, Ids]:
    """(friends, everybody followed): a friend follows back."""
    back = Follow.objects.filter(follower=OuterRef("followed"), followed=person.pk)
    rows = Follow.objects.filter(follower=person.pk).annotate(mutual=Exists(back))
    pairs = list(rows.order_by("followed").values_list("followed", "mutual"))
    return _ids([who for who, mutual in pairs if mutual]), _ids([who for who, _ in pairs])


def _blocked(person: User) -> Ids:
    """Whom the person blocked, and who blocked the person."""
    either = Block.objects.filter(Q(blocker=person.pk) | Q(blocked=person.pk))
    pairs = either.values_list("blocker", "blocked")
    return _ids([who for pair in pairs for who in pair if who != person.pk])


def gather(viewer: Viewer, segments: Sequence[Segment], moment: float) -> Candidates:
    """Everything that may come into question, each item once, named after its first source."""
    parts = list(_sources(viewer, segments, moment))
    items = Items.join([found for _, found in parts])
    source = np.concatenate([np.full(len(f), SOURCES.index(s), np.uint8) for s, f in parts])
    _, first = np.unique(items.id, return_index=True)
    return Candidates(items.take(first), source[first])


def _sources(viewer: Viewer, segments: Sequence[Segment], moment: float) -> Found:
    yesterday = snowflake_at(moment - DAY)
    others = np.setdiff1d(viewer.followed, viewer.friends)
    yield Source.FRIEND, newest_of(segments, viewer.friends, PER_FRIEND, yesterday)
    yield Source.FRIEND, newest_of(segments, viewer.friends, PER_FOLLOWED).take(slice(FOLLOWED))
    yield Source.FOLLOWED, newest_of(segments, others, PER_FOLLOWED).take(slice(FOLLOWED))
    yield Source.MY_CAMEO, with_cameo_of(segments, _ids([viewer.id]), CAMEOS)
    with_friends = with_cameo_of(segments, viewer.friends, CAMEOS)
    yield Source.FRIEND_CAMEO, with_friends.take(slice(-CAMEOS, None))
    for segment in segments:
        yield Source.HOT, segment.items.take(segment.hot)
        yield Source.EXPLORE, segment.items.take(segment.fresh)
        yield Source.LATEST, segment.items.take(segment.latest)


def _ids(found: Sequence[int]) -> Ids:
    return np.array(found, np.int64)
