"""Who looks: what the database knows of a viewer, in the words of ranking."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from django.db.models import Exists, OuterRef, Q

from ranking.services import (
    CAMEOS,
    History,
    Segment,
    authors_of,
    by_author,
    hidden,
    with_cameo_of,
)
from ranking.types import Ids, Viewer
from sora_social.users.models import Block, Follow, User


def meet(person: User, past: History, segments: Sequence[Segment]) -> Viewer:
    """Whom the person follows, what they have seen, and where their cameos are."""
    friends, followed = relations(person)
    mine = with_cameo_of(segments, _ids([person.pk]), CAMEOS)
    theirs = with_cameo_of(segments, friends, CAMEOS)
    recent = past.recent()
    authors = authors_of(segments, _ids(sorted({item for item, _ in recent})))
    return Viewer(
        person.pk, friends, followed, _blocked(person), hidden(person.pk), past.seen(),
        mine.id, theirs.id, by_author(recent, authors),
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


def _ids(found: Sequence[int]) -> Ids:
    return np.array(found, np.int64)
