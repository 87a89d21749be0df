"""Leaves to use a likeness, and which of them hold for what at this moment."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Case, Exists, F, OuterRef, Q, Value, When
from django.db.models.expressions import Combinable
from django.db.models.functions import Greatest, Now
from django.db.models.lookups import Exact, GreaterThan, GreaterThanOrEqual
from django.utils.timezone import now

from cameos.models.terms import STRANGER, RuledOut, nearness, needed
from cameos.states import (
    CONSENT_MOVES,
    EVERYTHING,
    Basis,
    CameoState,
    ConsentState,
)
from sora_social.ids import uuid7
from sora_social.moderation.models import Subject, Takedown
from sora_social.states import Stateful
from sora_social.users.models import Block, User, blocks_between

SCOPE = ("contexts", "surfaces", "alteration", "voice", "remixable", "uses_left")
Asked = Combinable | int | bool | str  # a value, or the column of an outer row that holds it


class ConsentQuerySet(models.QuerySet["Consent"]):
    def live(self, remixes: Asked = False) -> ConsentQuerySet:
        """Leaves that hold now: granted, unexpired, of somebody whom the cameo lets in; where they
        remix, to that as well."""
        return (
            self.filter(state=ConsentState.GRANTED, cameo__state=CameoState.ACTIVE)
            .filter(cameo__protects_only=False)
            .exclude(cameo__down_id__in=Takedown.objects.of(Subject.CAMEO))
            .filter(Q(expires_at=None) | Q(expires_at__gt=Now()))
            .filter(cameo__owner__is_active=True)
            .exclude(Exists(_blocks_between()))
            .filter(_is_own() | _not_over() & _lets_in(remixes))
        )

    def covering(
        self,
        *,
        contexts: Asked = 0,
        surfaces: Asked = 0,
        alters: Asked = False,
        speaks: Asked = False,
        remixes: Asked = False,
        since: Combinable | None = None,
        said: Asked = "",
    ) -> ConsentQuerySet:
        """Those whose terms, the cameo's and the leave's own, allow such a use; whom they let in is
        asked by `live`. What people do with their own likeness needs nobody's terms. `since`: when
        the use was asked for, or now; `said`: what it speaks of (`wording.as_line`)."""
        then = since or Now()
        unlapsed = self.alias(said=as_value(said)).filter(_before(then, "cameo__lapses_at"))
        return unlapsed.filter(
            _is_own()
            | _bits_within(contexts, "contexts")
            & _bits_within(surfaces, "surfaces")
            & _allowed(alters, "alteration")
            & _allowed(speaks, "voice")
            & _before(then, "cameo__closed_at")
            & (_is_not(remixes) | _may_be_remixed(then))
            & (Q(cameo__safety="") | ~Q(Exists(_clauses_spoken_of())))
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
    return blocks_between(OuterRef("cameo__owner"), OuterRef("requester"))


def _is_own() -> Q:
    return Q(basis=Basis.OWN, requester=F("cameo__owner"))


def _not_over() -> Q:
    return Q(cameo__expires_at=None) | Q(cameo__expires_at__gt=Now())


def _lets_in(remixes: Asked) -> Q:
    """Whether whoever has the leave is near enough: for a video, and where they remix for that."""
    near = nearness(
        OuterRef("cameo"), OuterRef("cameo__owner"), OuterRef("requester"), Q(basis=Basis.GRANT)
    )
    to_remix = Case(When(_is_not(remixes), then=STRANGER), default=needed("cameo__remix"))
    return Q(GreaterThanOrEqual(near, Greatest(needed("cameo__audience"), to_remix)))


def _bits_within(asked: Asked, column: str) -> Q:
    """Are all bits set in the leave's column and in the cameo's?"""
    wanted = as_value(asked)
    both = F(column).bitand(F(f"cameo__{column}"))
    return Q(Exact(wanted.bitand(both), wanted))


def _allowed(asked: Asked, column: str) -> Q:
    return _is_not(asked) | Q(**{column: True, f"cameo__{column}": True})


def _may_be_remixed(then: Combinable) -> Q:
    return Q(remixable=True) & _before(then, "cameo__frozen_at")


def _clauses_spoken_of() -> models.QuerySet[RuledOut]:
    """What the safety instructions rule out and `said` speaks of."""
    return RuledOut.objects.filter(Like(OuterRef("said"), F("pattern")), cameo=OuterRef("cameo"))


class Like(models.Func):
    """Whether a text is like a pattern that stands in a column."""

    template, arg_joiner, output_field = "(%(expressions)s)", " LIKE ", models.BooleanField()


def _is_not(asked: Asked) -> Q:
    return Q(Exact(as_value(asked), Value(False)))


def _before(then: Combinable, column: str) -> Q:
    return Q(**{column: None}) | Q(GreaterThan(F(column), then))


def as_value(asked: Asked) -> Combinable:
    """What is asked, as a query has it."""
    return asked if isinstance(asked, Combinable) else Value(asked)


class Consent(Stateful):
    """A leave: whose cameo, to whom, on what basis, for what, from when to when. A new leave is a
    new row. Its scope narrows the cameo's terms; by default it is all of them, as they ever are."""

    moves: ClassVar = CONSENT_MOVES
    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    state = models.CharField(
        max_length=12, choices=ConsentState, default=ConsentState.REQUESTED, editable=False
    )
    cameo = models.ForeignKey("cameos.Cameo", models.CASCADE, related_name="consents")
    requester = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="consents")
    basis = models.CharField(max_length=10, choices=Basis, default=Basis.GRANT)
    message = models.CharField(max_length=300, blank=True)
    made_at = models.DateTimeField(default=now, editable=False)
    decided_at = models.DateTimeField(null=True, editable=False)
    expires_at = models.DateTimeField(null=True)
    contexts = models.PositiveIntegerField(default=EVERYTHING)  # bits of Context
    surfaces = models.PositiveIntegerField(default=EVERYTHING)  # bits of Surface
    alteration = models.BooleanField(default=True)
    voice = models.BooleanField(default=True)
    remixable = models.BooleanField(default=True)
    uses_left = models.PositiveIntegerField(null=True)  # None: without end

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


def live_leaves(pk: Asked) -> ConsentQuerySet:
    """That leave, if it holds now."""
    return Consent.objects.live().filter(pk=pk)
