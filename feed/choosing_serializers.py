"""What people choose for their feed, as the API takes and shows it."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from ranking.services import TOPICS
from ranking.types import About, Verb
from sora_social.text import plain

SENTENCE, NAME = 300, 40
PICKS = 5


# --- what is sent ---------------------------------------------------------------------------------


class SentenceSerializer(serializers.Serializer):
    """What is wanted: "more stop-motion, less dance, nothing political this week"."""

    text = serializers.CharField(max_length=SENTENCE, validators=[plain])


class PicksSerializer(serializers.Serializer):
    topics = serializers.ListField(
        child=serializers.ChoiceField(TOPICS), min_length=1, max_length=PICKS
    )


class ChoicesChangeSerializer(serializers.Serializer):
    plain = serializers.BooleanField(
        required=False, help_text="Home in the order that everybody has."
    )
    recipe = serializers.UUIDField(
        required=False, allow_null=True, help_text="One of your own; null: the published weights."
    )


class WeightsField(serializers.DictField):
    """Weights by name; what is left out is as published. Rules are ranking's."""

    child = serializers.JSONField()

    def to_internal_value(self, data):
        if isinstance(data, dict) and len(data) > NAME:
            raise serializers.ValidationError("Too many weights.")
        return super().to_internal_value(data)


class RecipeSerializer(serializers.Serializer):
    """A recipe as its author writes it."""

    name = serializers.CharField(max_length=NAME, validators=[plain])
    weights = WeightsField()
    shared = serializers.BooleanField(
        default=False, help_text="Whoever has the link may read and fork it."
    )


class RecipeChangeSerializer(RecipeSerializer):
    name = serializers.CharField(max_length=NAME, validators=[plain], required=False)
    weights = WeightsField(required=False)
    shared = serializers.BooleanField(required=False)


class ForkSerializer(serializers.Serializer):
    name = serializers.CharField(max_length=NAME, validators=[plain], required=False)


class WindowSerializer(serializers.Serializer):
    window = serializers.ChoiceField(["day", "week", "month"], required=False)


# --- what is shown --------------------------------------------------------------------------------


class ChipSerializer(serializers.Serializer):
    """One wish, until it expires or is removed."""

    id = serializers.CharField()
    verb = serializers.ChoiceField([verb.value for verb in Verb])
    about = serializers.ChoiceField([about.value for about in About])
    text = serializers.CharField()
    expires_at = serializers.DateTimeField()
    fading = serializers.BooleanField(help_text="No longer a rule: such posts come back, lower.")


class ChipsSerializer(serializers.Serializer):
    chips = ChipSerializer(many=True)


class AncestorSerializer(serializers.Serializer):
    """`name` and `by` are null where it is gone or not shared with you."""

    id = serializers.CharField()
    name = serializers.CharField(allow_null=True)
    by = serializers.CharField(allow_null=True)


class RecipeShownSerializer(serializers.Serializer):
    id = serializers.CharField()
    name = serializers.CharField()
    by = serializers.CharField(allow_null=True)
    weights = serializers.DictField(child=serializers.FloatField())
    shared = serializers.BooleanField()
    active = serializers.BooleanField()
    lineage = AncestorSerializer(
        many=True, help_text="What it was forked from, the first in front."
    )


class RecipesSerializer(serializers.Serializer):
    items = RecipeShownSerializer(many=True)


class ChoicesSerializer(serializers.Serializer):
    plain = serializers.BooleanField()
    chips = ChipSerializer(many=True)
    recipe = serializers.CharField(allow_null=True)


class WeightSerializer(serializers.Serializer):
    name = serializers.CharField()
    usual = serializers.FloatField()
    least = serializers.FloatField()
    most = serializers.FloatField()


@extend_schema_serializer(many=False)
class OptionsSerializer(serializers.Serializer):
    """Everything that can be chosen."""

    topics = serializers.ListField(child=serializers.CharField())
    weights = WeightSerializer(many=True)
    longest_wish_days = serializers.IntegerField()
