"""Sessions know their person and device, so that both can end them."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore

from sora_social.users.models import PersonSession

DEVICE_KEY = "device"  # the id of the device that a session signed in


class SessionStore(DatabaseStore):
    @classmethod
    def get_model_class(cls) -> type[PersonSession]:
        return PersonSession

    def create_model_instance(self, data: dict[str, Any]) -> PersonSession:
        session = super().create_model_instance(data)
        session.person_id = data.get(SESSION_KEY)
        session.device_id = data.get(DEVICE_KEY)
        return session
