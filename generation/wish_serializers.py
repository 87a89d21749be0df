"""What people wish for, as it comes in."""

from __future__ import annotations

from rest_framework import serializers

from cameos.states import Context
from generation.orders import SEEDS
from generation.prompting import Level
from generation.screening import LONGEST
from generation.states import Task, Tier
from generation.wanted import MOST_SHOTS, MOST_VARIANTS, PIECES
from sora_social.text import plain


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
    model = serializers.CharField(
        required=False, allow_blank=True, max_length=64,
        help_text="One of `models` in `GET engine/`; blank: the usual one.",
    )  # fmt: skip
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
    clip = serializers.FileField(
        required=False,
        help_text="A clip of at most 60 s in place of `source`, to extend or restyle; give "
        "`seconds` of what is restyled (multipart only).",
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
        help_text="I may use the likeness of everybody in the pictures or clip I send. Without it "
        "one that shows a face ends the job: `face_without_attestation`.",
    )


class FinalWishSerializer(serializers.Serializer):
    """How much compute the final of a preview is worth."""

    tier = serializers.ChoiceField([Tier.STANDARD, Tier.HIGH], default=Tier.STANDARD)
