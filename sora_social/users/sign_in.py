"""How allauth's flows (password, passkeys, codes) end in a device token of ours."""

from __future__ import annotations

import hashlib
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.headless.adapter import DefaultHeadlessAdapter
from allauth.headless.internal.restkit.response import ErrorResponse
from allauth.headless.tokens.strategies.sessions import SessionTokenStrategy
from allauth.mfa.adapter import DefaultMFAAdapter
from cryptography.fernet import MultiFernet
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.forms import Form
from django.http import HttpRequest

from sora_social.sealing import cipher
from sora_social.users import services, tokens
from sora_social.users.errors import InviteNotValid
from sora_social.users.models import HANDLE, Device, User
from sora_social.users.sessions import DEVICE_KEY


class DeviceTokenStrategy(SessionTokenStrategy):
    """Who gets through a sign-in flow gets a token of ours; `X-Device-Name` names the device."""

    def create_access_token(self, request: HttpRequest) -> str:
        device, token = tokens.issue(request.user, request.headers.get("X-Device-Name", ""))
        request.session[DEVICE_KEY] = str(device.pk)
        return token


class AccountAdapter(DefaultAccountAdapter):
    def clean_username(self, username: str, shallow: bool = False) -> str:
        username = username.lower()
        HANDLE(username)
        return super().clean_username(username, shallow)

    def save_user(self, request: HttpRequest, user: User, form: Form, commit: bool = True) -> User:
        """The person and the taken invite in one transaction; a lost race is a refused field."""
        try:
            return self._save_invited(request, user, form)
        except InviteNotValid as late:
            form.add_error("invite", ValidationError(late.message, code=late.code))
        except IntegrityError:
            form.add_error("username", self.validation_error("username_taken"))
        raise ImmediateHttpResponse(ErrorResponse(request, input=form))

    @transaction.atomic
    def _save_invited(self, request: HttpRequest, user: User, form: Form) -> User:
        person = super().save_user(request, user, form, commit=False)
        person.birthdate = form.cleaned_data["birthdate"]
        person.save()
        services.let_in(person, form.cleaned_data["invite"])
        return person

    def set_password(self, user: User, password: str) -> None:
        """A new password ends every device but the one that set it."""
        super().set_password(user, password)
        services.sign_out_everywhere(user, keep=_device_of(context.request))

    def logout(self, request: HttpRequest) -> None:
        if device := Device.objects.filter(pk=_device_of(request)).first():
            services.sign_out(device)
        super().logout(request)


def _device_of(request: HttpRequest) -> str | None:
    return request.session.get(DEVICE_KEY)


class HeadlessAdapter(DefaultHeadlessAdapter):
    def serialize_user(self, user: User) -> dict[str, Any]:
        """allauth's description without the number, which never leaves the house."""
        return {k: v for k, v in super().serialize_user(user).items() if k != "id"}


class SecondFactorAdapter(DefaultMFAAdapter):
    """Secrets of one-time codes lie encrypted in the database."""

    def encrypt(self, text: str) -> str:
        return _cipher().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return _cipher().decrypt(encrypted_text.encode()).decode()


def _cipher() -> MultiFernet:
    return cipher(lambda secret: hashlib.sha256(f"second factor {secret}".encode()).digest())
