"""What both sides of a leave can prove afterwards, and what is asked beforehand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ValidationError

from cameos import receipts
from cameos.consent import Use
from cameos.errors import ConsentRequired
from cameos.models import Cameo, Consent
from cameos.states import Context, Rule, Surface, words
from cameos.uses import leave_for
from sora_social.errors import NotFound
from sora_social.users.models import User

LIVE, ENDED, UNKNOWN = "live", "ended", "unknown"


class Answer(NamedTuple):
    """Whether a cameo may be used; if not, by which rule. Who asks about strangers learns nothing:
    whom one may not use and who does not exist look alike."""

    cameo: str
    rule: Rule | None


def ask(person: User, handles: Iterable[str], use: Use) -> list[Answer]:
    """May the person use these cameos so, now? Nothing is written."""
    return [Answer(handle, _first_no(person, handle, use)) for handle in handles]


def _first_no(person: User, handle: str, use: Use) -> Rule | None:
    cameo = Cameo.objects.standing().filter(handle=handle.lower()).select_related("owner").first()
    if cameo is None:
        return Rule.PERSON
    try:
        leave_for(person, cameo, use)
    except ConsentRequired as no:
        return Rule(no.facts["rule"])
    return None


def receipt_of(leave: Consent) -> dict[str, Any]:
    """A signed receipt of a leave that was given, for either side. Raises NotFound before that."""
    if leave.decided_at is None:
        raise NotFound
    ends = {"expires_at": leave.expires_at, "terms_expire_at": leave.cameo.expires_at}
    said = {
        "consent": str(leave.pk),
        "cameo": {"id": str(leave.cameo_id), "handle": leave.cameo.handle},
        "owner": leave.cameo.owner.handle,
        "requester": leave.requester.handle,
        "basis": leave.basis,
        "state": leave.state,
        "terms_revision": leave.cameo.revision,
        "contexts": _words(leave, "contexts", Context),
        "surfaces": _words(leave, "surfaces", Surface),
        "alteration": leave.alteration and leave.cameo.alteration,
        "voice": leave.voice and leave.cameo.voice,
        "remixable": leave.remixable,
        "uses_left": leave.uses_left,
        "decided_at": leave.decided_at.isoformat(),
        **{name: end.isoformat() if end else None for name, end in ends.items()},
    }
    return receipts.sign(said, settings.CONSENT_KEY)


def check_receipt(receipt: Mapping[str, Any]) -> dict[str, Any]:
    """Whether we signed it, and how that leave stands today."""
    genuine = receipts.is_genuine(receipt, public_key())
    return {"genuine": genuine, "status": _status(receipt.get("consent")) if genuine else UNKNOWN}


def public_key() -> str:
    return receipts.public_key(settings.CONSENT_KEY)


def _status(pk: Any) -> str:
    try:
        known = Consent.objects.filter(pk=UUID(str(pk)))
    except (ValueError, ValidationError):
        return UNKNOWN
    if not known.exists():
        return UNKNOWN
    return LIVE if Consent.objects.live().filter(pk__in=known.values("pk")).exists() else ENDED


def _words(leave: Consent, column: str, vocabulary: Any) -> list[str]:
    both = getattr(leave, column) & getattr(leave.cameo, column)
    return sorted(words(both, vocabulary))
