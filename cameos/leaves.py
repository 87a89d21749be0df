"""Leave to use a cameo: asked, given, refused, taken back, ended."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.timezone import now

from cameos.errors import AlreadyAsked, AudienceTooNarrow, InThePast, OwnCameo
from cameos.models import Cameo, Consent
from cameos.states import Audience, Basis, ConsentState
from cameos.terms import as_columns, darken, require_within
from sora_social import audit, outbox
from sora_social.errors import IllegalMove, NotFound
from sora_social.outbox import OutboxEvent
from sora_social.users.models import User

EXPIRED_AT_ONCE = 200  # leaves ended in one sweep


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
