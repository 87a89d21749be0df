"""How cameos and leaves look in the API. Likeness, similarity and doubt never do."""

from __future__ import annotations

from rest_framework import serializers

from cameos.models import Cameo, Challenge, Consent
from cameos.states import Audience, ConsentState
from sora_social.text import plain
from sora_social.users.models import HANDLE
from sora_social.users.serializers import PersonSerializer

DISPLAY_NAME = {"max_length": 60, "allow_blank": True, "required": False, "validators": [plain]}


class CameoSerializer(serializers.ModelSerializer):
    """A cameo, as its owner sees it."""

    refusals = serializers.ListField(
        child=serializers.CharField(),
        read_only=True,
        help_text="Why the last capture was not accepted.",
    )

    class Meta:
        model = Cameo
        fields = [
            "id",
            "handle",
            "display_name",
            "state",
            "audience",
            "made_at",
            "reason",
            "refusals",
        ]


class PublicCameoSerializer(serializers.ModelSerializer):
    """A cameo, as others see it, from `with_usable`."""

    owner = PersonSerializer()
    usable = serializers.BooleanField(help_text="You may use it now.")

    class Meta:
        model = Cameo
        fields = ["id", "handle", "display_name", "owner", "usable"]


class CameoRequestSerializer(serializers.Serializer):
    handle = serializers.CharField(required=False, validators=[HANDLE])
    display_name = serializers.CharField(**DISPLAY_NAME)


class CameoChangeSerializer(serializers.Serializer):
    display_name = serializers.CharField(**DISPLAY_NAME)
    audience = serializers.ChoiceField(Audience.choices, required=False)


class ChallengeSerializer(serializers.ModelSerializer):
    """What to do before the camera: turns to your own left and right, and up; then the digits."""

    turns = serializers.ListField(child=serializers.CharField())

    class Meta:
        model = Challenge
        fields = ["nonce", "turns", "digits", "expires_at"]


class CaptureRequestSerializer(serializers.Serializer):
    nonce = serializers.CharField(max_length=43)
    clip = serializers.FileField(help_text="MP4, MOV or WebM.")
    mirrored = serializers.BooleanField(
        default=False, help_text="Filmed as in a mirror, as front cameras may do."
    )


class NamedCameoSerializer(serializers.ModelSerializer):
    class Meta:
        model = Cameo
        fields = ["id", "handle", "display_name"]


class ConsentSerializer(serializers.ModelSerializer):
    """A leave, from `with_live`."""

    cameo = NamedCameoSerializer()
    owner = PersonSerializer(source="cameo.owner")
    requester = PersonSerializer()
    live = serializers.BooleanField(help_text="It holds now.")

    class Meta:
        model = Consent
        fields = [
            "id",
            "state",
            "live",
            "basis",
            "cameo",
            "owner",
            "requester",
            "message",
            "made_at",
            "decided_at",
            "expires_at",
        ]


class LeaveRequestSerializer(serializers.Serializer):
    message = serializers.CharField(
        max_length=300, allow_blank=True, default="", validators=[plain]
    )


class GrantSerializer(serializers.Serializer):
    expires_at = serializers.DateTimeField(required=False, allow_null=True, default=None)


class LeaveFilterSerializer(serializers.Serializer):
    side = serializers.ChoiceField(
        ["given", "received"], default="given", help_text="Leaves you give, or leaves you have."
    )
    state = serializers.ChoiceField(ConsentState.choices, required=False)


class PictureSerializer(serializers.Serializer):
    position = serializers.IntegerField()
    url = serializers.CharField()
