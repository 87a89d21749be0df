"""What the loaded model offers, and for how much, as the API shows it."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from generation import lineup
from generation.credits import PRICES
from generation.engine.types import Tier as EngineTier
from generation.prompting import levels
from generation.states import Task, Tier


class SizeSerializer(serializers.Serializer):
    width = serializers.IntegerField()
    height = serializers.IntegerField()


class TierSerializer(serializers.Serializer):
    tier = serializers.ChoiceField(Tier.choices)
    steps = serializers.IntegerField()


class PriceSerializer(serializers.Serializer):
    """What one variant costs. A still, a stitch and a preview are paid as such, else the tier."""

    what = serializers.CharField()
    credits = serializers.IntegerField()
    seconds = serializers.FloatField(
        allow_null=True, help_text="For each so many seconds begun; null: for the whole."
    )


class EngineQuery(serializers.Serializer):
    model = serializers.CharField(required=False, default="", allow_blank=True, max_length=64)


class EngineSerializer(serializers.Serializer):
    """What the loaded model can do; what it cannot is refused at submit."""

    model = serializers.CharField(help_text="Its name, for `model` of a job.")
    models = serializers.ListField(
        child=serializers.CharField(), help_text="All that a job may name, the usual one first."
    )
    family = serializers.CharField()
    modes = serializers.ListField(child=serializers.CharField())
    sizes = SizeSerializer(many=True)
    max_seconds = serializers.FloatField()
    fps = serializers.IntegerField()
    max_references = serializers.IntegerField()
    max_shots = serializers.IntegerField()
    sound = serializers.BooleanField()
    likeness = serializers.CharField(
        help_text="`drawn`: a figure in a cameo's colours; `photographic`: the person."
    )
    licence = serializers.CharField(allow_blank=True)
    tiers = TierSerializer(many=True)
    enhance = serializers.ListField(child=serializers.CharField())
    prices = PriceSerializer(many=True)


class StyleSerializer(serializers.Serializer):
    """A style preset."""

    name = serializers.CharField()
    title = serializers.CharField()
    description = serializers.CharField()
    still = serializers.CharField(allow_null=True, help_text="The address of an example.")


def engine_answer(model: str) -> dict[str, Any]:
    """Raises NotPossible, EngineMissing."""
    able = lineup.capabilities(model)
    plain_ones = EngineSerializer().fields.keys() & vars(able).keys()
    return {name: getattr(able, name) for name in plain_ones} | {
        "model": lineup.name_of(model),
        "models": lineup.names(),
        "modes": sorted([*able.modes, Task.STITCH]),
        "sizes": [{"width": width, "height": height} for width, height in able.sizes],
        "tiers": [{"tier": tier, "steps": able.steps_for(EngineTier(tier))} for tier in Tier],
        "enhance": levels(),
        "prices": [price._asdict() for price in PRICES.values()],
    }
