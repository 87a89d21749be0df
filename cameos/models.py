"""Likenesses, the captures that proved them, and the leave to use them."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Now
from django.utils.timezone import now

from cameos.states import CAMEO_MOVES, CONSENT_MOVES, Basis, CameoState, ConsentState
from cameos.states import Audience as Audience  # others know it from here
from sora_social.ids import uuid7
from sora_social.moderation.models import Subject, Takedown
from sora_social.states import Stateful
from sora_social.users.models import HANDLE, Block, Follow, User


class CameoQuerySet(models.QuerySet["Cameo"]):
    def active(self) -> CameoQuerySet:
        """Cameos that can be used at all: active, and not taken down."""
        return self.filter(state=CameoState.ACTIVE).exclude(
            down_id__in=Takedown.objects.of(Subject.CAMEO)
        )

    def with_usable(self, person: User) -> CameoQuerySet:
        """Say of each whether the person may use it now."""
        usable = Cameo.objects.usable_by(person).filter(pk=OuterRef("pk"))
        return self.select_related("owner").annotate(usable=Exists(usable))

    def standing(self) -> CameoQuerySet:
        """All but the revoked, of which nothing is left to show."""
        return self.exclude(state=CameoState.REVOKED)

    def owned_by(self, person: User) -> CameoQuerySet:
        return self.filter(owner=person.pk)

    def known_to(self, person: User) -> CameoQuerySet:
        """Cameos a person may hear of and ask for: own ones, and active ones without a block."""
        others = self.active().filter(owner__in=_unblocked(person))
        return self.standing().filter(Q(owner=person.pk) | Q(pk__in=others.values("pk")))

    def usable_by(self, person: User) -> CameoQuerySet:
        """Active cameos that the person may use at this moment."""
        granted = Consent.objects.live().filter(
            cameo=OuterRef("pk"), requester=person.pk, basis=Basis.GRANT
        )
        mutual = Exists(
            Follow.objects.filter(follower=OuterRef("owner"), followed=person.pk)
        ) & Exists(Follow.objects.filter(follower=person.pk, followed=OuterRef("owner")))
        return (
            self.active()
            .filter(owner__in=_unblocked(person))
            .filter(
                Q(owner=person.pk)
                | Q(audience=Audience.EVERYONE)
                | Exists(granted) & ~Q(audience=Audience.ONLY_ME)
                | Q(audience=Audience.MUTUALS) & mutual
            )
        )


def _unblocked(person: User) -> models.QuerySet[User]:
    return User.objects.visible_to(person)


class Cameo(Stateful):
    """A likeness a person lends. `epoch` grows with every narrowing and darkens older URLs."""

    moves: ClassVar = CAMEO_MOVES
    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    state = models.CharField(
        max_length=12, choices=CameoState, default=CameoState.DRAFT, editable=False
    )
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="cameos")
    handle = models.CharField(max_length=24, validators=[HANDLE])
    display_name = models.CharField(max_length=60, blank=True)
    audience = models.CharField(max_length=12, choices=Audience, default=Audience.ONLY_ME)
    epoch = models.PositiveIntegerField(default=1, editable=False)
    made_at = models.DateTimeField(default=now, editable=False)
    reason = models.CharField(max_length=300, blank=True, editable=False)  # a moderator's
    down_id = models.CharField(max_length=40, editable=False, db_index=True)  # its id as text
    # The likeness itself: encrypted, readable only while `wrapped_key` exists.
    pack_id = models.CharField(max_length=64, blank=True, editable=False)
    template = models.BinaryField(null=True, editable=False)
    wrapped_key = models.BinaryField(null=True, editable=False)

    objects = CameoQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["handle"], condition=~Q(state=CameoState.REVOKED), name="cameo_handle"
            ),
            models.UniqueConstraint(
                fields=["owner"], condition=~Q(state=CameoState.REVOKED), name="one_cameo_each"
            ),
            models.CheckConstraint(
                condition=~Q(state=CameoState.REVOKED) | Q(wrapped_key__isnull=True),
                name="revoked_has_no_key",
            ),
            models.CheckConstraint(
                condition=~Q(state=CameoState.ACTIVE) | Q(wrapped_key__isnull=False),
                name="active_has_likeness",
            ),
        ]

    def __str__(self) -> str:
        return f"@{self.handle}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.down_id = str(self.pk)
        super().save(*args, **kwargs)

    @property
    def refusals(self) -> list[str]:
        """Why the last capture was not accepted; empty when it was, or when there is none."""
        judged = Capture.objects.filter(challenge__cameo=self.pk, passed__isnull=False)
        last = judged.order_by("-pk").first()
        return last.reasons if last else []


class ChallengeQuerySet(models.QuerySet["Challenge"]):
    def open(self) -> ChallengeQuerySet:
        """Those that can still be answered."""
        return self.filter(used_at=None, superseded_at=None, expires_at__gt=now())

    def failed_by(self, person: User, since: datetime) -> ChallengeQuerySet:
        """Those a person answered, and not well; an answer still being looked at is no failure."""
        return (
            self.filter(cameo__owner=person.pk, used_at__gt=since)
            .filter(Q(capture=None) | Q(capture__passed=False))
            .order_by("used_at")
        )

    def drawn_by(self, person: User, since: datetime) -> ChallengeQuerySet:
        return self.filter(cameo__owner=person.pk, made_at__gt=since).order_by("made_at")


class Challenge(models.Model):
    """What the person must do before the camera: once, soon, on this account."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    cameo = models.ForeignKey(Cameo, models.CASCADE, related_name="challenges")
    nonce = models.CharField(max_length=43, unique=True)
    turns = models.JSONField()
    digits = models.CharField(max_length=3)
    made_at = models.DateTimeField(default=now)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
    superseded_at = models.DateTimeField(null=True)

    objects = ChallengeQuerySet.as_manager()


class CaptureQuerySet(models.QuerySet["Capture"]):
    def waiting(self) -> CaptureQuerySet:
        return self.filter(passed=None)

    def free(self) -> CaptureQuerySet:
        """Those that wait, and that no worker is looking at."""
        return self.waiting().filter(Q(claimed_until=None) | Q(claimed_until__lt=Now()))


class Capture(models.Model):
    """One answer to a challenge, and what was found in it. Similarities never leave the server."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    challenge = models.OneToOneField(Challenge, models.CASCADE, related_name="capture")
    sha256 = models.CharField(max_length=64, unique=True)  # no clip is ever taken twice
    mirrored = models.BooleanField(default=False)
    made_at = models.DateTimeField(default=now)
    # A worker looks at it in a lease; `tries` counts the workers that were lost over it.
    tries = models.PositiveSmallIntegerField(default=0)
    claimed_until = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(default=now)
    passed = models.BooleanField(null=True)  # None: still to be looked at
    reasons = models.JSONField(default=list)
    doubts = models.JSONField(default=list)

    objects = CaptureQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["sent_at"], name="capture_waiting", condition=Q(passed=None))
        ]

    @property
    def key(self) -> str:
        """Where the clip lies until it was looked at."""
        return f"quarantine/{self.pk}"


class ReferencePicture(models.Model):
    """A picture of the likeness that conditions generation; the best frames of the capture."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    cameo = models.ForeignKey(Cameo, models.CASCADE, related_name="references")
    position = models.PositiveSmallIntegerField()
    key = models.CharField(max_length=120)
    sha256 = models.CharField(max_length=64)

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["cameo", "position"], name="reference_position")
        ]


class ConsentQuerySet(models.QuerySet["Consent"]):
    def live(self) -> ConsentQuerySet:
        """Leaves that hold at this moment: granted, unexpired, on a basis that still stands."""
        return (
            self.filter(state=ConsentState.GRANTED, cameo__state=CameoState.ACTIVE)
            .exclude(cameo__down_id__in=Takedown.objects.of(Subject.CAMEO))
            .filter(Q(expires_at=None) | Q(expires_at__gt=Now()))
            .filter(cameo__owner__is_active=True)
            .exclude(Exists(_blocks_between()))
            .filter(_basis_stands())
        )

    def with_live(self) -> ConsentQuerySet:
        """Say of each whether it holds now, and load what it is shown with."""
        live = Consent.objects.live().filter(pk=OuterRef("pk"))
        shown = self.select_related("cameo__owner", "requester")
        return shown.annotate(live=Exists(live))

    def given_by(self, person: User) -> ConsentQuerySet:
        """Leaves for a person's cameos; what people hold on themselves is no leave to list."""
        return self.filter(cameo__owner=person.pk).exclude(basis=Basis.OWN)

    def received_by(self, person: User) -> ConsentQuerySet:
        return self.filter(requester=person.pk).exclude(basis=Basis.OWN)

    def of(self, person: User) -> ConsentQuerySet:
        return self.given_by(person) | self.received_by(person)

    def open(self) -> ConsentQuerySet:
        """Neither ended nor declined."""
        return self.filter(state__in=[ConsentState.REQUESTED, ConsentState.GRANTED])

    def overdue(self) -> ConsentQuerySet:
        return self.filter(state=ConsentState.GRANTED, expires_at__lte=Now())


def _blocks_between() -> models.QuerySet[Block]:
    owner, requester = OuterRef("cameo__owner"), OuterRef("requester")
    return Block.objects.filter(
        Q(blocker=owner, blocked=requester) | Q(blocker=requester, blocked=owner)
    )


def _basis_stands() -> Q:
    owner, requester = OuterRef("cameo__owner"), OuterRef("requester")
    mutual = Exists(Follow.objects.filter(follower=owner, followed=requester)) & Exists(
        Follow.objects.filter(follower=requester, followed=owner)
    )
    wide = Q(cameo__audience=Audience.EVERYONE)
    return (
        Q(basis=Basis.OWN, requester=F("cameo__owner"))
        | Q(basis=Basis.GRANT) & ~Q(cameo__audience=Audience.ONLY_ME)
        | Q(basis=Basis.EVERYONE) & wide
        | Q(basis=Basis.MUTUALS) & (wide | Q(cameo__audience=Audience.MUTUALS)) & mutual
    )


class Consent(Stateful):
    """A leave: whose cameo, to whom, on what basis, from when to when. A new leave is a new row."""

    moves: ClassVar = CONSENT_MOVES
    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    state = models.CharField(
        max_length=12, choices=ConsentState, default=ConsentState.REQUESTED, editable=False
    )
    cameo = models.ForeignKey(Cameo, models.CASCADE, related_name="consents")
    requester = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="consents")
    basis = models.CharField(max_length=10, choices=Basis, default=Basis.GRANT)
    message = models.CharField(max_length=300, blank=True)
    made_at = models.DateTimeField(default=now, editable=False)
    decided_at = models.DateTimeField(null=True, editable=False)
    expires_at = models.DateTimeField(null=True)

    objects = ConsentQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["cameo", "requester", "basis"],
                condition=Q(state__in=[ConsentState.REQUESTED, ConsentState.GRANTED]),
                name="one_open_leave",
            )
        ]
        indexes = [
            models.Index(
                fields=["expires_at"], name="leave_ends", condition=Q(state=ConsentState.GRANTED)
            )
        ]
