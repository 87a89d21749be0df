"""The invitation to create that may stand on a page: when it is made, what it hands over."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from feed.cards import Card
from generation.models import Job
from ranking import services
from ranking.services import History
from ranking.types import Arm, Drawn, Placed, Sitting, Source
from sora_social.users.models import User


def invite(viewer: User, past: History, placed: Sequence[Placed]) -> Drawn:
    """Perhaps an invitation to create; never to somebody who has created in this session."""
    moment, began = past.moment.timestamp(), past.began.timestamp()
    sitting = Sitting(began, past.passive(), created=False)
    if not placed or not services.wanted(sitting, moment):
        return Drawn()
    if Job.objects.by(viewer).filter(made_at__gte=past.began).exists():
        return Drawn()
    arms = [Arm.REMIX_YOUR_FRIEND] if _of_friend(placed) else [Arm.TRY_THIS]
    return services.nudge(viewer.pk, sitting, arms, moment)


def _of_friend(placed: Sequence[Placed]) -> Placed | None:
    return next((place for place in placed if place.source == Source.FRIEND), None)


def _example(placed: Sequence[Placed], arm: str) -> Placed:
    """A friend's post, or the one most valued here."""
    friend = _of_friend(placed) if arm == Arm.REMIX_YOUR_FRIEND else None
    return friend or max(placed, key=lambda place: place.score)


def invitation(nudge: Drawn, placed: Sequence[Placed], shown: dict[int, Card]) -> dict[str, Any]:
    """The item of the page: a ready remix of a post on it."""
    card = shown[_example(placed, nudge.arm).item]
    return {
        "kind": "nudge",
        "arm": nudge.arm,
        "text": nudge.text,
        "prompt": card["prompt"],
        "post": card["id"],
    }
