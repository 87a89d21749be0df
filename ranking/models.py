"""What was served and what came of it, as plain numbers: ranking knows items, not posts."""

from __future__ import annotations

from django.db import models
from django.utils.timezone import now

from sora_social.ids import snowflake, uuid7


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
    SEE_LESS = "see_less"
    REPORT = "report"
    SURVEY = "survey"  # value: 1, regretted, to 5, worth it
    NUDGE_SHOWN = "nudge_shown"
    NUDGE_ACCEPT = "nudge_accept"
    NUDGE_DISMISS = "nudge_dismiss"
    NUDGE_NEVER = "nudge_never"


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
    muted_until = models.DateTimeField(null=True)
