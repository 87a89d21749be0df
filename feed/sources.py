"""Who looks: whom they follow, what they have seen, made and asked for, in numbers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ranking import services
from ranking.services import (
    CAMEOS,
    History,
    Segment,
    by_author,
    hidden,
    made_by,
    sighted,
    with_cameo_of,
)
from ranking.types import Viewer
from sora_social.users.models import User
from sora_social.users.relations import RELATIONS

MADE, SHOWN = 8, 32  # the last creations that say what one makes; the last items one was shown


def meet(person: User, past: History, segments: Sequence[Segment]) -> Viewer:
    """The person as ranking knows them."""
    me = np.array([person.pk], np.int64)
    friends, followed, blocked = RELATIONS.of(person.pk)
    items, weights = past.recent()
    known, lately = sighted(segments, items), services.lately(person.pk, past.moment.timestamp())
    made = made_by(segments, person.pk, MADE)
    return Viewer(
        person.pk, friends, followed, blocked, hidden(person.pk), past.seen(),
        with_cameo_of(segments, me, CAMEOS), with_cameo_of(segments, friends, CAMEOS),
        by_author(known.author, weights[known.at]),
        create_profile=lately.created, watch_profile=lately.watched,
        habits=lately.habits(past.began.timestamp(), past.passive()),
        templates=made.templates, clusters=made.clusters,
        shown=known.cluster[known.at < SHOWN],
    )  # fmt: skip
