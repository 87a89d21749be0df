"""Jobs, drafts, credits and capabilities as the API shows them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from cameos.states import GONE, Context
from generation import media
from generation.models import Account, CameoUse, EntryKind, Job, LedgerEntry, Output
from generation.orders import SEEDS
from generation.prompting import Level
from generation.screening import LONGEST
from generation.services import queue_position
from generation.states import JobState, Kind, Stage, Task, Tier
from generation.wanted import MOST_SHOTS, MOST_VARIANTS, PIECES
from sora_social.text import plain
from sora_social.users.models import User


class PersonBrief(serializers.Serializer):
    handle = serializers.CharField()
    display_name = serializers.CharField()


class CameoBrief(serializers.Serializer):
    handle = serializers.CharField()


class CharacterBrief(serializers.Serializer):
    handle = serializers.CharField()


class ShotSerializer(serializers.Serializer):
    """A part of a storyboard."""

    prompt = serializers.CharField(max_length=LONGEST, validators=[plain])
    seconds = serializers.FloatField(min_value=0.1, max_value=600)


class JobWishSerializer(serializers.Serializer):
    """What to make. What is left out is the model's usual; see `GET engine/`.

    Without a `task` it is made from the prompt, and may be given `first_frame`, `last_frame`,
    `loop`, `still` or `shots`. With one it is made from videos of one's own:
    `extend`, `extend_back`: `source`, and `seconds` of what is new;
    `restyle`: `source`, `strength` (what a `source` without a task is, too);
    `inpaint`: `source`, and `mask` or `span` or both;
    `blend`: `source` into `other`, and `seconds` of what is between;
    `recast`: `source`, and a prompt that mentions who takes the place of whoever is in it;
    `stitch`: two to eight `sources`, untouched, in order.
    Everybody in every video it is made from is in it: each has to give leave.
    """

    prompt = serializers.CharField(
        max_length=LONGEST,
        validators=[plain],
        help_text="What happens; `@handle` puts a cameo or a character into it, at most three.",
    )
    task = serializers.ChoiceField([*Task.choices, ("", "")], required=False)
    seconds = serializers.FloatField(required=False, min_value=0.1, max_value=600)
    width = serializers.IntegerField(required=False, min_value=1, max_value=8192)
    height = serializers.IntegerField(required=False, min_value=1, max_value=8192)
    seed = serializers.IntegerField(
        required=False, allow_null=True, min_value=0, max_value=SEEDS - 1
    )
    tier = serializers.ChoiceField(
        Tier.choices, required=False, help_text="`preview` is small and quick; then see `final/`."
    )
    variants = serializers.IntegerField(
        required=False, min_value=1, max_value=MOST_VARIANTS, help_text="So many seeds at once."
    )
    style = serializers.CharField(
        required=False, allow_blank=True, max_length=24, help_text="A `name` of `GET styles/`."
    )
    enhance = serializers.ChoiceField(
        [level.value for level in Level], required=False, help_text="Who adds to the prompt."
    )
    loop = serializers.BooleanField(
        required=False, help_text="The last frame continues into the first."
    )
    still = serializers.BooleanField(required=False, help_text="A picture and no video.")
    shots = ShotSerializer(
        many=True, required=False, allow_empty=False, max_length=MOST_SHOTS,
        help_text="One after the other in one video, with the same people.",
    )  # fmt: skip
    first_frame = serializers.FileField(
        required=False, help_text="A picture the video begins with (multipart only)."
    )
    last_frame = serializers.FileField(
        required=False, help_text="A picture the video ends with (multipart only)."
    )
    source = serializers.UUIDField(required=False, help_text="A draft of one's own.")
    other = serializers.UUIDField(required=False, help_text="A draft of one's own to end with.")
    sources = serializers.ListField(
        child=serializers.UUIDField(), required=False, allow_empty=False, max_length=PIECES[1],
        help_text="Drafts of one's own.",
    )  # fmt: skip
    strength = serializers.FloatField(
        required=False, min_value=0.05, max_value=1.0, help_text="1 keeps nothing of the source."
    )
    mask = serializers.FileField(
        required=False,
        help_text="A picture of the source's shape, white where it is drawn anew (multipart only).",
    )
    span = serializers.ListField(
        child=serializers.FloatField(min_value=0, max_value=600),
        required=False, min_length=2, max_length=2,
        help_text="From and to, in seconds: what of the source is drawn anew.",
    )  # fmt: skip

    contexts = serializers.ListField(
        child=serializers.ChoiceField(Context.choices), required=False, max_length=len(Context),
        help_text="What it is about, where that matters for whose likeness may be in it; what the "
        "prompt speaks of is added.",
    )  # fmt: skip
    attested = serializers.BooleanField(
        required=False,
        help_text="I may use the likeness of everybody in the pictures I send. Without it a "
        "picture that shows a face ends the job: `face_without_attestation`.",
    )


class FinalWishSerializer(serializers.Serializer):
    """How much compute the final of a preview is worth."""

    tier = serializers.ChoiceField([Tier.STANDARD, Tier.HIGH], default=Tier.STANDARD)


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

    class Meta:
        model = Job
        fields = (
            *("id", "state", "stage", "progress", "prompt", "cameos", "characters"),
            *(
                "width",
                "height",
                "seconds",
                "seed",
                "task",
                "tier",
                "variants",
                "style",
                "enhance",
                "loop",
                "still",
            ),
            *("shots", "span", "contexts", "strength", "cost", "reason", "made_at", "finished_at"),
            *("draft", "drafts", "held", "attested", "queue_position"),
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
        return queue_position(job)


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

    class Meta:
        model = Output
        fields = (
            *("id", "job", "variant", "kind", "prompt", "cameos", "width", "height", "seconds"),
            *("size", "sha256", "made_at", "held", "media"),
        )

    @extend_schema_field(CameoBrief(many=True))
    def get_cameos(self, output: Output) -> list[dict[str, str]]:
        return handles_in(output.job)

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


def handles_in(job: Job) -> list[dict[str, str]]:
    uses: list[CameoUse] = list(job.uses.all())
    return [{"handle": use.cameo.handle} for use in uses if use.cameo]


def characters_in(job: Job) -> list[dict[str, str]]:
    """Those that still go by a handle: that of one that is gone may be somebody else's by now."""
    found = [use.character for use in job.character_uses.all() if use.character]
    return [{"handle": character.handle} for character in found if character.state not in GONE]
