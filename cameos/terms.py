"""The terms on which a likeness is lent: changed by its owner, each change a revision of its own.

To allow less takes effect at once: the epoch moves, and with it every address of a video dies.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils.timezone import now

from cameos.consent import narrows, within
from cameos.errors import (
    InThePast,
    MoreThanTheTerms,
    NotListed,
    ProtectsOnly,
    ReleaseRequired,
)
from cameos.models import TERMS, Cameo, Listing, Release, RuledOut, TermsRevision
from cameos.states import Audience, CameoState, Context, Purpose, Surface, bits, words
from cameos.wording import as_pattern, clauses
from sora_social import audit, outbox
from sora_social.errors import IllegalMove
from sora_social.ids import uuid7
from sora_social.users.models import User

VOCABULARIES = {"contexts": Context, "surfaces": Surface}
CIRCLES = ("audience", "remix")
YES_OR_NO = ("alteration", "voice")


@transaction.atomic
def set_terms(cameo: Cameo, **changes: Any) -> Cameo:
    """Change some of `audience`, `remix`, `contexts`, `surfaces`, `alteration`, `voice`,
    `instructions`, `safety`, `expires_at`. Raises InThePast, ProtectsOnly, ReleaseRequired for a
    voice that was not released, IllegalMove once it is revoked."""
    if (end := changes.get("expires_at")) and end <= now():
        raise InThePast()
    before = _locked(cameo)
    given = as_columns(changes)
    _require_lendable(before, given)
    if any(getattr(before, name) != value for name, value in given.items()):
        _revise(cameo, before, **given)
    return cameo


@transaction.atomic
def close(cameo: Cameo) -> Cameo:
    """Nothing new may be made with it, by anybody else; what there is stays."""
    _revise(cameo, _locked(cameo), closed_at=now())
    return cameo


@transaction.atomic
def freeze(cameo: Cameo) -> Cameo:
    """No new remixes of what it is in, by anybody else; what there is stays."""
    _revise(cameo, _locked(cameo), frozen_at=now())
    return cameo


@transaction.atomic
def reopen(cameo: Cameo) -> Cameo:
    """Lent again as its terms say, after `close` or `freeze`."""
    _revise(cameo, _locked(cameo), closed_at=None, frozen_at=None)
    return cameo


@transaction.atomic
def enlist(cameo: Cameo, handle: str, *, allowed: bool) -> Listing:
    """Let somebody in, or keep somebody out, whatever the audience. Raises NotListed."""
    _locked(cameo)
    person = User.objects.visible_to(cameo.owner).filter(handle=handle.lower()).first()
    if person is None or person == cameo.owner:
        raise NotListed(handle=handle)
    listing, _ = Listing.objects.update_or_create(
        cameo=cameo, person=person, defaults={"allowed": allowed}
    )
    _darken_for(cameo, "listed", person, allowed=allowed)
    return listing


@transaction.atomic
def delist(cameo: Cameo, handle: str) -> None:
    """The audience alone decides about somebody again. Raises NotListed."""
    _locked(cameo)
    listing = cameo.listings.filter(person__handle=handle.lower()).select_related("person").first()
    if listing is None:
        raise NotListed(handle=handle)
    listing.delete()
    _darken_for(cameo, "delisted", listing.person, allowed=listing.allowed)


def as_columns(said: Mapping[str, Any]) -> dict[str, Any]:
    """Words of a vocabulary as the numbers that the columns hold."""
    return {
        name: bits(value, VOCABULARIES[name]) if name in VOCABULARIES else value
        for name, value in said.items()
        if value is not None or name == "expires_at"
    }


def require_within(cameo: Cameo, scope: Mapping[str, Any]) -> None:
    """Whether the cameo's terms have all that a scope says. Raises MoreThanTheTerms."""
    for name, vocabulary in VOCABULARIES.items():
        held = getattr(cameo, name)
        if beyond := scope.get(name, 0) & ~held:
            asked, at_most = (sorted(words(number, vocabulary)) for number in (beyond, held))
            raise MoreThanTheTerms(field=name, asked=asked, at_most=at_most)
    for name in YES_OR_NO:
        if scope.get(name) and not getattr(cameo, name):
            raise MoreThanTheTerms(field=name, asked=True, at_most=False)


def _require_lendable(cameo: Cameo, given: Mapping[str, Any]) -> None:
    wider = any(given.get(circle, Audience.ONLY_ME) != Audience.ONLY_ME for circle in CIRCLES)
    if cameo.protects_only and wider:
        raise ProtectsOnly()
    if given.get("voice") and not cameo.voice:
        _require_voice(cameo)


def _require_voice(cameo: Cameo) -> None:
    last = Release.objects.of(cameo.pk).first()
    if last is None or not last.covers(Purpose.VOICE):
        version = last.version if last else None
        raise ReleaseRequired(version=version, purposes=[Purpose.VOICE.value])


def _locked(cameo: Cameo) -> Cameo:
    """The cameo as it is, nobody changing it. Raises IllegalMove once it is revoked."""
    known = Cameo.objects.select_for_update().get(pk=cameo.pk)
    if known.state == CameoState.REVOKED:
        raise IllegalMove(here=CameoState.REVOKED, to=known.state)
    return known


def _revise(cameo: Cameo, before: Cameo, **changes: Any) -> None:
    """Write the terms and their revision; what was narrowed is dark at once."""
    if not TermsRevision.objects.filter(cameo=cameo).exists():
        _keep_revision(before)
    rows = Cameo.objects.filter(pk=cameo.pk)
    rows.update(revision=F("revision") + 1, **changes)
    cameo.refresh_from_db(fields=[*TERMS, "revision", "state"])
    if "safety" in changes:
        rule_out(cameo)
    if not _only_wider(before, cameo):
        darken(cameo)
    _keep_revision(cameo)
    record(
        "terms",
        cameo,
        revision=cameo.revision,
        **{name: str(value) for name, value in changes.items()},
    )


def rule_out(cameo: Cameo) -> None:
    """Write the safety instructions down as the database asks them, of what there is as well."""
    cameo.ruled_out.all().delete()
    patterns = (as_pattern(clause) for clause in sorted(clauses(cameo.safety)))
    RuledOut.objects.bulk_create(RuledOut(cameo=cameo, pattern=pattern) for pattern in patterns)


def darken(cameo: Cameo) -> None:
    """Count the epoch up: every media URL made before is void."""
    Cameo.objects.filter(pk=cameo.pk).update(epoch=F("epoch") + 1)
    cameo.refresh_from_db(fields=["epoch"])


def _only_wider(before: Cameo, after: Cameo) -> bool:
    circles = (narrows(getattr(before, circle), getattr(after, circle)) for circle in CIRCLES)
    return not any(circles) and within(before.policy(), after.policy())


def _keep_revision(cameo: Cameo) -> None:
    terms = {name: getattr(cameo, name) for name in TERMS}
    TermsRevision.objects.create(cameo=cameo, number=cameo.revision, **terms)


def _darken_for(cameo: Cameo, what: str, person: User, **facts: object) -> None:
    darken(cameo)
    record(what, cameo, person=person.pk, **facts)


def record(what: str, cameo: Cameo, **facts: object) -> None:
    """What an owner did, into the audit chain and to the owner's devices."""
    audit.record(f"cameo.{what}", cameo.owner_id, cameo=str(cameo.pk), **facts)
    tell(what, cameo)


def tell(what: str, cameo: Cameo) -> None:
    """Its owner's devices, that it has changed."""
    outbox.write(
        f"cameo.{what}.{uuid7()}",
        cameo.owner_id,
        "cameo_changed",
        cameo=str(cameo.pk),
        handle=cameo.handle,
        state=cameo.state,
        audience=cameo.audience,
    )
