"""The inbox of whose likeness it is: what contains it, who made it, and what was tried in vain."""

from __future__ import annotations

from django.db.models import Count, IntegerField, Max, OuterRef, Prefetch, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from cameos.models import GateRecord
from feed.states import PostState
from generation.models import CameoUse, Output
from sora_social.users.models import User


def videos(subject: User) -> QuerySet[Output]:
    """Every video with the person's own cameo in it, by whomever, posted or not."""
    uses = CameoUse.objects.select_related("cameo", "consent").order_by("position")
    found = Output.objects.of_likeness(subject).with_epoch()
    # Read for a page alone: joined, they would be read for everything with a much lent likeness.
    return found.prefetch_related("job__author", "post", Prefetch("job__uses", uses))


def attempts(subject: User) -> QuerySet[GateRecord]:
    """What others tried with the person's cameo and were refused, each time by itself."""
    refused = GateRecord.objects.refused().of_likeness(subject.pk)
    return refused.exclude(person=subject.pk).select_related("person", "cameo")


def makers(subject: User) -> QuerySet[User]:
    """Everybody else who made or tried something with it: `made` videos, `posted` of them live,
    `refused` attempts and `refused_at` of the last. Who was refused most comes first."""
    uses = CameoUse.objects.filter(cameo__owner=subject.pk)
    tries = GateRecord.objects.refused().of_likeness(subject.pk)
    live = Q(job__outputs__post__state=PostState.LIVE)
    made = uses.filter(job__author=OuterRef("pk")).order_by().values("job__author")
    tried = tries.filter(person=OuterRef("pk")).order_by().values("person")
    authors = uses.exclude(job__outputs=None).values("job__author")
    return (
        User.objects.filter(Q(pk__in=authors) | Q(pk__in=tries.values("person")))
        .exclude(pk=subject.pk)
        .annotate(
            made=_counted(made, Count("job__outputs", distinct=True)),
            posted=_counted(made, Count("job__outputs__post", filter=live, distinct=True)),
            refused=_counted(tried, Count("pk")),
            refused_at=Subquery(tried.annotate(last=Max("at")).values("last")),
        )
        .order_by("-refused", "-made", "pk")
    )


def _counted(rows: QuerySet, count: Count) -> Coalesce:
    """How many there are of each, 0 where there is no row."""
    return Coalesce(Subquery(rows.annotate(n=count).values("n")), 0, output_field=IntegerField())
