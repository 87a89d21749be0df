"""What is kept of a person: for their export, and to be gone with them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ranking import recipes
from ranking.history import HIDES, PAST
from ranking.inviting import ANSWERED
from ranking.models import (
    Choices,
    Creation,
    Engagement,
    Exposure,
    FriendGroup,
    NudgeState,
    NudgeTrial,
    Profile,
    Recipe,
    ServedPage,
)
from ranking.profiles import PROFILES
from sora_social.users.models import User


def personal_data(viewer: int) -> Iterator[dict[str, Any]]:
    """What is kept of a person's pages and of what they did on them."""
    for page in ServedPage.objects.filter(viewer=viewer).order_by("at").iterator():
        seen = {"at": page.at.isoformat(), "surface": page.surface, "items": page.items}
        yield seen | {"arms": page.arms}
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
    ANSWERED.forget(user.pk)
    PAST.forget(user.pk)
    HIDES.forget(user.pk)
    NudgeTrial.objects.filter(viewer=user.pk).delete()
    Exposure.objects.filter(person=user.pk).delete()
    FriendGroup.objects.filter(person=user.pk).delete()
    Choices.objects.filter(viewer=user.pk).delete()
    Recipe.objects.filter(author=user.pk).delete()
    Creation.objects.filter(viewer=user.pk).delete()
    Profile.objects.filter(viewer=user.pk).delete()
    PROFILES.forget(user.pk)
