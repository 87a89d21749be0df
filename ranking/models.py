"""What was served and what came of it, as plain numbers: ranking knows items, not posts."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from typing import ClassVar

from django.db import models
from django.utils.timezone import now

from sora_social.ids import snowflake, uuid7
from sora_social.states import Stateful


class ServedPage(models.Model):
    """One row per page served: what stood where, why, and with what probability."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    viewer = models.BigIntegerField()
    session = models.CharField(max_length=64)
    surface = models.CharField(max_length=12)
    at = models.DateTimeField(default=now)
    policy = models.CharField(max_length=64)
    items = models.JSONField(default=list)  # ids, in order
    sources = models.JSONField(default=list)
    slots = models.JSONField(default=list)  # greedy, friend, explore
    propensities = models.JSONField(default=list)
    scores = models.JSONField(default=list)
    terms = models.JSONField(default=list)  # the top value terms of each item
    because = models.JSONField(default=list)  # of each item: see counterfactual.because
    steering = models.JSONField(default=dict)  # the chips and the recipe that took part
    found = models.BinaryField(default=b"")  # what was known of each, as `features.packed`
    nudge_arm = models.CharField(max_length=24, blank=True)
    nudge_propensity = models.FloatField(null=True)
    counted = models.BooleanField(default=False)  # its impressions are in the items' counters

    class Meta:
        indexes = [
            models.Index(fields=["viewer", "-at"], name="pages_of_viewer"),
            models.Index(fields=["id"], name="pages_uncounted", condition=models.Q(counted=False)),
        ]


class EventKind(models.TextChoices):
    """What a client may say of an item or of a nudge it was shown."""

    SEEN = "seen"
    VIEW = "view"  # value: seconds that it played
    DWELL = "dwell"  # value: seconds that it stood there
    LOOPS = "loops"  # value: how often it began again
    LIKE = "like"
    SHARE = "share"
    REMIX_OPEN = "remix_open"
    CAMEO_OPEN = "cameo_open"
    PROMPT_OPEN = "prompt_open"
    COMPOSER_OPEN = "composer_open"
    FOLLOW = "follow"
    HIDE = "hide"  # reason: one of HideReason
    SEE_LESS = "see_less"  # of such as this
    REPORT = "report"
    SURVEY = "survey"  # value: 1, regretted, to 5, worth it
    NUDGE_SHOWN = "nudge_shown"
    NUDGE_ACCEPT = "nudge_accept"
    NUDGE_DISMISS = "nudge_dismiss"
    NUDGE_NEVER = "nudge_never"
    NUDGE_REGRET = "nudge_regret"  # value: 0, glad of it, to 1, would rather not have had it


class HideReason(models.TextChoices):
    NOT_FOR_ME = "not_for_me"
    TOO_OFTEN = "too_often"
    LOW_QUALITY = "low_quality"
    UPSETTING = "upsetting"
    THIS_PERSON = "this_person"


OF_NUDGES = frozenset(kind for kind in EventKind if kind.startswith("nudge"))


class Engagement(models.Model):
    """Something a viewer did with what was served; the client's id makes replays harmless.

    Partitioned like the pages, so no foreign key holds an old day back: a page is its number here.
    """

    id = models.BigIntegerField(primary_key=True, default=snowflake, editable=False)
    client_event = models.UUIDField()
    viewer = models.BigIntegerField()
    page = models.ForeignKey(
        ServedPage, models.DO_NOTHING, related_name="engagements", db_constraint=False,
        db_index=False,  # engagement_once_a_page begins with it
    )  # fmt: skip
    item = models.BigIntegerField(null=True)
    position = models.PositiveSmallIntegerField(null=True)  # on the page as it was logged
    kind = models.CharField(max_length=20)
    value = models.FloatField(default=0)
    reason = models.CharField(max_length=16, blank=True)
    at = models.DateTimeField(default=now)  # the client's clock, held between served and received

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["page", "client_event"], name="engagement_once_a_page")
        ]
        indexes = [models.Index(fields=["viewer", "-id"], name="engagements_of_viewer")]


class Recipe(models.Model):
    """A person's own weights of the value function, under a name; a fork knows where it is from."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    author = models.BigIntegerField()
    name = models.CharField(max_length=40)
    weights = models.JSONField(default=dict)  # those that are not as published
    shared = models.BooleanField(default=False)  # whoever has the link may read and fork it
    lineage = models.JSONField(default=list)  # recipes, the first of them in front
    made_at = models.DateTimeField(default=now)

    class Meta:
        indexes = [models.Index(fields=["author", "-id"], name="recipes_of_author")]

    def __str__(self) -> str:
        return self.name


class Choices(models.Model):
    """What a person decided about their feed: one row, read with every page."""

    viewer = models.BigIntegerField(primary_key=True)
    plain = models.BooleanField(default=False)  # nothing is put in order for them
    chips = models.JSONField(default=list)  # as types.Chip
    recipe = models.ForeignKey(Recipe, models.SET_NULL, null=True)
    mark = models.UUIDField(default=uuid7)  # another after each change


class Made(models.TextChoices):
    """What somebody made, or said for good; known from rows of ours, never from a client."""

    GENERATE = "generate"
    KEEP = "keep"  # an hour later it had not been thrown away
    POST = "post"
    CAMEO_USE = "cameo_use"
    REMIX = "remix"
    LIKE = "like"
    REPORT = "report"


class Creation(models.Model):
    """Something that was made, and an impression that inspired it, with its share of the credit.

    Place 0 is there once for everything that was made, without a page when nothing inspired it.
    """

    id = models.BigIntegerField(primary_key=True, default=snowflake, editable=False)
    kind = models.CharField(max_length=12, choices=Made)
    subject = models.CharField(max_length=40)  # the number of the row that says so
    place = models.PositiveSmallIntegerField(default=0)  # among what inspired it, the best first
    viewer = models.BigIntegerField()
    at = models.DateTimeField()
    page = models.UUIDField(null=True)
    item = models.BigIntegerField(null=True)
    position = models.PositiveSmallIntegerField(null=True)
    credit = models.FloatField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind", "subject", "place"], name="attributed_once"),
            models.CheckConstraint(
                condition=models.Q(credit__gte=0, credit__lte=1), name="credit_is_a_share"
            ),
        ]
        indexes = [
            models.Index(fields=["page"], name="creations_of_page"),
            models.Index(fields=["viewer", "-at"], name="creations_of_viewer"),
        ]


class Profile(models.Model):
    """What a person makes and watches, as sums that fade: one row, read when a page is served."""

    viewer = models.BigIntegerField(primary_key=True)
    created = models.BinaryField(default=b"")  # 32 little-endian float32
    watched = models.BinaryField(default=b"")
    creations = models.FloatField(default=0)  # faded counts
    served = models.FloatField(default=0)
    authors = models.JSONField(default=dict)  # author: how much the viewer answered them, faded
    made_at = models.FloatField(default=0)  # the last time, Unix seconds
    at = models.FloatField(default=0)  # Unix seconds to which all of it has faded


class Mark(models.Model):
    """How far something has been read."""

    name = models.CharField(max_length=20, primary_key=True)
    place = models.BigIntegerField(default=0)


class TrainedModel(models.Model):
    """A model that was trained: how it did on what it had not seen, and whether it serves."""

    id = models.BigAutoField(primary_key=True)
    made_at = models.DateTimeField(default=now)
    examples = models.PositiveBigIntegerField()
    figures = models.JSONField(default=dict)
    promoted = models.BooleanField(default=False)
    file = models.BinaryField(default=b"")  # an .npz, see network.py; empty when it lost
    sha256 = models.CharField(max_length=64, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(promoted=False) | ~models.Q(sha256=""), name="promoted_has_file"
            )
        ]

    @property
    def name(self) -> str:
        """As pages name it that it ordered."""
        return f"model-{self.pk}"


class NudgeState(models.Model):
    """What a person answered to nudges: dismissals are kept, 'never' is for good."""

    viewer = models.BigIntegerField(primary_key=True)
    never = models.BooleanField(default=False)
    shown_at = models.JSONField(default=list)  # Unix seconds, newest last
    dismissed_at = models.JSONField(default=list)
    own = models.JSONField(default=dict)  # arm: what it did for this person, see bandit.Own


class NudgeTrial(models.Model):
    """One arm drawn against none: its chance, whether it was shown, and what came of it."""

    page = models.UUIDField(unique=True)
    viewer = models.BigIntegerField()
    at = models.DateTimeField()
    ends_at = models.DateTimeField()  # of the window in which events belong to the nudge
    arm = models.CharField(max_length=24)
    shown = models.BooleanField()
    chance = models.FloatField()  # of being shown
    context = models.JSONField(default=list)  # in the order of bandit.FEATURES
    settled = models.BooleanField(default=False)  # what follows is known, and was learned from
    created = models.BooleanField(default=False)
    accepted = models.BooleanField(default=False)
    dismissed = models.BooleanField(default=False)
    never = models.BooleanField(default=False)
    regret = models.FloatField(null=True)
    reward = models.FloatField(default=0)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(chance__gte=0.1, chance__lte=0.9), name="both_sides_are_drawn"
            )
        ]
        indexes = [
            models.Index(fields=["viewer", "at"], name="trials_of_viewer"),
            models.Index(fields=["at"], name="trials_open", condition=models.Q(settled=False)),
        ]


class NudgeBelief(models.Model):
    """What is believed of every arm, in one row."""

    ONLY = 1
    id = models.PositiveSmallIntegerField(primary_key=True, default=ONLY)
    lines = models.JSONField(default=dict)  # see bandit.as_json
    trials = models.PositiveBigIntegerField(default=0)
    learned_at = models.DateTimeField(default=now)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="one_belief")]


class ExperimentState(models.TextChoices):
    PLANNED = "planned"
    RUNNING = "running"
    STOPPED = "stopped"


EXPERIMENT_MOVES: dict[str, set[str]] = {
    ExperimentState.PLANNED: {ExperimentState.RUNNING},
    ExperimentState.RUNNING: {ExperimentState.STOPPED},
}


def new_salt() -> str:
    return secrets.token_hex(8)


class Experiment(Stateful):
    """The run of what `experiments.toml` defines under this name. It runs once: whoever was in one
    arm is not put into another later."""

    moves: ClassVar = EXPERIMENT_MOVES
    name = models.CharField(max_length=40, primary_key=True)
    state = models.CharField(
        max_length=12, choices=ExperimentState, default=ExperimentState.PLANNED, editable=False
    )
    salt = models.CharField(max_length=16, default=new_salt, editable=False)
    definition = models.JSONField(default=dict, editable=False)  # as it was at the start
    started_at = models.DateTimeField(null=True, editable=False)
    stopped_at = models.DateTimeField(null=True, editable=False)
    reason = models.CharField(max_length=120, blank=True, editable=False)  # of the end
    looked_at = models.DateTimeField(default=datetime(2000, 1, 1, tzinfo=UTC), editable=False)
    result = models.JSONField(default=dict, editable=False)  # of the last look, by metric

    def __str__(self) -> str:
        return self.name


class Exposure(models.Model):
    """Somebody met an experiment, in this arm, for the first time then."""

    experiment = models.ForeignKey(Experiment, models.CASCADE, related_name="exposures")
    person = models.BigIntegerField()
    unit = models.BigIntegerField()  # the person, or their group of friends
    arm = models.CharField(max_length=24)
    at = models.DateTimeField(default=now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["experiment", "person"], name="exposed_once")
        ]


class FriendGroup(models.Model):
    """The group of friends that somebody is in, as it was last worked out."""

    person = models.BigIntegerField(primary_key=True)
    group = models.BigIntegerField()
    made_at = models.DateTimeField(default=now)
