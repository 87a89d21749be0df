"""What was served, and what clients say came of it."""

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
    because = models.JSONField(default=list)  # of each item: see counterfactual.because
    steering = models.JSONField(default=dict)  # the chips and the recipe that took part
    found = models.BinaryField(default=b"")  # what was known of each, as `features.packed`
    arms = models.JSONField(default=dict)  # the viewer's, of the experiments that ran
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
