"""The gates of a likeness: may this still be made, and be seen there?

Lists ask the database (`cleared`). Where a refusal has to be explained, and where the words of the
prompt count as well, the rows are read and the lattice is asked, by the same terms.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from django.core.cache import cache
from django.db.models import F, QuerySet, UUIDField, Value, prefetch_related_objects
from django.db.models.functions import Cast
from django.utils.timezone import now

from cameos.models import Cameo, Consent, live_leaves
from cameos.services import Stood, passed, refused, why_not
from cameos.states import Context, Gate, Rule, words
from cameos.types import Use
from generation.models import CameoUse, Output
from sora_social.prepared import PreparedRow, columns_of, models_in
from sora_social.there_is import ThereIs
from sora_social.users.models import User

SERVED_AGAIN = 3600  # seconds until the same answer to the same person is written again


class Refusal(NamedTuple):
    """Whose cameo says no, by its handle if it still has one, and by which rule."""

    cameo: str
    rule: Rule


def refusal(job: UUID, surfaces: Iterable[str] = ()) -> Refusal | None:
    """The first that says no to what a job makes, there where it would be seen.

    Two queries, and one more for each of the people in it who lend to mutuals.
    """
    return _first_no(_uses(job), frozenset(surfaces))


def ask(gate: Gate, person: User, job: UUID, surfaces: Iterable[str] = ()) -> Refusal | None:
    """The same at a gate, where the answer is written down."""
    uses = _uses(job)
    no = _first_no(uses, frozenset(surfaces))
    if no is None:
        note(gate, person.pk, job, uses)
    elif no.cameo:
        refused(gate, person, no.cameo, no.rule, str(job))
    return no


def note(gate: Gate, person: int, job: UUID, uses: Iterable[CameoUse]) -> None:
    """Everybody in it let it pass, by the terms of now."""
    stood = [Stood(use.cameo.pk, use.consent_id, use.cameo.revision) for use in uses if use.cameo]
    passed(gate, person, str(job), stood)


def note_served(viewer: int, output: Output, epoch: int) -> None:
    """Somebody was shown it. A player asks for every piece of a stream: that is one answer."""
    if cache.add(f"served:{viewer}:{output.pk}:{epoch}", 1, SERVED_AGAIN):
        note(Gate.SERVE, viewer, output.job_id, _uses(output.job_id))


def _uses(job: UUID) -> list[CameoUse]:
    """Everybody in it, with leave, cameo, its list of people, and whether the leave holds."""
    uses = [_use(row) for row in STANDING.all(job.hex)]
    prefetch_related_objects([use.consent.cameo for use in uses if use.consent], "listings")
    return uses


def _standing(job: str) -> QuerySet[CameoUse, Any]:
    """The uses of a job; asked at every gate."""
    found = CameoUse.objects.filter(job=Cast(Value(job), UUIDField())).order_by("position")
    return found.annotate(live=ThereIs(live_leaves, F("consent"))).values_list(*COLUMNS, "live")


COLUMNS = columns_of(CameoUse) + columns_of(Consent, "consent__")
COLUMNS += columns_of(Cameo, "consent__cameo__")
STANDING = PreparedRow(_standing)


def _use(row: Sequence[Any]) -> CameoUse:
    """Of a row of `_standing`."""
    use: CameoUse
    use, leave, cameo = models_in(row, CameoUse, Consent, Cameo)
    use.live = row[-1]  # type: ignore[attr-defined]
    if leave:
        use.consent, leave.cameo, use.cameo = leave, cameo, cameo
    return use


def _first_no(uses: Sequence[CameoUse], surfaces: frozenset[str]) -> Refusal | None:
    for use in uses:
        live: bool = use.live  # type: ignore[attr-defined]
        if rule := _rule(use, surfaces) if live else Rule.PERSON:
            return Refusal(use.cameo.handle if use.cameo else "", rule)
    return None


def _rule(use: CameoUse, surfaces: frozenset[str]) -> Rule | None:
    leave = use.consent
    if leave is None:
        return Rule.PERSON
    asked = Use(
        person=leave.requester_id,
        at=now(),
        since=use.made_at,
        contexts=words(use.contexts, Context),
        surfaces=surfaces,
        alters=use.alters,
        speaks=use.speaks,
        remixes=use.inherited,
        said=frozenset(use.said.split()),
    )
    return why_not(leave, asked, counted=False)
