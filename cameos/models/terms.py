"""The terms of a likeness as columns: those of now on the cameo, the earlier ones as rows."""

from __future__ import annotations

from django.db import models
from django.db.models import Case, IntegerField, Q, Subquery, When
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce
from django.utils.timezone import now

from cameos.consent import Policy
from cameos.states import Audience, Context, Surface, bits, words
from cameos.wording import LONGEST, clauses
from sora_social.users.models import follow_each_other

NUMBER = IntegerField()


def usual_surfaces() -> int:
    return bits([Surface.FOLLOWERS], Surface)


class Terms(models.Model):
    """How far others may go with a likeness. The default is narrow: nobody; and when somebody is
    let in, everyday clips for their followers, that change nothing about the appearance."""

    audience = models.CharField(max_length=12, choices=Audience, default=Audience.ONLY_ME)
    remix = models.CharField(max_length=12, choices=Audience, default=Audience.ONLY_ME)
    contexts = models.PositiveIntegerField(default=0)  # bits of Context
    surfaces = models.PositiveIntegerField(default=usual_surfaces)  # bits of Surface
    alteration = models.BooleanField(default=False)
    voice = models.BooleanField(default=False)
    instructions = models.CharField(max_length=LONGEST, blank=True)
    safety = models.CharField(max_length=LONGEST, blank=True)
    expires_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True, editable=False)  # nothing new from then on
    frozen_at = models.DateTimeField(null=True, editable=False)  # no new remix from then on

    class Meta:
        abstract = True

    def policy(self) -> Policy:
        """The terms without their circles: those need to know who is whom."""
        said = self.instructions.strip()
        return Policy(
            contexts=words(self.contexts, Context),
            surfaces=words(self.surfaces, Surface),
            alteration=self.alteration,
            voice=self.voice,
            remixable=True,
            expires_at=self.expires_at,
            closed_at=self.closed_at,
            frozen_at=self.frozen_at,
            instructions=frozenset({said} if said else ()),
            safety=clauses(self.safety),
        )


TERMS = tuple(column.name for column in Terms._meta.local_fields)


class TermsRevision(Terms):
    """The terms as they stood from `made_at` to the next revision. Rows are never changed."""

    cameo = models.ForeignKey("cameos.Cameo", models.CASCADE, related_name="revisions")
    number = models.PositiveIntegerField()
    made_at = models.DateTimeField(default=now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["cameo", "number"], name="revision_of_terms")
        ]


class RuledOut(models.Model):
    """A clause of a cameo's safety instructions, as a pattern of what speaks of it."""

    cameo = models.ForeignKey("cameos.Cameo", models.CASCADE, related_name="ruled_out")
    pattern = models.TextField()


class Listing(models.Model):
    """Somebody who is let in, or kept out, whatever the audience."""

    cameo = models.ForeignKey("cameos.Cameo", models.CASCADE, related_name="listings")
    person = models.ForeignKey("users.User", models.CASCADE, related_name="+")
    allowed = models.BooleanField()
    made_at = models.DateTimeField(default=now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["cameo", "person"], name="listed_once")]


# How near somebody is to a cameo, and how near each circle wants them: it holds from there on.
KEPT_OUT, STRANGER, MUTUAL, APPROVED, LET_IN = -1, 0, 1, 2, 3
NEEDED = {Audience.EVERYONE: STRANGER, Audience.MUTUALS: MUTUAL, Audience.APPROVED: APPROVED}
NOBODY = 4  # is as near as that


def nearness(cameo: Combinable, owner: Combinable, person: Combinable, approved: Q) -> Coalesce:
    """`Circle.holds` in the database, but for owners: how near a person is, asked once however many
    circles it is then compared with (`needed`)."""
    mutual = follow_each_other(owner, person)
    by_name = Case(When(allowed=True, then=LET_IN), default=KEPT_OUT, output_field=NUMBER)
    listed = Listing.objects.filter(cameo=cameo, person=person).annotate(near=by_name)
    return Coalesce(
        Subquery(listed.values("near")),
        Case(When(approved, APPROVED), When(mutual, MUTUAL), default=STRANGER),
        output_field=NUMBER,
    )


def needed(circle: str) -> Case:
    """How near the circle in that column wants somebody."""
    wants = (When(**{circle: audience}, then=near) for audience, near in NEEDED.items())
    return Case(*wants, default=NOBODY, output_field=NUMBER)
