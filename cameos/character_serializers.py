"""How characters look in the API."""

from __future__ import annotations

from django.urls import reverse
from rest_framework import serializers

from cameos.models import Character
from cameos.serializers import DISPLAY_NAME
from cameos.states import CharacterAudience, CharacterKind, CharacterState
from cameos.wording import LONGEST
from sora_social.text import plain
from sora_social.users.models import HANDLE
from sora_social.users.serializers import PersonSerializer

INSTRUCTIONS = {
    "max_length": LONGEST,
    "allow_blank": True,
    "required": False,
    "validators": [plain],
    "help_text": "Added to every prompt that names it, for instance: a grey cat with one ear.",
}
AUDIENCE = {"required": False, "help_text": "Who may use it; usually nobody else."}


class PicturedSerializer(serializers.ModelSerializer):
    """With the addresses of the pictures that videos are made from."""

    kind = serializers.ChoiceField(CharacterKind.choices)
    pictures = serializers.SerializerMethodField(help_text="For those who may use it.")

    def get_pictures(self, character: Character) -> list[str]:
        places = [picture.position for picture in character.pictures.all()]
        return [reverse("character-picture", args=[character.pk, place]) for place in places]


class CharacterSerializer(PicturedSerializer):
    """A character, as its owner sees it."""

    state = serializers.ChoiceField(CharacterState.choices)
    audience = serializers.ChoiceField(CharacterAudience.choices)
    reasons = serializers.ListField(
        child=serializers.CharField(),
        help_text="Why it was refused: human_face, nothing_to_see, or what is wrong with the clip.",
    )

    class Meta:
        model = Character
        fields = [
            *("id", "handle", "display_name", "kind", "state", "instructions", "audience"),
            *("made_at", "reasons", "pictures"),
        ]
        read_only_fields = fields


class PublicCharacterSerializer(PicturedSerializer):
    """A character, as those see it who may use it."""

    owner = PersonSerializer()

    class Meta:
        model = Character
        fields = ["id", "handle", "display_name", "kind", "owner", "pictures"]
        read_only_fields = fields


class CharacterTermsSerializer(serializers.Serializer):
    """What it is called, what it is, who may use it."""

    handle = serializers.CharField(
        validators=[HANDLE], help_text="Nobody's yet: no person, cameo or character goes by it."
    )
    display_name = serializers.CharField(**DISPLAY_NAME)
    kind = serializers.ChoiceField(CharacterKind.choices)
    instructions = serializers.CharField(**INSTRUCTIONS)
    audience = serializers.ChoiceField(CharacterAudience.choices, **AUDIENCE)


class CharacterWishSerializer(CharacterTermsSerializer):
    clip = serializers.FileField(help_text="2 to 4 s of it, with no person: MP4, MOV or WebM.")


class CharacterChangeSerializer(serializers.Serializer):
    display_name = serializers.CharField(**DISPLAY_NAME)
    instructions = serializers.CharField(**INSTRUCTIONS)
    audience = serializers.ChoiceField(CharacterAudience.choices, **AUDIENCE)


class HandleSearchSerializer(serializers.Serializer):
    """What somebody has typed of a handle so far; nothing finds everything."""

    q = serializers.CharField(required=False, allow_blank=True, max_length=25, default="")
