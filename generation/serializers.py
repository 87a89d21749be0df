"""Jobs, quotes and drafts as the API shows them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from cameos.states import GONE, Context
from generation import media
from generation.marking import code_of
from generation.models import CameoUse, Job, Output
from generation.pace import Outlook, outlook_of
from generation.quotes import Quote
from generation.states import JobState, Kind, Stage, Task, Tier
from generation.wish_serializers import ShotSerializer
from sora_social.floods import Left
from sora_social.users.models import User


class PersonBrief(serializers.Serializer):
    handle = serializers.CharField()
    display_name = serializers.CharField()


class CameoBrief(serializers.Serializer):
    handle = serializers.CharField()


class CharacterBrief(serializers.Serializer):
    handle = serializers.CharField()


class RequestsSerializer(serializers.Serializer):
    limit, remaining = serializers.IntegerField(), serializers.IntegerField()
    reset = serializers.IntegerField(help_text="Seconds until all of it is there again.")


class QuoteSerializer(serializers.Serializer):
    """What a wish would cost and when it would be done, if it were sent now."""

    possible = serializers.BooleanField(
        source="is_possible", help_text="Whether credits and room let it in now."
    )
    cost = serializers.IntegerField()
    available = serializers.IntegerField(help_text="What may be spent now.")
    left = serializers.IntegerField(
        allow_null=True, help_text="What would be left of it; null when there is not enough."
    )
    open_jobs = serializers.IntegerField(
        source="room.open", help_text="Of one's own, queued or running."
    )
    at_most = serializers.IntegerField(
        source="room.plan.at_once", help_text="So many may be open at once."
    )
    queue_position = serializers.IntegerField(source="outlook.position", allow_null=True)
    eta_seconds = serializers.IntegerField(
        source="outlook.seconds", allow_null=True, help_text="null when nobody can say."
    )
    requests = serializers.SerializerMethodField(
        help_text="What is left of the requests of this minute; null: they are not counted."
    )

    @extend_schema_field(RequestsSerializer(allow_null=True))
    def get_requests(self, _quote: Quote) -> dict[str, int] | None:
        left: Left | None = self.context["left"]
        return left._asdict() if left else None


class BecauseSerializer(serializers.Serializer):
    group = serializers.CharField(help_text="Of the published policy.")
    layer = serializers.CharField(
        required=False, help_text="What found it: `words`, `copies`, `pictures` or `texts`."
    )
    field = serializers.CharField(
        help_text="`prompt`, `shots.0`, `added`, or `instructions` and `earlier`: not quoted; "
        "`first_frame`, `last_frame`, `clip` of what was sent; `video` of what was made, "
        "`spoken` of what is said in it."
    )
    start = serializers.IntegerField(required=False, help_text="The first letter of it.")
    end = serializers.IntegerField(required=False, help_text="Behind its last letter.")
    text = serializers.CharField(required=False)
    at = serializers.FloatField(required=False, help_text="The second of the frame.")
    label = serializers.CharField(required=False, help_text="What a model calls it.")
    score = serializers.FloatField(required=False, help_text="How sure it is, from 0 to 1.")
    model = serializers.CharField(required=False, help_text="Its name, and digits of its hash.")


class VerdictSerializer(serializers.Serializer):
    rule = serializers.CharField()
    suggestion = serializers.CharField(required=False, help_text="What to write instead.")
    policy = serializers.CharField(required=False, help_text="Its version.")
    because = BecauseSerializer(many=True, required=False)


class JobListSerializer(serializers.ListSerializer):
    """Asks for all jobs of a list at once how long they take."""

    def to_representation(self, data):
        jobs = list(data)
        self.context["outlooks"] = outlook_of(jobs)
        return super().to_representation(jobs)


class JobSerializer(serializers.ModelSerializer):
    id = serializers.CharField()
    state = serializers.ChoiceField(JobState.choices)
    stage = serializers.ChoiceField([*Stage.choices, ("", "")])
    task = serializers.ChoiceField([*Task.choices, ("", "")])
    tier = serializers.ChoiceField(Tier.choices)
    cameos = serializers.SerializerMethodField()
    characters = serializers.SerializerMethodField()
    draft = serializers.SerializerMethodField(help_text="The first draft it became, once done.")
    drafts = serializers.SerializerMethodField(help_text="Every variant, once done.")
    attested = serializers.BooleanField(help_text="As it was wished.")
    held = serializers.SerializerMethodField(
        help_text="Whether a moderator has still to look at a draft of it."
    )
    width, height = serializers.IntegerField(), serializers.IntegerField()
    seed, cost = serializers.IntegerField(), serializers.IntegerField()
    variants = serializers.IntegerField(help_text="Seeds from `seed` on.")
    shots = ShotSerializer(many=True)
    span = serializers.ListField(child=serializers.FloatField(), allow_null=True)
    contexts = serializers.ListField(child=serializers.ChoiceField(Context.choices))
    queue_position = serializers.SerializerMethodField()
    verdict = VerdictSerializer(allow_null=True, help_text="Of screening, when it said no.")
    eta_seconds = serializers.SerializerMethodField(
        help_text="Until it is probably done; null when nobody can say."
    )

    class Meta:
        model = Job
        list_serializer_class = JobListSerializer
        fields = (
            *("id", "state", "stage", "progress", "prompt", "cameos", "characters"),
            *("width", "height", "seconds", "seed", "task", "tier", "model", "variants", "style"),
            *("enhance", "loop", "still", "shots", "span", "contexts", "strength", "cost"),
            *("reason", "verdict", "made_at", "finished_at"),
            *("draft", "drafts", "held", "attested", "queue_position", "eta_seconds"),
        )

    @extend_schema_field(CameoBrief(many=True))
    def get_cameos(self, job: Job) -> list[dict[str, str]]:
        return handles_in(job)

    @extend_schema_field(CharacterBrief(many=True))
    def get_characters(self, job: Job) -> list[dict[str, str]]:
        return characters_in(job)

    def get_draft(self, job: Job) -> str | None:
        return next(iter(self.get_drafts(job)), None)

    def get_drafts(self, job: Job) -> list[str]:
        outputs = sorted(job.outputs.all(), key=lambda output: output.variant)
        return [str(output.pk) for output in outputs]

    def get_held(self, job: Job) -> bool:
        return any(output.is_held for output in job.outputs.all())

    def get_queue_position(self, job: Job) -> int | None:
        return self._outlook(job).position

    def get_eta_seconds(self, job: Job) -> int | None:
        return self._outlook(job).seconds

    def _outlook(self, job: Job) -> Outlook:
        known = self.context.setdefault("outlooks", {})
        if job.pk not in known:
            known |= outlook_of([job])
        return known[job.pk]


class MediaSerializer(serializers.Serializer):
    """Addresses that last five minutes, for this viewer alone; what there is not is left out."""

    video = serializers.CharField(required=False, help_text="MP4, in its full size.")
    medium = serializers.CharField(required=False, help_text="MP4, smaller.")
    low = serializers.CharField(required=False, help_text="MP4, half the size or less.")
    stream = serializers.CharField(required=False, help_text="HLS of all three.")
    preview = serializers.CharField(required=False, help_text="MP4, 3 s, small and silent.")
    poster = serializers.CharField(help_text="WebP.")
    sheet = serializers.CharField(required=False, help_text="WebP of many small frames.")
    thumbnails = serializers.CharField(required=False, help_text="WebVTT: which when, of `sheet`.")
    captions = serializers.CharField(required=False, help_text="WebVTT, where somebody speaks.")
    picture = serializers.CharField(required=False, help_text="PNG; of a still.")


class OutputSerializer(serializers.ModelSerializer):
    """What an author and the people in a video both see of it."""

    id = serializers.CharField()
    job = serializers.CharField(source="job_id")
    prompt = serializers.CharField(source="job.prompt")
    cameos = serializers.SerializerMethodField()
    media = serializers.SerializerMethodField()
    kind = serializers.ChoiceField(Kind.choices)
    variant = serializers.IntegerField(help_text="Which of the job's variants, from 0.")
    width, height = serializers.IntegerField(), serializers.IntegerField()
    size = serializers.IntegerField(help_text="bytes")
    held = serializers.BooleanField(
        source="is_held", help_text="A moderator has still to look at it; till then nobody may."
    )
    ai_generated = serializers.BooleanField(
        default=True, read_only=True, help_text="All that is made here is."
    )
    mark = serializers.SerializerMethodField(help_text="The number in its pixels and manifests.")

    class Meta:
        model = Output
        fields = (
            *("id", "job", "variant", "kind", "prompt", "cameos", "width", "height", "seconds"),
            *("size", "sha256", "made_at", "held", "ai_generated", "mark", "media"),
        )

    @extend_schema_field(CameoBrief(many=True))
    def get_cameos(self, output: Output) -> list[dict[str, str]]:
        return handles_in(output.job)

    def get_mark(self, output: Output) -> str | None:
        return None if output.mark is None else code_of(output.mark)

    @extend_schema_field(MediaSerializer(allow_null=True))
    def get_media(self, output: Output) -> dict[str, str] | None:
        if output.pk not in self.context["cleared"]:
            return None
        return media.urls(output, self.context["viewer"])


def with_media(
    serializer: type[OutputSerializer], outputs: Sequence[Output], viewer: User
) -> list[dict[str, Any]]:
    """Serialized outputs; only the cleared ones get addresses."""
    pks = [output.pk for output in outputs]
    cleared = set(Output.objects.cleared().filter(pk__in=pks).values_list("pk", flat=True))
    return serializer(outputs, many=True, context={"cleared": cleared, "viewer": viewer}).data


class DraftSerializer(OutputSerializer):
    """An output of one's own. `media` is null while a consent it stands on is not live, and
    while it is held."""

    recipe = serializers.DictField(help_text="All that is needed to make the same video again.")
    characters = serializers.SerializerMethodField()

    class Meta(OutputSerializer.Meta):
        fields = (*OutputSerializer.Meta.fields, "characters", "recipe")

    @extend_schema_field(CharacterBrief(many=True))
    def get_characters(self, output: Output) -> list[dict[str, str]]:
        return characters_in(output.job)


def handles_in(job: Job) -> list[dict[str, str]]:
    uses: list[CameoUse] = list(job.uses.all())
    return [{"handle": use.cameo.handle} for use in uses if use.cameo]


def characters_in(job: Job) -> list[dict[str, str]]:
    """Those that still go by a handle: that of one that is gone may be somebody else's by now."""
    found = [use.character for use in job.character_uses.all() if use.character]
    return [{"handle": character.handle} for character in found if character.state not in GONE]
