"""How keys look in the API."""

from __future__ import annotations

from datetime import datetime
from ipaddress import ip_network

from django.utils.timezone import now
from rest_framework import serializers

from sora_social.text import plain
from sora_social.users import keys
from sora_social.users.models import ApiKey
from sora_social.users.scopes import Scope


class NetworkField(serializers.CharField):
    """A network or a single address, IPv4 or IPv6, as CIDR."""

    def to_internal_value(self, data: object) -> str:
        try:
            return str(ip_network(super().to_internal_value(data)))
        except ValueError:
            raise serializers.ValidationError(
                "A network such as 203.0.113.0/24 or 2001:db8::/48."
            ) from None


class KeyTermsSerializer(serializers.ModelSerializer):
    """What of a key can be changed."""

    name = serializers.CharField(
        max_length=80, allow_blank=True, required=False, validators=[plain]
    )
    addresses = serializers.ListField(
        child=NetworkField(max_length=49),
        max_length=keys.MOST_ADDRESSES,
        required=False,
        help_text="Networks (CIDR) it is taken from; none: from everywhere.",
    )

    class Meta:
        model = ApiKey
        fields = ["name", "addresses"]


class KeyWishSerializer(KeyTermsSerializer):
    """A key to be made; without `scopes` it may do everything there is a scope for."""

    scopes = serializers.ListField(
        child=serializers.ChoiceField(Scope.values),
        allow_empty=False,
        min_length=1,  # for the document
        required=False,
    )
    expires_at = serializers.DateTimeField(required=False, allow_null=True)

    class Meta(KeyTermsSerializer.Meta):
        fields = ["name", "scopes", "addresses", "expires_at"]

    def validate_scopes(self, scopes: list[str]) -> list[str]:
        return sorted(set(scopes))

    def validate_expires_at(self, end: datetime | None) -> datetime | None:
        if end and end <= now():
            raise serializers.ValidationError("A time to come.")
        return end


class KeySerializer(serializers.ModelSerializer):
    """A key; its token was shown once and is never shown again."""

    scopes = serializers.ListField(child=serializers.ChoiceField(Scope.values), read_only=True)
    addresses = serializers.ListField(child=serializers.CharField(), read_only=True)
    used_from = serializers.CharField(read_only=True, allow_null=True)
    successor = serializers.UUIDField(source="successor_id", read_only=True, allow_null=True)

    class Meta:
        model = ApiKey
        fields = [
            *("id", "name", "scopes", "addresses", "last_four", "made_at", "used_at"),
            *("used_from", "expires_at", "successor"),
        ]
        read_only_fields = fields


class NewKeySerializer(KeySerializer):
    key = serializers.CharField(read_only=True, help_text="The token: shown here alone.")

    class Meta(KeySerializer.Meta):
        fields = [*KeySerializer.Meta.fields, "key"]


class RotationSerializer(serializers.Serializer):
    overlap_hours = serializers.IntegerField(
        min_value=0, max_value=keys.LONGEST_OVERLAP, default=keys.USUAL_OVERLAP
    )
