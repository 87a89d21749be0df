"""Who will be in a video: whom the prompt mentions, who comes with its sources, and their leave."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from cameos.models import Cameo, Consent
from cameos.services import mentioned, use_of
from cameos.states import Context, bits
from cameos.types import Use
from generation.contexts import is_spoken
from generation.errors import NotPossible, WishRefused
from generation.models import CameoUse, Job, Output
from generation.orders import is_shown
from generation.states import Task
from generation.wishes import Wish, capabilities
from sora_social.errors import NotFound
from sora_social.users.models import User

People = dict[Cameo, bool]  # in order; True for those who come with a source


def people_in(author: User, wish: Wish, sources: Sequence[Output]) -> People:
    """Everybody who will be in it.

    Raises UnknownCameo, TooManyCameos, NotFound, NotPossible, WishRefused.
    """
    people = dict.fromkeys(mentioned(author, wish.text), False)
    if wish.task == Task.RECAST and not people:
        raise WishRefused(field="prompt", rule="no_cameo")
    for cameo in _inherited(sources):
        people.setdefault(cameo, True)
    _check_room(wish, people)
    return people


def uses_of(author: User, wish: Wish, people: People) -> dict[Cameo, Use]:
    """What the wish asks of everybody's likeness."""
    asked = {
        "contexts": frozenset(wish.contexts),
        "alters": wish.alters,
        "speaks": is_spoken(wish.text),
        "text": wish.text,
    }
    return {cameo: use_of(author, remixes=came, **asked) for cameo, came in people.items()}


def as_rows(job: Job, uses: Mapping[Cameo, Use], leaves: Mapping[UUID, Consent]) -> list[CameoUse]:
    """The uses as the job keeps them, each on its leave."""
    return [
        CameoUse(
            job=job,
            cameo=cameo,
            consent=leaves[cameo.pk],
            inherited=use.remixes,
            position=position,
            contexts=bits(use.contexts, Context),
            alters=use.alters,
            speaks=use.speaks,
            revision=cameo.revision,
            made_at=use.since,
        )
        for position, (cameo, use) in enumerate(uses.items())
    ]


def _inherited(sources: Sequence[Output]) -> list[Cameo]:
    """Everybody in the sources, in their order; each of which has to be clear to be seen."""
    asked = {output.pk for output in sources}
    if Output.objects.cleared().filter(pk__in=asked).count() < len(asked):
        raise NotFound
    jobs = [output.job_id for output in sources]
    uses = CameoUse.objects.filter(job__in=jobs, cameo__isnull=False).select_related("cameo__owner")
    in_order = sorted(uses, key=lambda use: (jobs.index(use.job_id), use.position))
    return [use.cameo for use in in_order if use.cameo]


def _check_room(wish: Wish, people: People) -> None:
    """The model takes so many reference pictures; whoever is in a clip well enough needs none."""
    shown = [cameo for cameo, came in people.items() if is_shown(wish.task, came_along=came)]
    if wish.task != Task.STITCH and len(shown) > (most := capabilities().max_references):
        raise NotPossible(field="prompt", asked=len(shown), possible=most)
