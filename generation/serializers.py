"""Jobs, drafts, credits and capabilities as the API shows them."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from generation import media
from generation.models import Account, CameoUse, EntryKind, Job, LedgerEntry, Output
from generation.screening import LONGEST
from generation.services import queue_position
from generation.states import JobState, Stage
from generation.wishes import SEEDS
from sora_social.text import plain


class PersonBrief(serializers.Serializer):
    handle = serializers.CharField()
    display_name = serializers.CharField()


class CameoBrief(serializers.Serializer):
    handle = serializers.CharField()


class JobWishSerializer(serializers.Serializer):
    """What to make. What is left out is the model's usual; see `GET engine/`."""

    prompt = serializers.CharField(
        max_length=LONGEST,
        validators=[plain],
        help_text="What happens; `@handle` puts a cameo into it, at most three.",
    )
    seconds = serializers.FloatField(required=False, min_value=0.1, max_value=600)
    width = serializers.IntegerField(required=False, min_value=1, max_value=8192)
    height = serializers.IntegerField(required=False, min_value=1, max_value=8192)
    seed = serializers.IntegerField(
        required=False, allow_null=True, min_value=0, max_value=SEEDS - 1
    )
    first_frame = serializers.FileField(
        required=False, help_text="A picture the video begins with (multipart only)."
    )


class JobSerializer(serializers.ModelSerializer):
    id = serializers.CharField()
    state = serializers.ChoiceField(JobState.choices)
    stage = serializers.ChoiceField([*Stage.choices, ("", "")])
    cameos = serializers.SerializerMethodField()
    draft = serializers.SerializerMethodField(help_text="The draft it became, once done.")
    width, height = serializers.IntegerField(), serializers.IntegerField()
    seed, cost = serializers.IntegerField(), serializers.IntegerField()
    queue_position = serializers.SerializerMethodField()

    class Meta:
        model = Job
        fields = (
            *("id", "state", "stage", "progress", "prompt", "cameos", "width", "height"),
            *("seconds", "seed", "cost", "reason", "made_at", "finished_at", "draft"),
            "queue_position",
        )

    @extend_schema_field(CameoBrief(many=True))
    def get_cameos(self, job: Job) -> list[dict[str, str]]:
        return handles_in(job)

    def get_draft(self, job: Job) -> str | None:
        output = getattr(job, "output", None)
        return str(output.pk) if output else None

    def get_queue_position(self, job: Job) -> int | None:
        return queue_position(job)


class MediaSerializer(serializers.Serializer):
    """Addresses that last five minutes, for this viewer alone."""

    video = serializers.CharField()
    poster = serializers.CharField()
    preview = serializers.CharField()
    sheet = serializers.CharField()


class OutputSerializer(serializers.ModelSerializer):
    """What an author and the people in a video both see of it."""

    id = serializers.CharField()
    job = serializers.CharField(source="job_id")
    prompt = serializers.CharField(source="job.prompt")
    cameos = serializers.SerializerMethodField()
    media = serializers.SerializerMethodField()
    width, height = serializers.IntegerField(), serializers.IntegerField()
    size = serializers.IntegerField(help_text="bytes")

    class Meta:
        model = Output
        fields = (
            *("id", "job", "prompt", "cameos", "width", "height", "seconds", "size", "sha256"),
            *("made_at", "media"),
        )

    @extend_schema_field(CameoBrief(many=True))
    def get_cameos(self, output: Output) -> list[dict[str, str]]:
        return handles_in(output.job)

    @extend_schema_field(MediaSerializer(allow_null=True))
    def get_media(self, output: Output) -> dict[str, str] | None:
        if output.pk not in self.context["cleared"]:
            return None
        return media.urls(output, self.context["viewer"])


class DraftSerializer(OutputSerializer):
    """An output of one's own. `media` is null while a consent it stands on is not live."""

    recipe = serializers.DictField(help_text="All that is needed to make the same video again.")

    class Meta(OutputSerializer.Meta):
        fields = (*OutputSerializer.Meta.fields, "recipe")


class LikenessUseSerializer(OutputSerializer):
    """A video with one's own cameo in it, by whomever, posted or not."""

    author = PersonBrief(source="job.author")

    class Meta(OutputSerializer.Meta):
        fields = ("author", *OutputSerializer.Meta.fields)


class EntrySerializer(serializers.ModelSerializer):
    amount = serializers.IntegerField()
    kind = serializers.ChoiceField(EntryKind.choices)
    job = serializers.CharField(source="job_id", allow_null=True)

    class Meta:
        model = LedgerEntry
        fields = ("kind", "amount", "job", "made_at")


class CreditsSerializer(serializers.ModelSerializer):
    available = serializers.IntegerField()
    reserved = serializers.IntegerField()
    spent = serializers.IntegerField()
    daily = serializers.IntegerField(help_text="Filled up to this once a UTC day.")
    entries = EntrySerializer(many=True, source="last_entries")

    class Meta:
        model = Account
        fields = ("available", "reserved", "spent", "daily", "entries")


class SizeSerializer(serializers.Serializer):
    width = serializers.IntegerField()
    height = serializers.IntegerField()


class EngineSerializer(serializers.Serializer):
    """What the loaded model can do; what it cannot is refused at submit."""

    family = serializers.CharField()
    modes = serializers.ListField(child=serializers.CharField())
    sizes = SizeSerializer(many=True)
    max_seconds = serializers.FloatField()
    fps = serializers.IntegerField()
    max_references = serializers.IntegerField()
    sound = serializers.BooleanField()


def handles_in(job: Job) -> list[dict[str, str]]:
    uses: list[CameoUse] = list(job.uses.all())
    return [{"handle": use.cameo.handle} for use in uses if use.cameo]


def engine_answer(able: Any) -> dict[str, Any]:
    sizes = [{"width": width, "height": height} for width, height in able.sizes]
    return {name: getattr(able, name) for name in EngineSerializer().fields} | {
        "modes": sorted(able.modes),
        "sizes": sizes,
    }
