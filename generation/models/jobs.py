"""Jobs, who may be in them, and what they start from."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils.timezone import now

from cameos.models import Asked, Cameo, Character, Consent, as_value
from cameos.states import Surface, words
from generation.states import ENDED, JOB_MOVES, JobState, Role, Stage, Task, Tier
from sora_social.ids import uuid7
from sora_social.moderation.models import Subject, Takedown
from sora_social.states import Stateful
from sora_social.there_is import ThereIs
from sora_social.users.models import User


class JobQuerySet(models.QuerySet["Job"]):
    def by(self, person: User) -> JobQuerySet:
        return self.filter(author=person.pk)

    def cleared(self, surfaces: Asked = 0) -> JobQuerySet:
        """Jobs in which nobody's likeness goes further than its owner lets it at this moment, and
        no character is down."""
        down = CharacterUse.objects.down().filter(job=OuterRef("pk"))
        refused = ThereIs(refused_uses, F("pk"), as_value(surfaces))
        return self.exclude(refused).exclude(Exists(down))

    def may_go_on(self) -> JobQuerySet:
        """Jobs that may still become something: cleared, what they start from too, the author
        still here and let use every character. Without joins, so that an UPDATE of these stays
        one compare-and-swap."""
        shut = CharacterUse.objects.unusable().filter(job=OuterRef("pk"))
        in_sources = CameoUse.objects.filter(job__outputs__jobsource__job=OuterRef("pk"))
        gone = Q(output=None) | Q(output__down_id__in=Takedown.objects.of(Subject.OUTPUT))
        return (
            self.cleared(F("surfaces"))
            .filter(author__in=User.objects.present())
            .exclude(Exists(in_sources.refused(OuterRef(OuterRef("surfaces")))))
            .exclude(Exists(shut))
            .exclude(Exists(JobSource.objects.filter(gone, job=OuterRef("pk"))))
        )

    def open(self) -> JobQuerySet:
        return self.exclude(state__in=ENDED)


UPLOADS = ("first_frame", "last_frame", "mask", "clip")  # what a job keeps, made anew


class Job(Stateful):
    """A wish to make a video. This row is the truth; a broker's message is only a hint."""

    moves: ClassVar = JOB_MOVES
    fresh = False  # true on the very instance that a submit has just made
    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    state = models.CharField(
        max_length=12, choices=JobState, default=JobState.QUEUED, editable=False
    )
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="jobs")
    idempotency_key = models.CharField(max_length=255)
    fingerprint = models.CharField(max_length=64)
    made_at = models.DateTimeField(default=now)

    prompt = models.CharField(max_length=32_000)
    seed = models.BigIntegerField()
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    seconds = models.FloatField()
    strength = models.FloatField(default=0.7)
    task = models.CharField(max_length=12, choices=Task, blank=True)
    tier = models.CharField(max_length=8, choices=Tier, default=Tier.STANDARD)
    model = models.CharField(max_length=64, blank=True)  # of generation.lineup
    style = models.CharField(max_length=24, blank=True)
    enhance = models.CharField(max_length=8, default="template")
    engine_prompt = models.TextField(blank=True)  # what the model read, when it is to read it again
    engine_shots = models.JSONField(default=list, blank=True)
    loop = models.BooleanField(default=False)
    still = models.BooleanField(default=False)
    variants = models.PositiveSmallIntegerField(default=1)
    shots = models.JSONField(default=list, blank=True)  # [{"prompt", "seconds"}]
    span = models.JSONField(null=True, blank=True)  # [from, to], seconds drawn anew
    contexts = models.JSONField(default=list, blank=True)  # words of cameos.states.Context
    said = models.TextField(blank=True)  # telling words, of what it starts from as well
    first_frame = models.CharField(max_length=120, blank=True)  # storage keys
    last_frame = models.CharField(max_length=120, blank=True)
    mask = models.CharField(max_length=120, blank=True)
    clip = models.CharField(max_length=120, blank=True)  # in place of a source
    surfaces = models.PositiveIntegerField(default=0)  # bits of Surface: where it is made for
    delivery = models.JSONField(null=True, blank=True)  # fields of generation.encoding.Delivery
    attested = models.BooleanField(default=False)  # its author may use whoever is in what was sent
    final_of = models.ForeignKey(
        "Output", models.SET_NULL, null=True, related_name="finals"
    )  # the preview that this is the final of

    via = models.CharField(max_length=40, blank=True)  # what it came by: `users.keys.came_by`
    turn = models.FloatField(default=0.0)  # of all that wait the smallest goes first
    attempt = models.PositiveSmallIntegerField(default=0)  # tries that failed by themselves
    losses = models.PositiveSmallIntegerField(default=0)  # tries that the machines lost
    lease_token = models.UUIDField(null=True)
    lease_until = models.DateTimeField(null=True)
    run_after = models.DateTimeField(null=True)
    dispatched_at = models.DateTimeField(null=True)
    deadline_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)  # the last try
    finished_at = models.DateTimeField(null=True)
    tidied_at = models.DateTimeField(null=True)  # its leftover files are gone
    progress = models.FloatField(default=0.0)
    stage = models.CharField(max_length=12, choices=Stage, blank=True)
    cost = models.PositiveIntegerField(default=1)
    reason = models.CharField(max_length=60, blank=True)
    verdict = models.JSONField(null=True, blank=True)  # of screening, when it said no

    objects = JobQuerySet.as_manager()

    @property
    def where(self) -> frozenset[str]:
        """The surfaces that it is made for; none for the author's own drafts."""
        return words(self.surfaces, Surface)

    @property
    def uploads(self) -> dict[str, str]:
        """Storage keys of what was uploaded for it, by field."""
        return {name: key for name in UPLOADS if (key := getattr(self, name))}

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["author", "idempotency_key"], name="one_job_per_key"),
            models.CheckConstraint(
                condition=~Q(state=JobState.RUNNING) | Q(lease_token__isnull=False),
                name="running_has_lease",
            ),
        ]
        indexes = [
            models.Index(fields=["id"], name="job_open", condition=~Q(state__in=ENDED)),
            models.Index(fields=["author"], name="job_open_of", condition=~Q(state__in=ENDED)),
            models.Index(
                fields=["dispatched_at"], name="job_queued", condition=Q(state=JobState.QUEUED)
            ),
            models.Index(
                fields=["turn", "id"], name="job_turn", condition=Q(state=JobState.QUEUED)
            ),
            models.Index(
                fields=["-finished_at"], name="job_done", condition=Q(state=JobState.DONE)
            ),
            models.Index(
                fields=["lease_until"], name="job_running", condition=Q(state=JobState.RUNNING)
            ),
            models.Index(
                fields=["finished_at"],
                name="job_untidied",
                condition=Q(finished_at__isnull=False, tidied_at__isnull=True),
            ),
        ]


class CameoUseQuerySet(models.QuerySet["CameoUse"]):
    def refused(self, surfaces: Asked = 0) -> CameoUseQuerySet:
        """Uses without a leave that holds now and covers them, there where it would be seen."""
        leave = Consent.objects.live(remixes=OuterRef("inherited")).covering(
            contexts=OuterRef("contexts"),
            surfaces=surfaces,
            alters=OuterRef("alters"),
            speaks=OuterRef("speaks"),
            remixes=OuterRef("inherited"),
            since=OuterRef("made_at"),
            said=OuterRef("said"),
        )
        return self.exclude(Exists(leave.filter(pk=OuterRef("consent"))))


class CameoUse(models.Model):
    """A person in a job, for what, and the leave it stands on. Without one the job shows nothing.

    Everybody in what a job starts from is in it, so that a use never has ancestors to ask.
    """

    job = models.ForeignKey(Job, models.CASCADE, related_name="uses")
    cameo = models.ForeignKey(Cameo, models.SET_NULL, null=True, related_name="uses")
    consent = models.ForeignKey(Consent, models.SET_NULL, null=True, related_name="uses")
    inherited = models.BooleanField(default=False)  # came with the clip that was remixed
    named = models.BooleanField(default=True)  # in the prompt; one may be both
    position = models.PositiveSmallIntegerField(default=0)
    contexts = models.PositiveIntegerField(default=0)  # bits of cameos.states.Context
    alters = models.BooleanField(default=False)  # the person's appearance
    speaks = models.BooleanField(default=False)  # with the person's voice
    said = models.TextField(blank=True)  # the job's
    revision = models.PositiveIntegerField(default=1)  # of the cameo's terms, at submit
    made_at = models.DateTimeField(default=now)

    objects = CameoUseQuerySet.as_manager()

    class Meta:
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["job", "cameo"], name="cameo_once_per_job")]


def refused_uses(job: Asked, surfaces: Asked) -> CameoUseQuerySet:
    """The uses of a job without leave: what all lists ask."""
    return CameoUse.objects.filter(job=job).refused(surfaces)


class CharacterUseQuerySet(models.QuerySet["CharacterUse"]):
    def unusable(self) -> CharacterUseQuerySet:
        """Uses of what the job's author may not use at this moment, if it is still there at all."""
        usable = Character.objects.usable_by(OuterRef("job__author"))
        return self.exclude(Exists(usable.filter(pk=OuterRef("character"))))

    def down(self) -> CharacterUseQuerySet:
        """Uses of what moderators have taken down."""
        return self.filter(character__down_id__in=Takedown.objects.of(Subject.CHARACTER))


class CharacterUse(models.Model):
    """A character in a job. Every one in what the job starts from is in it as well."""

    job = models.ForeignKey(Job, models.CASCADE, related_name="character_uses")
    character = models.ForeignKey(Character, models.SET_NULL, null=True, related_name="uses")
    inherited = models.BooleanField(default=False)  # came with the clip that was remixed
    named = models.BooleanField(default=True)  # in the prompt; one may be both
    position = models.PositiveSmallIntegerField(default=0)
    made_at = models.DateTimeField(default=now)

    objects = CharacterUseQuerySet.as_manager()

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["job", "character"], name="character_once_per_job")
        ]


class JobSource(models.Model):
    """An output the job was asked to start from; it becomes a parent of what is made."""

    job = models.ForeignKey(Job, models.CASCADE, related_name="sources")
    output = models.ForeignKey("generation.Output", models.SET_NULL, null=True)
    role = models.CharField(max_length=10, choices=Role)
