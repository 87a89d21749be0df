"""May I? Which leave covers a use of a cameo, and who is named in a prompt."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from uuid import UUID

from django.db.models import F, QuerySet
from django.utils.timezone import now

from cameos.consent import Use
from cameos.errors import ConsentRequired, TooManyCameos, UnknownCameo
from cameos.models import Cameo, Character, Consent
from cameos.policies import why_not
from cameos.states import Audience, Basis, ConsentState, Rule
from sora_social.users.models import User
from sora_social.users.services import are_mutual

MOST_CAMEOS = 3  # in one video
MENTION = re.compile(r"(?<![\w@])@(\w+)")


def consent_for(person: User, cameo: Cameo) -> Consent:
    """The first live leave a person holds on a cameo. Raises ConsentRequired.

    What stands without a grant (one's own cameo, mutuals, everyone) becomes a row when first used.
    """
    held = _candidates(person, cameo)
    if not held:
        raise ConsentRequired(cameo=cameo.handle, rule=Rule.PERSON)
    return _kept(held[0])


def leave_for(person: User, cameo: Cameo, use: Use) -> Consent:
    """The first leave that covers a use; one that stands without a grant may have no row yet.

    Raises ConsentRequired, naming the rule by which the first one does not.
    """
    refused = []
    for leave in _candidates(person, cameo):
        rule = why_not(leave, use)
        if rule is None:
            return leave
        refused.append(rule)
    raise ConsentRequired(cameo=cameo.handle, rule=next(iter(refused), Rule.PERSON))


def leaves_for(person: User, uses: Mapping[Cameo, Use]) -> dict[UUID, Consent]:
    """Everybody's leave for the use that is asked of them, by cameo; locked, so that it holds
    until this transaction ends. Raises ConsentRequired, naming the cameo and the rule."""
    if not uses:
        return {}
    chosen = [_kept(leave_for(person, cameo, use)).pk for cameo, use in uses.items()]
    rows = Consent.objects.select_for_update(of=("self",)).filter(pk__in=chosen).order_by("pk")
    leaves = {leave.cameo_id: leave for leave in rows.select_related("cameo__owner", "requester")}
    live = set(Consent.objects.live().filter(pk__in=chosen).values_list("pk", flat=True))
    for cameo, use in uses.items():  # again, for others may have been faster
        leave = leaves[cameo.pk]
        if rule := why_not(leave, use) if leave.pk in live else Rule.PERSON:
            raise ConsentRequired(cameo=cameo.handle, rule=rule)
    return leaves


def _candidates(person: User, cameo: Cameo) -> list[Consent]:
    """Live leaves, oldest first, and the one that stands by itself, if none such is among them."""
    live = Consent.objects.live().filter(cameo=cameo.pk, requester=person.pk)
    held = list(live.select_related("cameo__owner", "requester").order_by("pk"))
    if all(leave.basis == Basis.GRANT for leave in held) and (basis := _basis(person, cameo)):
        usable = Cameo.objects.select_related("owner").get(pk=cameo.pk)
        held.append(Consent(cameo=usable, requester=person, basis=basis))
    return held


def _kept(leave: Consent) -> Consent:
    """The leave as a row."""
    if not leave._state.adding:
        return leave
    kept, _ = Consent.objects.get_or_create(
        cameo=leave.cameo,
        requester=leave.requester,
        basis=leave.basis,
        state=ConsentState.GRANTED,
        defaults={"decided_at": now()},
    )
    return kept


def _basis(person: User, cameo: Cameo) -> Basis | None:
    """On what a leave would stand that nobody granted."""
    usable = Cameo.objects.usable_by(person).filter(pk=cameo.pk)
    known = usable.values_list("owner", "audience").first()
    if known is None:
        return None
    owner, audience = known
    if owner == person.pk:
        return Basis.OWN
    if audience == Audience.EVERYONE:
        return Basis.EVERYONE
    if cameo.listings.filter(person=person, allowed=True).exists():
        return Basis.LISTED
    mutual = audience == Audience.MUTUALS and are_mutual(cameo.owner, person)
    return Basis.MUTUALS if mutual else None


def count_down(leaves: Iterable[Consent]) -> None:
    """One use less of those that are counted; they are locked and have one left."""
    counted = [leave.pk for leave in leaves if leave.uses_left is not None]
    if counted:
        Consent.objects.filter(pk__in=counted).update(uses_left=F("uses_left") - 1)


def give_back(consents: QuerySet[Consent]) -> None:
    """Of a use that came to nothing, the count; the rows are locked already."""
    consents.filter(uses_left__isnull=False).update(uses_left=F("uses_left") + 1)


def mentioned(person: User, text: str) -> list[Cameo | Character]:
    """The cameos and characters that a prompt names as @handle, in order; no two share a handle.

    A cameo is named to ask for leave, a character to be used. Raises UnknownCameo, TooManyCameos.
    """
    handles = list(dict.fromkeys(handle.lower() for handle in MENTION.findall(text)))
    if len(handles) > MOST_CAMEOS:
        raise TooManyCameos(found=len(handles), at_most=MOST_CAMEOS)
    found = _found(person, handles) if handles else {}
    for handle in handles:
        if handle not in found:
            raise UnknownCameo(handle=handle)
    return [found[handle] for handle in handles]


def _found(person: User, handles: list[str]) -> dict[str, Cameo | Character]:
    cameos = Cameo.objects.known_to(person).filter(handle__in=handles)
    characters = Character.objects.usable_by(person).filter(handle__in=handles)
    return {one.handle: one for one in (*cameos, *characters)}
