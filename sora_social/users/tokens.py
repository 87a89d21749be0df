"""Device tokens: opaque, one per signed-in device, of which only the SHA-256 is kept."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.timezone import now
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed

from sora_social.prepared import PreparedRow, columns_of, models_in
from sora_social.text import is_plain
from sora_social.users.models import Device, User

PREFIX = "vat_"
LONGEST_NAME = 80
FRESH = timedelta(hours=1)  # the sliding expiry is written at most this often


def issue(user: User, name: str = "") -> tuple[Device, str]:
    """A new device and its token, which is shown here and never again."""
    token = PREFIX + secrets.token_urlsafe(32)  # 256 bits
    device = Device.objects.create(
        user=user,
        name=device_name(name),
        token_hash=digest(token),
        expires_at=now() + settings.DEVICE_TOKEN_LIFE,
    )
    return device, token


def digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def device_name(asked: str) -> str:
    """What a device calls itself, cut to fit; nothing when it is not plain text."""
    name = asked.strip()[:LONGEST_NAME]
    return name if is_plain(name) else ""


class DeviceTokenAuthentication(BaseAuthentication):
    """`Authorization: Bearer vat_...`; `request.auth` is the Device."""

    def authenticate(self, request: HttpRequest) -> tuple[User, Device] | None:
        scheme, _, token = get_authorization_header(request).decode("latin-1").partition(" ")
        if scheme.lower() != "bearer":
            return None
        found = HELD.of(digest(token))
        device = _device(found) if found else None
        if device is None or device.expires_at <= now():
            raise AuthenticationFailed("This token is not valid, or not any more.")
        _slide(device)
        return device.user, device

    def authenticate_header(self, request: HttpRequest) -> str:
        return "Bearer"


def _held(token_hash: str) -> QuerySet[Device, Any]:
    """The device that holds a token, perhaps expired, and its user; asked with every request."""
    return (
        Device.objects.held()
        .filter(token_hash=token_hash)
        .values_list(*columns_of(Device), *columns_of(User, "user__"))
    )


HELD = PreparedRow(_held)


def _device(row: Sequence[Any]) -> Device:
    device, device.user = models_in(row, Device, User)
    return device


def _slide(device: Device) -> None:
    """Each use moves the expiry ahead."""
    if now() - device.used_at > FRESH:
        device.used_at, device.expires_at = now(), now() + settings.DEVICE_TOKEN_LIFE
        device.save(update_fields=["used_at", "expires_at"])


class DeviceTokenScheme(OpenApiAuthenticationExtension):
    target_class = DeviceTokenAuthentication
    name = "deviceToken"

    def get_security_definition(self, auto_schema):  # type: ignore[no-untyped-def]
        return {"type": "http", "scheme": "bearer", "bearerFormat": f"{PREFIX}..."}
