"""The life of a cameo: opened, shown to more or fewer, paused, revoked, forgotten.

Enrolment, judging, review, leave and characters have files of their own; other rooms find all of
it here.
"""

from __future__ import annotations

from collections.abc import Iterator

from django.db import IntegrityError, transaction
from django.db.models import F

from cameos import characters, protecting
from cameos.characters import (
    Part,
    change_character,
    character_picture,
    make_character,
    pause_character,
    remove_character,
    resume_character,
    resume_sketching,
)
from cameos.ending import end, purge_forgotten
from cameos.enrolment import answer, challenge, challenge_of, resume_verifying
from cameos.errors import AdultsOnly, HandleTaken, OneCameoEach
from cameos.firewall import is_anybody_enrolled, who_is_in
from cameos.firewall import warm as warm_firewall
from cameos.gatekeeping import Stood, passed, refused
from cameos.judging import verify
from cameos.leaves import decline, expire_leaves, grant, request_leave, revoke_leave
from cameos.models import TERMS, Cameo, Consent, Release
from cameos.policies import policy_of, use_of, why_not
from cameos.proofs import ask, check_receipt, public_key, receipt_of
from cameos.releases import (
    current_text,
    forget_old_releases,
    require,
    sign,
    take_back_use,
)
from cameos.renewals import remind_of_lapses
from cameos.repacking import move_to_current_pack, repack
from cameos.review import approve, reject
from cameos.sketching import sketch
from cameos.states import CameoState, ConsentState, Purpose, words
from cameos.terms import close, delist, enlist, freeze, record, reopen, set_terms
from cameos.uses import MENTION, consent_for, count_down, give_back, leaves_for, mentioned
from sora_social import audit
from sora_social.errors import IllegalMove
from sora_social.users.export import as_json
from sora_social.users.models import HandleKind, User
from sora_social.users.services import claim_handle

__all__ = [
    "MENTION",
    "Part",
    "Stood",
    "answer",
    "approve",
    "ask",
    "challenge",
    "challenge_of",
    "change_character",
    "character_picture",
    "check_receipt",
    "close",
    "consent_for",
    "count_down",
    "current_text",
    "decline",
    "delist",
    "enlist",
    "expire_leaves",
    "forget",
    "forget_old_releases",
    "freeze",
    "give_back",
    "grant",
    "is_anybody_enrolled",
    "leaves_for",
    "lend",
    "make_character",
    "mentioned",
    "move_to_current_pack",
    "open_cameo",
    "passed",
    "pause",
    "pause_character",
    "personal_data",
    "policy_of",
    "public_key",
    "purge_forgotten",
    "receipt_of",
    "reference_keys",
    "refused",
    "reject",
    "remind_of_lapses",
    "remove_character",
    "rename",
    "reopen",
    "repack",
    "request_leave",
    "resume",
    "resume_character",
    "resume_sketching",
    "resume_verifying",
    "revoke",
    "revoke_leave",
    "set_terms",
    "sign",
    "sketch",
    "take_back_use",
    "use_of",
    "verify",
    "warm_firewall",
    "who_is_in",
    "why_not",
]


@transaction.atomic
def open_cameo(
    owner: User, handle: str = "", display_name: str = "", protects_only: bool = False
) -> Cameo:
    """Begin a cameo of oneself, known by the owner's handle unless another is given. One that
    `protects_only` is found where others used the likeness, and usable by nobody.

    Raises AdultsOnly, OneCameoEach, HandleTaken.
    """
    handle = (handle or owner.handle).lower()
    if owner.age_band != "adult":
        raise AdultsOnly()
    if Cameo.objects.standing().owned_by(owner).exists():
        raise OneCameoEach()
    if handle != owner.handle and not claim_handle(owner, handle, HandleKind.CAMEO):
        raise HandleTaken()
    cameo = _open(owner, handle, display_name, protects_only)
    audit.record("cameo.opened", owner.pk, cameo=str(cameo.pk))
    return cameo


def _open(owner: User, handle: str, display_name: str, protects_only: bool) -> Cameo:
    named = {"handle": handle, "display_name": display_name}
    try:
        with transaction.atomic():
            return Cameo.objects.create(owner=owner, protects_only=protects_only, **named)
    except IntegrityError:
        raced = Cameo.objects.standing().owned_by(owner).exists()
        raise (OneCameoEach() if raced else HandleTaken()) from None


def rename(cameo: Cameo, display_name: str) -> None:
    Cameo.objects.filter(pk=cameo.pk).update(display_name=display_name)
    cameo.refresh_from_db(fields=["display_name"])


@transaction.atomic
def pause(cameo: Cameo) -> Cameo:
    """Nobody may use it, and nothing made with it is shown, until it is resumed."""
    cameo.move(CameoState.PAUSED, epoch=F("epoch") + 1)
    record("paused", cameo)
    return cameo


@transaction.atomic
def resume(cameo: Cameo) -> Cameo:
    """Back from a pause, and only from there: other ways to `active` are a moderator's."""
    if cameo.state != CameoState.PAUSED:
        raise IllegalMove(here=cameo.state, to=CameoState.ACTIVE)
    cameo.move(CameoState.ACTIVE)
    record("resumed", cameo)
    return cameo


@transaction.atomic
def revoke(cameo: Cameo) -> Cameo:
    """End a cameo for good: key, template, pictures and every leave are gone."""
    cameo.refresh_from_db(from_queryset=Cameo.objects.select_for_update())  # a check may just end
    end(cameo)
    record("revoked", cameo)
    return cameo


@transaction.atomic
def lend(cameo: Cameo) -> Cameo:
    """Make a cameo that only protects one that can be lent. Raises ReleaseRequired unless its owner
    has agreed to that use, IllegalMove if it can be lent already."""
    require(cameo, Purpose.ENROL, Purpose.SAFETY_SEARCH, Purpose.USE)
    return protecting.lend(cameo)


def reference_keys(cameo: Cameo) -> list[str]:
    """Storage keys of the pictures that condition a generation, best first."""
    return list(cameo.references.values_list("key", flat=True))


# --- a person's own, and a person's end -----------------------------------------------------------


def personal_data(user: User) -> Iterator[tuple[str, bytes | str]]:
    """Parts of a person's export: cameos, leaves, and the reference pictures as storage keys."""
    cameos = list(Cameo.objects.owned_by(user).prefetch_related("references"))
    yield "cameos/cameos.json", as_json([_about(cameo) for cameo in cameos])
    releases = Release.objects.filter(person=user).order_by("pk")
    yield "cameos/releases.json", as_json([_about_release(release) for release in releases])
    leaves = Consent.objects.of(user).select_related("cameo", "requester")
    yield "cameos/leaves.json", as_json([_about_leave(leave) for leave in leaves])
    for cameo in cameos:
        for picture in cameo.references.all():
            yield f"cameos/{cameo.handle}-{picture.position + 1}.webp", picture.key
    yield from characters.personal_data(user)


def _about(cameo: Cameo) -> dict[str, object]:
    names = ("id", "handle", "display_name", "state", "made_at", "state_changed_at", *TERMS)
    more = ("protects_only", "verified_at", "lapses_at")
    return {name: getattr(cameo, name) for name in (*names, *more)}


def _about_release(release: Release) -> dict[str, object]:
    names = ("id", "cameo_id", "version", "locale", "sha256", "adult", "made_at")
    purposes = sorted(words(release.purposes, Purpose))
    return {name: getattr(release, name) for name in names} | {"purposes": purposes}


def _about_leave(leave: Consent) -> dict[str, object]:
    names = ("id", "state", "basis", "message", "made_at", "decided_at", "expires_at")
    who = {"cameo": leave.cameo.handle, "requester": leave.requester.handle}
    return who | {name: getattr(leave, name) for name in names}


def forget(user: User) -> None:
    """Before a person's rows go: revoke the cameos, give back every leave, remove characters. That
    a text was agreed to stays as a proof, without the person."""
    Release.objects.unname(user)
    for cameo in Cameo.objects.standing().owned_by(user):
        revoke(cameo)
    for leave in Consent.objects.received_by(user).filter(state=ConsentState.GRANTED):
        revoke_leave(leave, user)
    characters.forget(user)
