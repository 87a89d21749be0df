"""Moderators are made by operators, and get what makes their one-time codes."""

from __future__ import annotations

from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.db import transaction

from sora_social import audit
from sora_social.users.models import PersonSession, User
from sora_social.users.second_factor import FACTORS, factors


@transaction.atomic
def appoint(person: User, *, anew: bool = False) -> list[str]:
    """What to show the new moderator, once: an otpauth URI, then recovery codes. Nothing when they
    have a second factor, unless it is to be made `anew`: that ends their passkeys too."""
    if not person.is_staff:
        User.objects.filter(pk=person.pk).update(is_staff=True)
        audit.record("moderator.appointed", None, person=person.pk)
    if factors(person) and not anew:
        return []
    Authenticator.objects.filter(user=person, type__in=FACTORS).delete()
    secret = generate_totp_secret()
    TOTP.activate(person, secret)
    audit.record("moderator.enrolled", None, person=person.pk)
    codes: list[str] = RecoveryCodes.activate(person).get_unused_codes()
    return [get_adapter().build_totp_url(person, secret), *codes]


@transaction.atomic
def dismiss(person: User) -> None:
    """No moderator any more, from the next request on."""
    User.objects.filter(pk=person.pk).update(is_staff=False, is_superuser=False)
    PersonSession.objects.filter(person=person, device=None).delete()
    audit.record("moderator.dismissed", None, person=person.pk)
