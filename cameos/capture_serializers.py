"""How a release, a challenge and its answer look in the API."""

from __future__ import annotations

from rest_framework import serializers

from cameos.models import Challenge, Release
from cameos.serializers import WordsField
from cameos.states import Purpose


class ChallengeSerializer(serializers.ModelSerializer):
    """What to do before the camera: turns to your own left and right, and up; then the digits."""

    turns = serializers.ListField(child=serializers.CharField())

    class Meta:
        model = Challenge
        fields = ["nonce", "turns", "digits", "language", "expires_at"]


class ChallengeRequestSerializer(serializers.Serializer):
    language = serializers.RegexField(
        r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}\Z",
        default="en",
        max_length=35,
        help_text="In which you say the digits, as a tag such as en-GB. What is not English is "
        "checked by a moderator.",
    )


class ReleaseTextSerializer(serializers.Serializer):
    """What to read before your face is shown. It never changes; another wording is a version."""

    version = serializers.IntegerField()
    locale = serializers.CharField()
    sha256 = serializers.CharField(help_text="Of the text in UTF-8; sent back when you agree.")
    text = serializers.CharField(help_text="Markdown.")


class ReleaseWishSerializer(serializers.Serializer):
    """Your word on the current text."""

    version = serializers.IntegerField(min_value=1)
    locale = serializers.CharField(max_length=12)
    sha256 = serializers.RegexField(r"^[0-9a-f]{64}\Z")
    purposes = serializers.MultipleChoiceField(
        choices=Purpose.choices,
        help_text="`enrol` and `safety_search` are needed for any cameo, `use` unless it only "
        "protects you. What you leave out is taken back if you agreed to it before.",
    )
    adult = serializers.BooleanField(
        help_text="You declare that you are at least 18 years old, and that the face is yours."
    )


class ReleaseSerializer(serializers.ModelSerializer):
    """What you agreed to, and when."""

    version = serializers.IntegerField()
    purposes = WordsField(Purpose)

    class Meta:
        model = Release
        fields = ["id", "version", "locale", "sha256", "purposes", "adult", "made_at"]


class CaptureRequestSerializer(serializers.Serializer):
    nonce = serializers.CharField(max_length=43)
    clip = serializers.FileField(help_text="MP4, MOV or WebM.")
    mirrored = serializers.BooleanField(
        default=False, help_text="Filmed as in a mirror, as front cameras may do."
    )
