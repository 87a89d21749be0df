"""Pets, things and drawn figures under a handle of their own: property, and nobody's likeness."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Exists, F, OuterRef, Q, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import Now
from django.utils.timezone import now

from cameos.states import (
    CHARACTER_MOVES,
    GONE,
    CharacterAudience,
    CharacterKind,
    CharacterState,
)
from cameos.wording import LONGEST
from sora_social.ids import uuid7
from sora_social.moderation.models import Subject, Takedown
from sora_social.states import Stateful
from sora_social.users.models import HANDLE, User, blocks_between, follow_each_other


class CharacterQuerySet(models.QuerySet["Character"]):
    def standing(self) -> CharacterQuerySet:
        """All that hold a handle: neither refused nor removed."""
        return self.exclude(state__in=GONE)

    def kept(self) -> CharacterQuerySet:
        """What an owner finds among the own ones: the refused too, for what they say."""
        return self.exclude(state=CharacterState.REMOVED)

    def owned_by(self, person: User) -> CharacterQuerySet:
        return self.filter(owner=person.pk)

    def usable_by(self, person: User | Combinable) -> CharacterQuerySet:
        """Characters that the person may use at this moment; or whoever an outer row names."""
        asker = person if isinstance(person, Combinable) else Value(person.pk)
        return (
            self.alias(asker=asker)
            .filter(state=CharacterState.READY, owner__is_active=True)
            .exclude(down_id__in=Takedown.objects.of(Subject.CHARACTER))
            .filter(Q(owner=F("asker")) | _lets_in())
        )

    def waiting(self) -> CharacterQuerySet:
        """Those whose clip is still to be looked at."""
        return self.filter(state=CharacterState.MAKING)

    def free(self) -> CharacterQuerySet:
        """Those that wait, and that no worker is looking at."""
        return self.waiting().filter(Q(claimed_until=None) | Q(claimed_until__lt=Now()))


def _lets_in() -> Q:
    """Whether its owner lets in whoever asks, and neither blocks the other."""
    both = OuterRef("owner"), OuterRef("asker")
    everyone = Q(audience=CharacterAudience.EVERYONE)
    mutuals = Q(audience=CharacterAudience.MUTUALS) & follow_each_other(*both)
    return (everyone | mutuals) & ~Q(Exists(blocks_between(*both)))


class Character(Stateful):
    """A pet, a thing or somebody drawn, that its owner lends or keeps.

    Making and publishing ask whether the author may use it (`usable_by`). What is published stays
    when the owner narrows the audience, pauses or removes it: it is property, not a likeness.
    Only a takedown by moderators darkens what it is in.
    """

    moves: ClassVar = CHARACTER_MOVES
    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    state = models.CharField(
        max_length=12, choices=CharacterState, default=CharacterState.MAKING, editable=False
    )
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="characters")
    handle = models.CharField(max_length=24, validators=[HANDLE])  # and a row of users.Handle
    display_name = models.CharField(max_length=80, blank=True)
    kind = models.CharField(max_length=8, choices=CharacterKind)
    instructions = models.CharField(max_length=LONGEST, blank=True)
    audience = models.CharField(
        max_length=8, choices=CharacterAudience, default=CharacterAudience.PRIVATE
    )
    made_at = models.DateTimeField(default=now, editable=False)
    down_id = models.CharField(max_length=40, editable=False, db_index=True)  # its id as text
    # What it was made from: a clip, and of which of the owner's outputs, if of one.
    sha256 = models.CharField(max_length=64, editable=False)
    output_id = models.UUIDField(null=True, editable=False)
    start = models.FloatField(default=0.0, editable=False)  # seconds
    seconds = models.FloatField(editable=False)
    # A worker looks at it in a lease; `tries` counts the workers that were lost over it.
    tries = models.PositiveSmallIntegerField(default=0, editable=False)
    claimed_until = models.DateTimeField(null=True, editable=False)
    sent_at = models.DateTimeField(default=now, editable=False)
    reasons = models.JSONField(default=list, editable=False)  # why it was refused

    objects = CharacterQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["handle"], condition=~Q(state__in=sorted(GONE)), name="character_handle"
            ),
        ]
        indexes = [
            models.Index(
                fields=["sent_at"],
                name="character_waiting",
                condition=Q(state=CharacterState.MAKING),
            )
        ]

    def __str__(self) -> str:
        return f"@{self.handle}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.down_id = str(self.pk)
        super().save(*args, **kwargs)

    @property
    def clip_key(self) -> str:
        """Where the clip lies until it was looked at."""
        return f"quarantine/{self.pk}"

    @property
    def folder(self) -> str:
        """Where its pictures lie."""
        return f"characters/{self.pk}"


class CharacterPicture(models.Model):
    """A picture that conditions generation: the clearest frames of the clip, the best first."""

    character = models.ForeignKey(Character, models.CASCADE, related_name="pictures")
    position = models.PositiveSmallIntegerField()
    key = models.CharField(max_length=120)
    sha256 = models.CharField(max_length=64)

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(
                fields=["character", "position"], name="character_picture_position"
            )
        ]
