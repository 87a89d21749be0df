"""Likenesses as subjects of cases: whose they are, enrolments to review, and what a review does."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from cameos import review
from cameos.lookalikes import NEAR, VERY_NEAR
from cameos.models import Cameo
from sora_social.moderation import desk
from sora_social.moderation.models import Case, CaseKind, Decision, Subject
from sora_social.moderation.services import open_case
from sora_social.moderation.states import Reason
from sora_social.users.models import User


@desk.owns(Subject.CAMEO)
def whose(subject_id: str, facts: Mapping[str, Any]) -> desk.Parties:
    """Its owner, and who else has that face, where one was found."""
    pks = [subject_id, *filter(None, [facts.get("like")])]
    owners = dict(Cameo.objects.filter(down_id__in=pks).values_list("down_id", "owner"))
    return desk.Parties(owners.get(subject_id), frozenset(owners.values()))


def open_review(cameo: Cameo, doubts: Iterable[str], like: UUID | None = None) -> Case:
    """A moderator is to look at a likeness; another's like it is for moderators' eyes alone."""
    doubts = list(doubts)
    twice = {NEAR, VERY_NEAR} & set(doubts)
    facts = {"doubts": doubts} | ({"like": str(like)} if like else {})
    kind = CaseKind.DUPLICATE if twice else CaseKind.ENROLMENT
    return open_case(Subject.CAMEO, str(cameo.pk), kind, **facts)


@desk.follows(CaseKind.ENROLMENT)
@desk.follows(CaseKind.DUPLICATE)
def conclude(case: Case, moderator: User) -> None:
    """The decision is about the enrolment: its owner hears the published reason and no more."""
    cameo = Cameo.objects.select_for_update().get(pk=case.subject_id)
    if case.decision == Decision.APPROVE:
        review.approve(cameo, moderator)
    else:
        review.reject(cameo, moderator, Reason(case.reason).label)
