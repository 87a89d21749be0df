"""How people, and what is theirs, look in the API."""

from __future__ import annotations

from typing import Any
from zoneinfo import available_timezones

from rest_framework import serializers

from sora_social.text import plain
from sora_social.users.models import Device, Invite, User


class PersonSerializer(serializers.ModelSerializer):
    """Somebody, as everybody may know them."""

    class Meta:
        model = User
        fields = ["handle", "display_name"]
        read_only_fields = fields


class CountsSerializer(serializers.Serializer):
    followers = serializers.IntegerField()
    following = serializers.IntegerField()


class RelationSerializer(serializers.Serializer):
    """What the viewer and the person are to each other."""

    following = serializers.BooleanField()
    followed_by = serializers.BooleanField()
    mutual = serializers.BooleanField()
    blocked = serializers.BooleanField()


class ProfileSerializer(serializers.ModelSerializer):
    """A person from `profiles.seen_by`, which annotates what is counted here."""

    counts = serializers.SerializerMethodField()
    relation = serializers.SerializerMethodField()

    class Meta:
        model = User
        fields = ["handle", "display_name", "bio", "counts", "relation"]
        read_only_fields = fields

    def get_counts(self, person: Any) -> CountsSerializer:
        return {"followers": person.followers, "following": person.following}

    def get_relation(self, person: Any) -> RelationSerializer:
        return {
            "following": person.is_followed,
            "followed_by": person.is_follower,
            "mutual": person.is_followed and person.is_follower,
            "blocked": person.is_blocked,
        }


class MeSerializer(serializers.ModelSerializer):
    """Oneself; of it, `display_name`, `bio` and `timezone` can be changed here."""

    display_name = serializers.CharField(
        max_length=60, allow_blank=True, required=False, validators=[plain]
    )
    bio = serializers.CharField(
        max_length=300, allow_blank=True, required=False, validators=[plain]
    )
    timezone = serializers.CharField(
        max_length=40, allow_blank=True, required=False, help_text="Of the IANA, Europe/Berlin."
    )
    age_band = serializers.ChoiceField(["adult", "teen", "unknown"], read_only=True)
    is_moderator = serializers.BooleanField(read_only=True)
    joined_at = serializers.DateTimeField(source="date_joined", read_only=True)

    class Meta:
        model = User
        fields = [
            "handle",
            "display_name",
            "bio",
            "email",
            "birthdate",
            "timezone",
            "age_band",
            "is_moderator",
            "joined_at",
        ]
        read_only_fields = ["handle", "email", "birthdate"]

    def validate_timezone(self, zone: str) -> str:
        if zone and zone not in available_timezones():
            raise serializers.ValidationError("A time zone of the IANA, such as Europe/Berlin.")
        return zone


class PasswordSerializer(serializers.Serializer):
    password = serializers.CharField(max_length=1000, trim_whitespace=False)


class SearchSerializer(serializers.Serializer):
    q = serializers.CharField(max_length=60, validators=[plain])


class DeviceSerializer(serializers.ModelSerializer):
    """A signed-in device; its token was shown once and is never shown again."""

    current = serializers.SerializerMethodField()

    class Meta:
        model = Device
        fields = ["id", "name", "made_at", "used_at", "expires_at", "current"]
        read_only_fields = fields

    def get_current(self, device: Device) -> bool:
        return bool(device == self.context["current"])


class InviteSerializer(serializers.ModelSerializer):
    taken_by = serializers.SerializerMethodField()
    taken = serializers.SerializerMethodField()

    class Meta:
        model = Invite
        fields = ["code", "made_at", "taken", "taken_by"]
        read_only_fields = fields

    def get_taken(self, invite: Invite) -> bool:
        return invite.taken_at is not None

    def get_taken_by(self, invite: Invite) -> str | None:
        return invite.taker.handle if invite.taker else None
