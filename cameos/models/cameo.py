"""Likenesses, and who may use them."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Exists, F, OuterRef, Q, Value
from django.db.models.functions import Now
from django.db.models.lookups import GreaterThanOrEqual
from django.utils.timezone import now

from cameos.models.enrolment import Capture, Challenge
from cameos.models.leave import Consent
from cameos.models.terms import Terms, nearness, needed
from cameos.states import CAMEO_MOVES, Audience, Basis, CameoState
from sora_social.ids import uuid7
from sora_social.moderation.models import Subject, Takedown
from sora_social.states import Stateful
from sora_social.users.models import HANDLE, User


class CameoQuerySet(models.QuerySet["Cameo"]):
    def active(self) -> CameoQuerySet:
        """Cameos that can be used at all: active, not for protection alone, not taken down."""
        return self.filter(state=CameoState.ACTIVE, protects_only=False).exclude(
            down_id__in=Takedown.objects.of(Subject.CAMEO)
        )

    def with_usable(self, person: User) -> CameoQuerySet:
        """Say of each whether the person may use it now."""
        usable = Cameo.objects.usable_by(person).filter(pk=OuterRef("pk"))
        return self.select_related("owner").annotate(usable=Exists(usable))

    def standing(self) -> CameoQuerySet:
        """All but the revoked, of which nothing is left to show."""
        return self.exclude(state=CameoState.REVOKED)

    def enrolled(self, pack: str = "") -> CameoQuerySet:
        """Whose face is known, in a pack or in any, whatever the state of the cameo."""
        known = self.filter(wrapped_key__isnull=False)
        return known.filter(pack_id=pack) if pack else known

    def enrolled_elsewhere(self, pack: str) -> CameoQuerySet:
        """Those in any pack but this; ranges, because an index does not read `<>`."""
        return self.enrolled().filter(Q(pack_id__lt=pack) | Q(pack_id__gt=pack))

    def owned_by(self, person: User) -> CameoQuerySet:
        return self.filter(owner=person.pk)

    def known_to(self, person: User) -> CameoQuerySet:
        """Cameos a person may hear of and ask for: own ones, and active ones without a block."""
        others = self.active().filter(owner__in=_unblocked(person))
        own = Q(owner=person.pk, protects_only=False)
        return self.standing().filter(own | Q(pk__in=others.values("pk")))

    def to_remind(self) -> CameoQuerySet:
        """Those whose owners should soon show their face again, and have not been told."""
        soon = Now() + settings.CAMEO_REVERIFY_GRACE
        return self.active().filter(lapses_at__lte=soon, reminded_at=None)

    def unfinished(self) -> CameoQuerySet:
        """Enrolments that were begun, and left alone for longer than is waited."""
        then = Now() - settings.CAMEO_UNFINISHED
        begun = (CameoState.DRAFT, CameoState.VERIFYING, CameoState.REVIEW)
        tried = Challenge.objects.filter(cameo=OuterRef("pk"), made_at__gt=then)
        return self.filter(state__in=begun, state_changed_at__lt=then).exclude(Exists(tried))

    def never_used(self) -> CameoQuerySet:
        """Likenesses that lapsed long ago, and that nobody ever made anything with. One that only
        protects is used by being there."""
        lapsed = self.filter(state__in=(CameoState.ACTIVE, CameoState.PAUSED), protects_only=False)
        held = Consent.objects.filter(cameo=OuterRef("pk"))
        return lapsed.filter(lapses_at__lt=Now() - settings.CAMEO_UNUSED).exclude(Exists(held))

    def usable_by(self, person: User) -> CameoQuerySet:
        """Active cameos that the person may use at this moment."""
        return (
            self.active()
            .filter(owner__in=_unblocked(person))
            .filter(Q(lapses_at=None) | Q(lapses_at__gt=Now()))
            .filter(Q(owner=person.pk) | _open() & _lets_in(person))
        )


def _open() -> Q:
    """Something new may be made with it."""
    return Q(closed_at=None) & (Q(expires_at=None) | Q(expires_at__gt=Now()))


def _lets_in(person: User) -> Q:
    granted = Consent.objects.live().filter(
        cameo=OuterRef("pk"), requester=person.pk, basis=Basis.GRANT
    )
    approved = Q(Exists(granted))
    near = nearness(OuterRef("pk"), OuterRef("owner"), Value(person.pk), approved)
    return Q(GreaterThanOrEqual(near, needed("audience")))


def _unblocked(person: User) -> models.QuerySet[User]:
    return User.objects.visible_to(person)


class Cameo(Terms, Stateful):
    """A likeness a person lends, and on what terms. `epoch` grows with every narrowing and darkens
    older URLs; `revision` with every change of the terms."""

    moves: ClassVar = CAMEO_MOVES
    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    state = models.CharField(
        max_length=12, choices=CameoState, default=CameoState.DRAFT, editable=False
    )
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="cameos")
    handle = models.CharField(max_length=24, validators=[HANDLE])
    display_name = models.CharField(max_length=60, blank=True)
    revision = models.PositiveIntegerField(default=1, editable=False)
    epoch = models.PositiveIntegerField(default=1, editable=False)
    made_at = models.DateTimeField(default=now, editable=False)
    reason = models.CharField(max_length=300, blank=True, editable=False)  # a moderator's
    down_id = models.CharField(max_length=40, editable=False, db_index=True)  # its id as text
    # In the index of likenesses, so that it is found where others used it; usable by nobody.
    protects_only = models.BooleanField(default=False, editable=False)
    # When the owner last showed their face, and from when on nothing new is made without that.
    verified_at = models.DateTimeField(null=True, editable=False)
    lapses_at = models.DateTimeField(null=True, editable=False)
    reminded_at = models.DateTimeField(null=True, editable=False)
    # The likeness itself: encrypted, readable only while `wrapped_key` exists.
    pack_id = models.CharField(max_length=64, blank=True, editable=False)
    template = models.BinaryField(null=True, editable=False)
    wrapped_key = models.BinaryField(null=True, editable=False)

    objects = CameoQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(
                fields=["pack_id"], name="cameo_enrolled", condition=Q(wrapped_key__isnull=False)
            ),
            models.Index(fields=["state_changed_at"], name="cameo_changed"),
            models.Index(
                fields=["lapses_at"], name="cameo_to_remind", condition=Q(reminded_at__isnull=True)
            ),
        ]
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
            models.CheckConstraint(
                condition=Q(protects_only=False)
                | Q(audience=Audience.ONLY_ME, remix=Audience.ONLY_ME),
                name="protection_is_lent_to_nobody",
            ),
            models.CheckConstraint(
                condition=Q(verified_at__isnull=True, lapses_at__isnull=True)
                | Q(verified_at__isnull=False, lapses_at__isnull=False)
                & Q(lapses_at__gt=F("verified_at")),
                name="verified_until",
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
