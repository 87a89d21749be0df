"""How cameos and leaves look in the API. Likeness, similarity and doubt never do."""

from __future__ import annotations

from typing import Any

from django.db.models import TextChoices
from rest_framework import serializers

from cameos.models import SCOPE, TERMS, Cameo, Consent, Listing
from cameos.proofs import Answer
from cameos.states import Audience, ConsentState, Context, Rule, Surface, words
from cameos.uses import MOST_CAMEOS
from cameos.wording import LONGEST
from sora_social.text import plain
from sora_social.users.models import HANDLE
from sora_social.users.serializers import PersonSerializer

DISPLAY_NAME = {"max_length": 60, "allow_blank": True, "required": False, "validators": [plain]}


class WordsField(serializers.MultipleChoiceField):
    """Words of a vocabulary, which columns hold as a number."""

    def __init__(self, vocabulary: type[TextChoices], **how: Any) -> None:
        self.vocabulary = vocabulary
        super().__init__(choices=vocabulary.choices, **how)

    def to_representation(self, value: Any) -> list[str]:
        known = words(value, self.vocabulary) if isinstance(value, int) else set(value)
        return [word.value for word in self.vocabulary if word in known]


class TermsSerializer(serializers.Serializer):
    """On what terms others may use it; what is left out stays as it is."""

    audience = serializers.ChoiceField(
        Audience.choices, required=False, help_text="Who may use it."
    )
    remix = serializers.ChoiceField(
        Audience.choices,
        required=False,
        help_text="Who may remix what it is in; such a person also has to be let in to use it.",
    )
    contexts = WordsField(
        Context, required=False, help_text="Everyday life is always allowed, the rest if named."
    )
    surfaces = WordsField(
        Surface, required=False, help_text="Where it may be seen; others' drafts always may."
    )
    alteration = serializers.BooleanField(
        required=False, help_text="The appearance may be changed: styles, restyling, recasting."
    )
    voice = serializers.BooleanField(required=False, help_text="The person may be heard speaking.")
    instructions = serializers.CharField(
        required=False,
        allow_blank=True,
        max_length=LONGEST,
        validators=[plain],
        help_text="Added to every prompt, for instance what you wear.",
    )
    safety = serializers.CharField(
        required=False,
        allow_blank=True,
        max_length=LONGEST,
        validators=[plain],
        help_text="What may not come up, for instance: no alcohol, no dogs.",
    )
    expires_at = serializers.DateTimeField(
        required=False, allow_null=True, help_text="Lent until then."
    )


class CameoSerializer(TermsSerializer, serializers.ModelSerializer):
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
            *TERMS,
            "revision",
            "protects_only",
            "verified_at",
            "lapses_at",
            "made_at",
            "reason",
            "refusals",
        ]
        extra_kwargs = {
            "protects_only": {"help_text": "Found where others used it, and usable by nobody."},
            "verified_at": {"help_text": "When you last showed your face."},
            "lapses_at": {"help_text": "Nothing new is made with it from then on, until you do."},
        }


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
    protects_only = serializers.BooleanField(
        default=False, help_text="To be found where others used your face, and lent to nobody."
    )


class CameoChangeSerializer(TermsSerializer):
    display_name = serializers.CharField(**DISPLAY_NAME)


class ListingSerializer(serializers.ModelSerializer):
    """Somebody who is let in, or kept out, whatever the audience."""

    person = PersonSerializer()
    allowed = serializers.BooleanField()

    class Meta:
        model = Listing
        fields = ["person", "allowed", "made_at"]


class ListingWishSerializer(serializers.Serializer):
    allowed = serializers.BooleanField(help_text="Let in, or kept out.")


class NamedCameoSerializer(serializers.ModelSerializer):
    class Meta:
        model = Cameo
        fields = ["id", "handle", "display_name"]


class ScopeSerializer(serializers.Serializer):
    """For what a leave is, within the cameo's terms; what is left out is all that those allow."""

    contexts = WordsField(Context, required=False)
    surfaces = WordsField(Surface, required=False)
    alteration = serializers.BooleanField(required=False)
    voice = serializers.BooleanField(required=False)
    remixable = serializers.BooleanField(required=False, help_text="It covers remixes as well.")
    uses_left = serializers.IntegerField(
        required=False,
        allow_null=True,
        min_value=1,
        max_value=1_000_000,
        help_text="So many videos; null is without end.",
    )


class ConsentSerializer(ScopeSerializer, serializers.ModelSerializer):
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
            *SCOPE,
        ]


class LeaveRequestSerializer(serializers.Serializer):
    message = serializers.CharField(
        max_length=300, allow_blank=True, default="", validators=[plain]
    )


class GrantSerializer(ScopeSerializer):
    expires_at = serializers.DateTimeField(required=False, allow_null=True, default=None)


class LeaveFilterSerializer(serializers.Serializer):
    side = serializers.ChoiceField(
        ["given", "received"], default="given", help_text="Leaves you give, or leaves you have."
    )
    state = serializers.ChoiceField(ConsentState.choices, required=False)


class PictureSerializer(serializers.Serializer):
    position = serializers.IntegerField()
    url = serializers.CharField()


# --- questions and proofs -------------------------------------------------------------------------


class UseQuestionSerializer(serializers.Serializer):
    """What you would like to do with cameos."""

    cameos = serializers.ListField(
        child=serializers.RegexField(r"^@?[A-Za-z0-9_]{1,24}\Z"),
        min_length=1,
        max_length=MOST_CAMEOS,
    )
    contexts = WordsField(Context, required=False)
    surfaces = WordsField(Surface, required=False, help_text="Where it would be seen.")
    alters = serializers.BooleanField(default=False, help_text="With another appearance.")
    speaks = serializers.BooleanField(default=False, help_text="Heard speaking.")
    remixes = serializers.BooleanField(default=False, help_text="In a remix.")
    text = serializers.CharField(default="", allow_blank=True, max_length=2000, validators=[plain])

    def validate_cameos(self, handles: list[str]) -> list[str]:
        return [handle.lstrip("@").lower() for handle in handles]

    def validate_contexts(self, known: set[str]) -> frozenset[str]:
        return frozenset(known)

    def validate_surfaces(self, known: set[str]) -> frozenset[str]:
        return frozenset(known)


class NoSerializer(serializers.Serializer):
    """Why a cameo may not be used; its owner could change that."""

    cameo = serializers.CharField()
    rule = serializers.ChoiceField(Rule.choices)
    message = serializers.CharField()


class UseAnswerSerializer(serializers.Serializer):
    allowed = serializers.BooleanField()
    refusals = NoSerializer(many=True)

    @staticmethod
    def of(answers: list[Answer]) -> dict[str, Any]:
        """The answers, the first rule of each that says no."""
        said = [
            {"cameo": answer.cameo, "rule": answer.rule.value, "message": answer.rule.label}
            for answer in answers
            if answer.rule
        ]
        return {"allowed": not said, "refusals": said}


class ReceiptSerializer(serializers.Serializer):
    receipt = serializers.DictField(help_text="As `GET consents/{id}/receipt/` gave it.")


class ReceiptStatusSerializer(serializers.Serializer):
    genuine = serializers.BooleanField(help_text="We signed exactly this.")
    status = serializers.ChoiceField(["live", "ended", "unknown"])


class ReceiptKeySerializer(serializers.Serializer):
    algorithm = serializers.CharField()
    public_key = serializers.CharField(help_text="32 bytes in base64.")
