"""Keys for programs: made, rotated and revoked by their person, found again by their hash."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from django.conf import settings
from django.db import transaction
from django.db.models import Model, Q
from django.utils.timezone import now

from sora_social import audit
from sora_social.prepared import PreparedRow, columns_of, models_in
from sora_social.users.errors import AddressNotAllowed, KeyRotated, TooManyKeys
from sora_social.users.models import ApiKey, User
from sora_social.users.scopes import Scope
from sora_social.users.tokens import digest

PREFIX, LENT_PREFIX = "sk-sora-", "at-sora-"  # a person's own, an app's access token
USUAL_OVERLAP, LONGEST_OVERLAP = 24, 168  # hours
MOST_ADDRESSES = 50
NOTED_EVERY = timedelta(minutes=1)  # the last use is written at most this often
ALL_SCOPES = tuple(Scope.values)


@transaction.atomic
def make(
    person: User,
    name: str = "",
    scopes: Sequence[str] = ALL_SCOPES,
    addresses: Sequence[str] = (),
    expires_at: datetime | None = None,
) -> tuple[ApiKey, str]:
    """A new key and its token, which is shown here and never again. Raises TooManyKeys."""
    _require_room(person)
    key, token = _create(
        user=person, name=name, scopes=[*scopes], addresses=[*addresses], expires_at=expires_at
    )
    audit.record("key_made", person.pk, key=str(key.pk), scopes=key.scopes)
    return key, token


@transaction.atomic
def rotate(old: ApiKey, overlap_hours: int = USUAL_OVERLAP) -> tuple[ApiKey, str]:
    """A key for the same, and its token; the old one works so many hours longer.

    Raises KeyRotated, and TooManyKeys where both would live.
    """
    person = old.user
    if overlap_hours:
        _require_room(person)
    new, token = _create(
        user=person,
        name=old.name,
        scopes=old.scopes,
        addresses=old.addresses,
        expires_at=old.expires_at,
    )
    end = now() + timedelta(hours=overlap_hours)
    end = min(end, old.expires_at) if old.expires_at else end
    first = ApiKey.objects.live().filter(pk=old.pk, successor=None)
    if not first.update(successor=new, expires_at=end):  # of two at once, one
        raise KeyRotated(successor=_successor_of(old))
    audit.record("key_rotated", person.pk, key=str(old.pk), successor=str(new.pk))
    return new, token


@transaction.atomic
def revoke(key: ApiKey) -> None:
    """It opens nothing from now on; a second time changes nothing."""
    if ApiKey.objects.filter(pk=key.pk, revoked_at=None).update(revoked_at=now()):
        audit.record("key_revoked", key.user_id, key=str(key.pk))


def lend(person: User, authorization: Model, scopes: Sequence[str], until: datetime) -> str:
    """An access token for an app that has the person's leave; it counts as none of their keys."""
    return _create(
        LENT_PREFIX,
        user=person,
        authorization=authorization,
        scopes=[*scopes],
        expires_at=until,
    )[1]


def may_go_on(via: str, scope: str = "") -> bool:
    """Whether what was begun by a key or an app (that has the scope) may be gone on with: nobody
    took it back. That a key was rotated, or expired, says nothing against that."""
    keys = ApiKey.objects.own().filter(pk=via, revoked_at=None, user__is_active=True)
    leaves = User.objects.filter(
        is_active=True, authorizations=via, authorizations__ended_at=None,
        authorizations__app__owner__is_active=True,
    )  # fmt: skip
    found = [
        *keys.values_list("scopes", flat=True),
        *leaves.values_list("authorizations__scopes", flat=True),
    ]
    return any(not scope or scope in scopes for scopes in found)


@transaction.atomic
def revoke_all(person: User) -> None:
    """Their keys, what they lent to apps, and what others lent to theirs."""
    for key in person.api_keys.own().filter(revoked_at=None):
        revoke(key)
    person.authorizations.filter(ended_at=None).update(ended_at=now())
    for app in person.apps.all():
        list(
            app.authorizations.select_for_update().values_list("pk")
        )  # who is about to be given a token waits
    lent = Q(user=person) | Q(authorization__app__owner=person)
    ApiKey.objects.filter(lent, revoked_at=None).update(revoked_at=now())


def _require_room(person: User) -> None:
    """Under a lock, so that two at once do not both find the last place. Raises TooManyKeys."""
    User.objects.select_for_update(no_key=True).get(pk=person.pk)
    if ApiKey.objects.live().own().filter(user=person).count() >= settings.KEYS_PER_PERSON:
        raise TooManyKeys(most=settings.KEYS_PER_PERSON)


def _create(prefix: str = PREFIX, **fields: object) -> tuple[ApiKey, str]:
    token = prefix + secrets.token_urlsafe(32)  # 256 bits
    key = ApiKey.objects.create(token_hash=digest(token), last_four=token[-4:], **fields)
    return key, token


def _successor_of(key: ApiKey) -> str | None:
    found = ApiKey.objects.filter(before=key).values_list("pk", flat=True).first()
    return str(found) if found else None


# --- being used -----------------------------------------------------------------------------------


BY_HASH = PreparedRow(
    lambda token_hash: ApiKey.objects.filter(
        token_hash=token_hash, revoked_at=None, user__is_active=True
    ).values_list(*columns_of(ApiKey), *columns_of(User, "user__"))
)


def find(token: str) -> ApiKey | None:
    """The live key of a token, its person at hand: one prepared question."""
    if (row := BY_HASH.of(digest(token))) is None:
        return None
    key: ApiKey
    key, key.user = models_in(row, ApiKey, User)
    return key if key.expires_at is None or key.expires_at > now() else None


def use(key: ApiKey, address: str) -> None:
    """Note a use from there, at most once a minute. Raises AddressNotAllowed."""
    where = plain_address(address)
    if key.addresses and not _is_among(where, key.addresses):
        raise AddressNotAllowed(address=str(where or ""))
    before = now() - NOTED_EVERY
    if key.used_at is None or key.used_at < before:
        unnoted = Q(used_at=None) | Q(used_at__lt=before)
        noted = {"used_at": now(), "used_from": str(where) if where else None}
        ApiKey.objects.filter(unnoted, pk=key.pk).update(**noted)


def came_by(auth: object) -> str:
    """Which key or app a request came by, for what is kept of it; "" for a person's own device."""
    return auth.bearer if isinstance(auth, ApiKey) else ""


def plain_address(written: str) -> IPv4Address | IPv6Address | None:
    """The address, as IPv4 where IPv6 only wraps one; None for what is no address."""
    try:
        found = ip_address(written)
    except ValueError:
        return None
    return getattr(found, "ipv4_mapped", None) or found


def _is_among(address: IPv4Address | IPv6Address | None, networks: Sequence[str]) -> bool:
    return address is not None and any(address in ip_network(one) for one in networks)
