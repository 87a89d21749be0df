"""Leave to use a cameo: asked, given, refused, taken back; and the question "may I?"."""

from __future__ import annotations

import re
from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils.timezone import now

from cameos.consent import Policy
from cameos.errors import (
    AlreadyAsked,
    AudienceTooNarrow,
    ConsentRequired,
    InThePast,
    OwnCameo,
    TooManyCameos,
    UnknownCameo,
)
from cameos.models import Cameo, Consent
from cameos.states import Audience, Basis, ConsentState
from sora_social import audit, outbox
from sora_social.errors import IllegalMove, NotFound
from sora_social.users.models import User

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
def grant(consent: Consent, by: User, expires_at: datetime | None = None) -> Consent:
    """The owner says yes, for ever or until a time. It holds while the audience lets it."""
    _require_owner(consent, by)
    if expires_at and expires_at <= now():
        raise InThePast()
    if consent.cameo.audience == Audience.ONLY_ME:
        raise AudienceTooNarrow()
    consent.move(ConsentState.GRANTED, decided_at=now(), expires_at=expires_at)
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
    """With the cameo goes every leave: open requests are declined, granted leaves revoked."""
    for consent in cameo.consents.open().select_related("cameo__owner", "requester"):
        asked = consent.state == ConsentState.REQUESTED
        consent.move(ConsentState.DECLINED if asked else ConsentState.REVOKED, decided_at=now())
        if consent.basis != Basis.OWN:
            _note("declined" if asked else "revoked", consent, by)


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


def darken(cameo: Cameo) -> None:
    """Count the epoch up: every media URL made before is void."""
    Cameo.objects.filter(pk=cameo.pk).update(epoch=F("epoch") + 1)
    cameo.refresh_from_db(fields=["epoch"])


def _require_owner(consent: Consent, by: User) -> None:
    if consent.cameo.owner_id != by.pk:
        raise NotFound()


def _note(what: str, consent: Consent, by: User | None) -> None:
    """Into the audit chain, and to both sides."""
    cameo, requester = consent.cameo, consent.requester
    ends = consent.expires_at.isoformat() if consent.expires_at else None
    audit.record(
        f"consent.{what}",
        by.pk if by else None,
        consent=str(consent.pk),
        cameo=str(cameo.pk),
        requester=requester.pk,
        basis=consent.basis,
        expires_at=ends,
    )
    facts: dict[str, str | None] = {"message": consent.message, "expires_at": ends}
    facts |= {"consent": str(consent.pk), "cameo": str(cameo.pk), "handle": cameo.handle}
    for person, other in ((cameo.owner, requester), (requester, cameo.owner)):
        outbox.write(
            f"consent.{what}.{consent.pk}.{person.pk}",
            person.pk,
            f"consent_{what}",
            by=other.handle,  # whom it is about; `own`: the person did it
            own=person == by,
            **facts,
        )


# --- may I? ---------------------------------------------------------------------------------------


def consent_for(person: User, cameo: Cameo) -> Consent:
    """The live leave a person holds on a cameo. Raises ConsentRequired.

    What stands without a grant (one's own cameo, mutuals, everyone) becomes a row when first used.
    """
    held = Consent.objects.live().filter(cameo=cameo.pk, requester=person.pk).order_by("pk")
    return held.first() or _standing_leave(person, cameo)


def _standing_leave(person: User, cameo: Cameo) -> Consent:
    usable = Cameo.objects.usable_by(person).filter(pk=cameo.pk).first()
    if usable is None:
        raise ConsentRequired(cameo=cameo.handle)
    leave, _ = Consent.objects.get_or_create(
        cameo=usable,
        requester=person,
        basis=_basis(person, usable),
        state=ConsentState.GRANTED,
        defaults={"decided_at": now()},
    )
    return leave


def _basis(person: User, cameo: Cameo) -> Basis:
    if cameo.owner_id == person.pk:
        return Basis.OWN
    return Basis.EVERYONE if cameo.audience == Audience.EVERYONE else Basis.MUTUALS


def mentioned(person: User, text: str) -> list[Cameo]:
    """The cameos that a prompt names as @handle, in order. Raises UnknownCameo, TooManyCameos."""
    handles = list(dict.fromkeys(handle.lower() for handle in MENTION.findall(text)))
    if len(handles) > MOST_CAMEOS:
        raise TooManyCameos(found=len(handles), at_most=MOST_CAMEOS)
    known = Cameo.objects.known_to(person).filter(handle__in=handles) if handles else []
    found = {cameo.handle: cameo for cameo in known}
    for handle in handles:
        if handle not in found:
            raise UnknownCameo(handle=handle)
    return [found[handle] for handle in handles]


def policy_of(cameo: Cameo, leave: Consent | None = None) -> Policy:
    """How far a cameo may go, and with it what is made under a leave."""
    audience = Audience(cameo.audience)
    return Policy(
        audience=audience,
        remixable=audience != Audience.ONLY_ME,
        expires_at=leave.expires_at if leave else None,
    )
