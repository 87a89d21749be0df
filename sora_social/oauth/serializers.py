"""How apps and leaves look in the API."""

from __future__ import annotations

import unicodedata

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from sora_social.oauth.addresses import LONGEST, is_fit
from sora_social.oauth.models import App, Authorization
from sora_social.text import plain
from sora_social.users.scopes import Scope


def one_line(name: str) -> None:
    """Refuse what would make a name read as something else on a consent screen."""
    if any(unicodedata.category(c) in {"Cc", "Cf", "Zl", "Zp"} for c in name):
        raise serializers.ValidationError("One line, without characters that are not seen.")


class AppSerializer(serializers.ModelSerializer):
    """An app of one's own; `id` is its `client_id`. It keeps no secret."""

    name = serializers.CharField(max_length=60, validators=[plain, one_line])
    redirect_uris = serializers.ListField(
        child=serializers.CharField(max_length=LONGEST),
        allow_empty=False,
        min_length=1,
        max_length=10,
        help_text="https; http on 127.0.0.1 and [::1], there with any port.",
    )

    class Meta:
        model = App
        fields = ["id", "name", "redirect_uris", "made_at"]
        read_only_fields = ["id", "made_at"]

    def validate_redirect_uris(self, uris: list[str]) -> list[str]:
        if not all(map(is_fit, uris)):
            raise serializers.ValidationError("https addresses, or http on 127.0.0.1 or [::1].")
        return uris


class ScopeSerializer(serializers.Serializer):
    """A scope, and what it means in plain words."""

    scope = serializers.CharField()
    means = serializers.CharField()


def in_words(scopes: list[str]) -> list[dict[str, str]]:
    return [{"scope": one, "means": Scope(one).label} for one in sorted(set(scopes))]


class AuthorizationSerializer(serializers.ModelSerializer):
    """An app that acts for oneself."""

    app = serializers.CharField(source="app.name", read_only=True)
    made_by = serializers.CharField(source="app.owner.handle", read_only=True)
    scopes = serializers.SerializerMethodField()

    class Meta:
        model = Authorization
        fields = ["id", "app", "made_by", "scopes", "made_at"]
        read_only_fields = fields

    @extend_schema_field(ScopeSerializer(many=True))
    def get_scopes(self, leave: Authorization) -> list[dict[str, str]]:
        return in_words(leave.scopes)


class QuestionSerializer(serializers.Serializer):
    """What a consent screen shows."""

    app = serializers.CharField()
    made_by = serializers.CharField()
    sends_to = serializers.CharField(help_text="The host that one is sent back to.")
    scopes = ScopeSerializer(many=True)


class AskedSerializer(serializers.Serializer):
    """The query that an app sent somebody with, as it came."""

    client_id = serializers.CharField(max_length=100)
    redirect_uri = serializers.CharField(max_length=1000)
    response_type = serializers.CharField(max_length=100)
    scope = serializers.CharField(max_length=500, allow_blank=True)
    code_challenge = serializers.CharField(max_length=200, required=False, allow_blank=True)
    code_challenge_method = serializers.CharField(max_length=20, required=False, allow_blank=True)
    state = serializers.CharField(
        max_length=1000, required=False, allow_blank=True, trim_whitespace=False
    )


class ChoiceSerializer(AskedSerializer):
    allowed = serializers.BooleanField(help_text="What the person said.")


class SentSerializer(serializers.Serializer):
    redirect_to = serializers.CharField(help_text="Where to send the person now.")
