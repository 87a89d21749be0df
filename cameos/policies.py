"""Policies of rows: what a cameo's terms and somebody's leave come to, for the lattice."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.utils.timezone import now

from cameos.consent import OPEN, Circle, Policy, Tie, Ties, Use, meet, refusals
from cameos.models import Cameo, Consent
from cameos.states import Audience, Basis, Context, Rule, Surface, words
from sora_social.users.models import User
from sora_social.users.services import are_mutual
from sora_social.wording import telling_words


def policy_of(cameo: Cameo, leave: Consent | None = None) -> Policy:
    """How far a cameo may go, and with a leave, how far under that leave.

    What people do with their own likeness is theirs alone; but once it has lapsed, nothing new is
    made with it by anybody.
    """
    unlapsed = replace(OPEN, closed_at=cameo.lapses_at)
    if leave is not None and leave.basis == Basis.OWN:
        return unlapsed
    terms = meet(meet(cameo.policy(), unlapsed), _circles(cameo))
    return meet(terms, _scope(leave)) if leave is not None else terms


def ties_under(leave: Consent) -> Ties:
    """What the leave's holder is to the owner, as far as this leave says; whether they are mutuals
    is looked up only where a circle of the cameo's asks for it."""
    cameo = leave.cameo
    asked = Audience.MUTUALS in (cameo.audience, cameo.remix)
    mutual = asked and are_mutual(cameo.owner_id, leave.requester_id)
    tie = Tie(approved=leave.basis == Basis.GRANT, mutual=mutual)
    return lambda owner, person: tie


def why_not(leave: Consent, use: Use, *, counted: bool = True) -> Rule | None:
    """The first rule by which the cameo's terms or the leave's refuse a use; what was `counted`
    already when it was asked for is not counted again."""
    policy = policy_of(leave.cameo, leave)
    if not counted:
        policy = replace(policy, count=None)
    return next(refusals(policy, use, ties_under(leave)), None)


def _circles(cameo: Cameo) -> Policy:
    allow, deny = set(), set()
    for listing in cameo.listings.all():
        (allow if listing.allowed else deny).add(listing.person_id)
    exceptions = {"allow": frozenset(allow), "deny": frozenset(deny)}
    users = Circle(cameo.owner_id, Audience(cameo.audience), **exceptions)
    remixers = Circle(cameo.owner_id, Audience(cameo.remix), **exceptions)
    return replace(OPEN, users=frozenset({users}), remixers=frozenset({remixers}))


def _scope(leave: Consent) -> Policy:
    return Policy(
        contexts=words(leave.contexts, Context),
        surfaces=words(leave.surfaces, Surface),
        alteration=leave.alteration,
        voice=leave.voice,
        remixable=leave.remixable,
        count=leave.uses_left,
        expires_at=leave.expires_at,
    )


def use_of(person: User, *, text: str = "", **asked: Any) -> Use:
    """A use that is asked for now; `text`, or `said` as its telling words: what is to be seen."""
    at = now()
    return Use(person=person.pk, at=at, since=at, **{"said": telling_words(text)} | asked)
