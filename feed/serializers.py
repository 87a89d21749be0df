"""Posts, pages and what people send about them, as the API shows and takes them."""

from __future__ import annotations

import math

from drf_spectacular.utils import PolymorphicProxySerializer, extend_schema_serializer
from rest_framework import serializers

from feed.models import PostAudience
from feed.states import PostState
from generation.serializers import (
    CameoBrief,
    CharacterBrief,
    MediaSerializer,
    PersonBrief,
)
from generation.wish_serializers import JobWishSerializer
from ranking.models import OF_NUDGES, EventKind, HideReason
from ranking.types import Arm, Slot
from sora_social.text import plain

CAPTION, COMMENT = 500, 500
LARGEST_ID = 2**63 - 1
EVENTS = 100
A_DAY = 86_400.0
VALUE = "Seconds of a `view` or `dwell`; how often of `loops`; 1 to 5, a `survey`'s answer."
AT = "When, by the client's clock; held between when the page was served and now."
VALUED = {  # kinds that say a number, and the largest
    EventKind.VIEW: A_DAY, EventKind.DWELL: A_DAY, EventKind.LOOPS: 10_000, EventKind.SURVEY: 5,
}  # fmt: skip


# --- what is sent ---------------------------------------------------------------------------------
MORE = "The cursor behind an `end`; to be followed only when the person asks for more."


class DraftPostSerializer(serializers.Serializer):
    """A draft to be shown to others."""

    draft = serializers.UUIDField()
    caption = serializers.CharField(
        max_length=CAPTION, allow_blank=True, default="", validators=[plain]
    )
    audience = serializers.ChoiceField(PostAudience.choices, default=PostAudience.PUBLIC)


class PostChangeSerializer(serializers.Serializer):
    """What an author may change."""

    caption = serializers.CharField(
        max_length=CAPTION, allow_blank=True, required=False, validators=[plain]
    )
    audience = serializers.ChoiceField(PostAudience.choices, required=False)
    hidden = serializers.BooleanField(
        required=False, help_text="Out of everybody's sight but one's own."
    )


class RemixWishSerializer(JobWishSerializer):
    """What to make of a post, as in `POST jobs/`: its video is the `source`.

    A `stitch` begins with it. What is left out is as in the post.
    """

    source = None


class CommentTextSerializer(serializers.Serializer):
    text = serializers.CharField(max_length=COMMENT, validators=[plain])


class EventSerializer(serializers.Serializer):
    """Something the viewer did with a post of the page, or with its nudge."""

    id = serializers.UUIDField(help_text="The client's own; the same id again changes nothing.")
    kind = serializers.ChoiceField(EventKind.choices)
    post = serializers.RegexField(r"^[0-9]{1,19}\Z", required=False)
    value = serializers.FloatField(required=False, min_value=0, max_value=A_DAY, help_text=VALUE)
    reason = serializers.ChoiceField(HideReason.choices, required=False, help_text="Of a `hide`.")
    at = serializers.DateTimeField(required=False, help_text=AT)

    def validate_post(self, post: str) -> int:
        if int(post) > LARGEST_ID:
            raise serializers.ValidationError("Not the id of a post.")
        return int(post)

    def validate_value(self, value: float) -> float:
        if not math.isfinite(value):
            raise serializers.ValidationError("A finite number.")
        return value

    def validate(self, attrs: dict) -> dict:
        if attrs["kind"] == EventKind.NUDGE_REGRET and not 0 <= attrs.get("value", -1) <= 1:
            raise serializers.ValidationError({"value": "Regret lies between 0 and 1."})
        if attrs["kind"] not in OF_NUDGES and "post" not in attrs:
            raise serializers.ValidationError({"post": "This kind of event names a post."})
        if attrs["kind"] in VALUED:
            _check_value(attrs["kind"], attrs.get("value"))
        if "reason" in attrs and attrs["kind"] != EventKind.HIDE:
            raise serializers.ValidationError({"reason": "Only a `hide` has a reason."})
        return {("item" if name == "post" else name): value for name, value in attrs.items()}


def _check_value(kind: str, value: float | None) -> None:
    """A survey is answered with one of five numbers; a time or a count is not endless."""
    if kind == EventKind.SURVEY and value not in (1, 2, 3, 4, 5):
        raise serializers.ValidationError({"value": "1, 2, 3, 4 or 5."})
    if value is not None and value > VALUED[EventKind(kind)]:
        raise serializers.ValidationError({"value": f"At most {VALUED[EventKind(kind)]:g}."})


class EventsSerializer(serializers.Serializer):
    page = serializers.UUIDField()
    events = EventSerializer(many=True, min_length=1, max_length=EVENTS)


# --- what is shown --------------------------------------------------------------------------------


class CountersSerializer(serializers.Serializer):
    likes = serializers.IntegerField()
    comments = serializers.IntegerField()
    remixes = serializers.IntegerField()


class PostSerializer(serializers.Serializer):
    """A post as the viewer may see it; the addresses in `media` last five minutes."""

    id = serializers.CharField()
    state = serializers.ChoiceField(PostState.choices)
    author = PersonBrief()
    caption = serializers.CharField()
    prompt = serializers.CharField()
    cameos = CameoBrief(many=True)
    characters = CharacterBrief(many=True, help_text="Those that you may use.")
    media = MediaSerializer()
    width = serializers.IntegerField()
    height = serializers.IntegerField()
    seconds = serializers.FloatField()
    counters = CountersSerializer()
    liked = serializers.BooleanField()
    parent = serializers.CharField(allow_null=True)
    root = serializers.CharField(allow_null=True)
    depth = serializers.IntegerField()
    ai_generated = serializers.BooleanField(help_text="All that is made here is.")
    audience = serializers.ChoiceField(PostAudience.choices)
    made_at = serializers.DateTimeField()


class ListedPostSerializer(PostSerializer):
    """A post in a list, and why it stands there."""

    kind = serializers.ChoiceField(["post"])
    why = serializers.CharField()


class NudgeSerializer(serializers.Serializer):
    """An invitation, and what it hands over: a `prompt` to begin with, for a new video, for a remix
    of a `post`, with a `cameo`, or of a `draft` to finish. A rest hands over nothing."""

    kind = serializers.ChoiceField(["nudge"])
    arm = serializers.ChoiceField(
        [arm.value for arm in Arm if arm not in (Arm.NONE, Arm.CAUGHT_UP)]
    )
    text = serializers.CharField()
    prompt = serializers.CharField(allow_null=True)
    post = serializers.CharField(allow_null=True)
    draft = serializers.CharField(allow_null=True)
    cameo = serializers.CharField(allow_null=True, help_text="The handle of a friend's.")


class EndSerializer(serializers.Serializer):
    """The end of a feed: nothing is new, or it is enough for now. `more` goes on behind it."""

    kind = serializers.ChoiceField(["end"])
    arm = serializers.ChoiceField([Arm.CAUGHT_UP.value, Arm.TAKE_A_BREAK.value])
    text = serializers.CharField()


@extend_schema_serializer(many=False)
class FeedPageSerializer(serializers.Serializer):
    """A page of a feed. `page` names it in events and in questions why."""

    page = serializers.UUIDField()
    policy = serializers.CharField(help_text="What ordered it; `fallback-1` when only time did.")
    items = PolymorphicProxySerializer(
        component_name="FeedItem",
        serializers={"post": ListedPostSerializer, "nudge": NudgeSerializer, "end": EndSerializer},
        resource_type_field_name="kind",
        many=True,
    )
    next = serializers.CharField(allow_null=True)
    more = serializers.CharField(allow_null=True, help_text=MORE)


@extend_schema_serializer(many=False)
class PostListSerializer(serializers.Serializer):
    """A list of posts by time. `page` names it in events."""

    page = serializers.UUIDField()
    policy = serializers.CharField()
    items = PolymorphicProxySerializer(
        component_name="ListItem",
        serializers={"post": ListedPostSerializer, "end": EndSerializer},
        resource_type_field_name="kind",
        many=True,
    )
    next = serializers.CharField(allow_null=True)
    more = serializers.CharField(allow_null=True, help_text=MORE)


class NodeSerializer(serializers.Serializer):
    """A place in a remix tree; `post` is null where it may not be seen."""

    node = serializers.IntegerField()
    parent_node = serializers.IntegerField(allow_null=True)
    depth = serializers.IntegerField()
    post = PostSerializer(allow_null=True)


@extend_schema_serializer(many=False)
class TreeSerializer(serializers.Serializer):
    items = NodeSerializer(many=True)
    truncated = serializers.BooleanField()


class CommentSerializer(serializers.Serializer):
    id = serializers.CharField(source="pk")
    author = PersonBrief()
    text = serializers.CharField()
    made_at = serializers.DateTimeField()


class SessionSerializer(serializers.Serializer):
    session = serializers.RegexField(r"^[\w.-]{1,64}\Z", required=False)


class PageSerializer(serializers.Serializer):
    page = serializers.UUIDField()


class EngagedSerializer(serializers.Serializer):
    accepted = serializers.IntegerField(help_text="How many of the events were new.")


class TermSerializer(serializers.Serializer):
    name = serializers.CharField()
    moved = serializers.FloatField(
        help_text="What it added to the logit of creating; in Top, the number itself."
    )


class CounterfactualSerializer(serializers.Serializer):
    """Where it would have stood, counted from 1, without what decided most."""

    without = serializers.CharField()
    place = serializers.IntegerField()
    text = serializers.CharField()


class WhySerializer(serializers.Serializer):
    """The logged decision about one place of one page."""

    text = serializers.CharField()
    source = serializers.CharField()
    slot = serializers.ChoiceField([slot.value for slot in Slot])
    position = serializers.IntegerField()
    propensity = serializers.FloatField()
    score = serializers.FloatField()
    policy = serializers.CharField()
    terms = TermSerializer(many=True)
    chips = serializers.ListField(
        child=serializers.CharField(), help_text="Your wishes that touched it."
    )
    recipe = serializers.CharField(allow_null=True, help_text="Your own, that weighed it.")
    counterfactual = CounterfactualSerializer(allow_null=True)
