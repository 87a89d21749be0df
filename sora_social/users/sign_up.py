"""What sign-up asks beside a handle and a password: a birthdate, and an invite while it is closed.

allauth derives its own sign-up form from this one, so this module is imported by allauth's forms
and imports nothing of allauth.
"""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.core.validators import MinValueValidator
from django.http import HttpRequest
from django.utils.timezone import localdate

from sora_social.users.errors import InviteNotValid
from sora_social.users.models import YOUNGEST, Invite, User, oldest_birthdate
from sora_social.users.services import plain_code


class SignUpForm(forms.Form):
    birthdate = forms.DateField(
        input_formats=["%Y-%m-%d"], validators=[MinValueValidator(oldest_birthdate)]
    )
    invite = forms.CharField(max_length=32, required=False)

    def clean_birthdate(self) -> Any:
        born = self.cleaned_data["birthdate"]
        if born > localdate():
            raise forms.ValidationError("This day is still to come.", code="invalid")
        if (User(birthdate=born).age or 0) < YOUNGEST:
            raise forms.ValidationError(f"You must be {YOUNGEST} or older.", code="too_young")
        return born

    def clean_invite(self) -> str:
        """Early and friendly; `services.take_invite` decides, once, when the person is saved."""
        code = plain_code(self.cleaned_data["invite"])
        if not code and settings.SIGNUP_OPEN:
            return ""
        if not code:
            raise forms.ValidationError("An invite code is needed.", code="required")
        if not Invite.objects.filter(code=code, taken_at=None).exists():
            raise forms.ValidationError(InviteNotValid.message, code=InviteNotValid.code)
        return code

    def signup(self, request: HttpRequest, user: User) -> None:
        """allauth asks for this; `AccountAdapter.save_user` has done it all, in one transaction."""
