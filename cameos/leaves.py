"""Leave to use a cameo: asked, given, refused, taken back; and the question "may I?"."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F, QuerySet
from django.utils.timezone import now

from cameos.consent import Use
from cameos.errors import (
    AlreadyAsked,
    AudienceTooNarrow,
    ConsentRequired,
    InThePast,
    OwnCameo,
    TooManyCameos,
    UnknownCameo,
)
from cameos.models import Cameo, Character, Consent
from cameos.policies import why_not
from cameos.states import Audience, Basis, ConsentState, Rule
from cameos.terms import as_columns, darken, require_within
from sora_social import audit, outbox
from sora_social.errors import IllegalMove, NotFound
from sora_social.outbox import OutboxEvent
from sora_social.users.models import User
from sora_social.users.services import are_mutual

MOST_CAMEOS = 3  # in one video
MENTION = re.compile(r"(?<![\w@])@(\w+)")
EXPIRED_AT_ONCE = 200  # leaves ended in one sweep


# --- asking and answering -------------------------------------------------------------------------


@transaction.atomic
def request_leave(requester: User, cameo: Cameo, message: str = "") -> Consent:
    """Ask a cameo's owner for leave. Raises NotFound, OwnCameo, AlreadyAsked."""
    if cameo.owner_id == requester.pk:
        raise OwnCameo()
    if not Cameo.objects.known_to(requester).filter(pk=cameo.pk).exists():
        raise NotFound()
    _end(Consent.objects.overdue().filter(cameo=cameo, requester=requester))
    consent = _ask(requester, cameo, message)
    _note("requested", consent, requester)
    return consent


def _ask(requester: User, cameo: Cameo, message: str) -> Consent:
    try:
        with transaction.atomic():
            return Consent.objects.create(cameo=cameo, requester=requester, message=message)
    except IntegrityError:
        raise AlreadyAsked() from None


@transaction.atomic
def grant(
    consent: Consent, by: User, expires_at: datetime | None = None, **scope: object
) -> Consent:
    """The owner says yes, for ever or until a time, for all that the cameo's terms ever allow or
    for a part of it: `contexts`, `surfaces`, `alteration`, `voice`, `remixable`, `uses_left`.

    It holds while the terms let it. Raises InThePast, AudienceTooNarrow, MoreThanTheTerms.
    """
    _require_owner(consent, by)
    if expires_at and expires_at <= now():
        raise InThePast()
    if consent.cameo.audience == Audience.ONLY_ME:
        raise AudienceTooNarrow()
    given = as_columns(scope)
    require_within(consent.cameo, given)
    consent.move(ConsentState.GRANTED, decided_at=now(), expires_at=expires_at, **given)
    _note("granted", consent, by)
    return consent


@transaction.atomic
def decline(consent: Consent, by: User) -> Consent:
    """The owner says no."""
    _require_owner(consent, by)
    consent.move(ConsentState.DECLINED, decided_at=now())
    _note("declined", consent, by)
    return consent


@transaction.atomic
def revoke_leave(consent: Consent, by: User) -> Consent:
    """The owner takes a leave back, or its holder gives it back; what stood on it goes dark."""
    if by.pk not in (consent.cameo.owner_id, consent.requester_id):
        raise NotFound()
    consent.move(ConsentState.REVOKED, decided_at=now())
    darken(consent.cameo)
    _note("revoked", consent, by)
    return consent


def end_all(cameo: Cameo, by: User) -> None:
    """With the cameo goes every leave: open requests are declined, granted leaves revoked, and
    whoever held them is told. However many there are, it is a few statements: everything with the
    likeness is dark only after them."""
    held = cameo.consents.open().select_for_update(of=("self",))
    leaves = list(held.select_related("requester"))
    ends = {
        ConsentState.REQUESTED: ConsentState.DECLINED,
        ConsentState.GRANTED: ConsentState.REVOKED,
    }
    at = now()
    for state, end in ends.items():
        pks = [leave.pk for leave in leaves if leave.state == state]
        Consent.objects.filter(pk__in=pks).update(state=end, state_changed_at=at, decided_at=at)
    _note_all(
        [(ends[ConsentState(one.state)].value, one) for one in leaves if one.basis != Basis.OWN],
        by,
        but=by,
    )


def expire_leaves() -> int:
    """End the leaves whose time is over (they have been dead since); how many there were."""
    return _end(Consent.objects.overdue().order_by("expires_at")[:EXPIRED_AT_ONCE])


def _end(overdue: Iterable[Consent]) -> int:
    ended = 0
    for consent in overdue:
        with suppress(IllegalMove), transaction.atomic():  # another sweep may be faster
            consent.move(ConsentState.EXPIRED)
            darken(consent.cameo)
            _note("expired", consent, None)
            ended += 1
    return ended


def _require_owner(consent: Consent, by: User) -> None:
    if consent.cameo.owner_id != by.pk:
        raise NotFound()


def _note(what: str, consent: Consent, by: User | None) -> None:
    """Into the audit chain, and to both sides."""
    _note_all([(what, consent)], by)


def _note_all(
    notes: Sequence[tuple[str, Consent]], by: User | None, but: User | None = None
) -> None:
    audit.record_all([_said(what, consent, by) for what, consent in notes])
    events = [event for what, consent in notes for event in _told(what, consent, by)]
    outbox.write_all([event for event in events if but is None or event.user_id != but.pk])


def _said(what: str, consent: Consent, by: User | None) -> audit.Decision:
    body = {
        "consent": str(consent.pk),
        "cameo": str(consent.cameo_id),
        "requester": consent.requester_id,
        "basis": consent.basis,
        "expires_at": _end_of(consent),
    }
    return audit.Decision(f"consent.{what}", by.pk if by else None, body)


def _told(what: str, consent: Consent, by: User | None) -> Iterator[OutboxEvent]:
    cameo, requester = consent.cameo, consent.requester
    facts = {"message": consent.message, "expires_at": _end_of(consent)}
    facts |= {"consent": str(consent.pk), "cameo": str(cameo.pk), "handle": cameo.handle}
    for person, other in ((cameo.owner, requester), (requester, cameo.owner)):
        yield OutboxEvent(
            event_key=f"consent.{what}.{consent.pk}.{person.pk}",
            user_id=person.pk,
            kind=f"consent_{what}",
            # `by`: whom it is about; `own`: the person did it
            payload={"by": other.handle, "own": person == by, **facts},
        )


def _end_of(consent: Consent) -> str | None:
    return consent.expires_at.isoformat() if consent.expires_at else None


# --- may I? ---------------------------------------------------------------------------------------


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
