"""What jobs became, and what was made from what."""

from __future__ import annotations

from django.db import models
from django.db.models import Exists, F, OuterRef, Subquery, Sum
from django.db.models.functions import Coalesce
from django.utils.timezone import now

from cameos.models import Asked, as_value
from generation.models.jobs import CameoUse, CharacterUse, Job, refused_uses
from generation.renditions import CLEAN, FILES, MAIN
from generation.states import Kind, Role
from sora_social.ids import uuid7
from sora_social.moderation.models import Subject, Takedown
from sora_social.there_is import ThereIs
from sora_social.users.models import User


class OutputQuerySet(models.QuerySet["Output"]):
    def by(self, person: User) -> OutputQuerySet:
        return self.filter(job__author=person.pk)

    def cleared(self, surfaces: Asked = 0) -> OutputQuerySet:
        """Outputs that may be seen there now: leave from everyone in them, neither they nor a
        character in them taken down, and not held for a moderator to look at."""
        return (
            self.filter(held_at=None)
            .exclude(ThereIs(refused_uses, F("job"), as_value(surfaces)))
            .exclude(Exists(CharacterUse.objects.down().filter(job=OuterRef("job"))))
            .exclude(down_id__in=Takedown.objects.of(Subject.OUTPUT))
        )

    def with_epoch(self) -> OutputQuerySet:
        """Each with `epoch`, the sum of its cameos' epochs: a narrowing moves it."""
        total = (
            CameoUse.objects.filter(job=OuterRef("job"))
            .order_by()
            .values("job")
            .annotate(epoch=Sum("cameo__epoch"))
            .values("epoch")
        )
        return self.annotate(epoch=Coalesce(Subquery(total), 0))

    def of_likeness(self, person: User) -> OutputQuerySet:
        """Outputs with the person's own cameo in them, by whomever."""
        return self.filter(job__in=CameoUse.objects.filter(cameo__owner=person.pk).values("job"))


class Output(models.Model):
    """What a job became, one of its variants: files in the store, and the recipe behind them."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    job = models.ForeignKey(Job, models.CASCADE, related_name="outputs")
    variant = models.PositiveSmallIntegerField(default=0)
    parents = models.ManyToManyField("self", through="OutputParent", symmetrical=False)
    down_id = models.CharField(max_length=40, editable=False, db_index=True)  # its id as text
    kind = models.CharField(max_length=5, choices=Kind, default=Kind.CLIP)
    folder = models.CharField(max_length=160)
    renditions = models.JSONField(default=list)  # names of generation.renditions.FILES
    sha256 = models.CharField(max_length=64)
    size = models.PositiveBigIntegerField()
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    seconds = models.FloatField()
    recipe = models.JSONField(default=dict)
    mark = models.BigIntegerField(null=True, unique=True)  # what its invisible mark says
    made_at = models.DateTimeField(default=now)
    held_at = models.DateTimeField(null=True)  # since when only moderators may see it
    screened = models.CharField(max_length=40, default="")  # the policy that it was judged by

    objects = OutputQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["job", "variant"], name="one_output_per_variant")
        ]
        indexes = [models.Index(fields=["screened", "id"], name="output_screened")]

    def key(self, rendition: str) -> str:
        """Where a rendition lies in the store."""
        return f"{self.folder}/{FILES[rendition].file}"

    @property
    def keys(self) -> list[str]:
        """Where all of its files lie."""
        return [self.key(rendition) for rendition in self.renditions]

    @property
    def is_held(self) -> bool:
        """Whether a moderator has still to look at it."""
        return self.held_at is not None

    @property
    def video_key(self) -> str:
        """Where the video of a clip lies."""
        return self.key("video")

    @property
    def main_key(self) -> str:
        """The video of a clip, the picture of a still."""
        return self.key(self.main)

    @property
    def main(self) -> str:
        """Which rendition it is, above all."""
        return MAIN[self.kind]

    @property
    def source_key(self) -> str:
        """The same without a visible mark: what others are made from."""
        clean = CLEAN[self.main]
        return self.key(clean if clean in self.renditions else self.main)


class OutputParent(models.Model):
    """What an output was made from."""

    child = models.ForeignKey(Output, models.CASCADE, related_name="lineage")
    parent = models.ForeignKey(Output, models.SET_NULL, null=True, related_name="descent")
    role = models.CharField(max_length=10, choices=Role)


class Print(models.Model):
    """What an output looks like, as hashes of its frames; sora_social.resemblance."""

    id = models.BigAutoField(primary_key=True)
    output = models.OneToOneField(Output, models.CASCADE, related_name="print")
    prints = models.BinaryField()  # (K, 4) uint64
