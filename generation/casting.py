"""Who will be in a video: whom the prompt mentions, who comes with its sources, and their leave.

A character needs no leave: whoever may use it, may. One that comes with a source is asked for just
the same, of whoever remixes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple, TypeVar
from uuid import UUID

from cameos.models import Cameo, Character, Consent
from cameos.services import mentioned, use_of
from cameos.states import Context, Surface, bits, words
from cameos.types import Use
from generation.contexts import is_spoken
from generation.errors import CharacterClosed, NotPossible, WishRefused
from generation.lineup import capabilities
from generation.models import CameoUse, CharacterUse, Job, Output
from generation.orders import is_shown
from generation.screening import readings
from generation.states import Task
from generation.wishes import Wish
from sora_social.errors import NotFound
from sora_social.users.models import User
from sora_social.wording import telling_words

MOST_READ = 20_000  # letters that are read through disguises
Somebody = TypeVar("Somebody", Cameo, Character)


class Part(NamedTuple):
    """How somebody comes into it: the prompt names them, they come with a source, or both."""

    named: bool
    came: bool


People = dict[Cameo, Part]  # in order
Characters = dict[Character, Part]


class Cast(NamedTuple):
    """All who will be in it."""

    people: People
    characters: Characters


def cast_of(author: User, wish: Wish, sources: Sequence[Output]) -> Cast:
    """Everybody, and every character, that will be in it.

    Raises UnknownCameo, TooManyCameos, NotFound, CharacterClosed, NotPossible, WishRefused.
    """
    named = mentioned(author, wish.text)
    if wish.task == Task.RECAST and not named:
        raise WishRefused(field="prompt", rule="no_cameo")
    people = _parts([one for one in named if isinstance(one, Cameo)], _inherited(sources))
    characters = _parts(
        [one for one in named if isinstance(one, Character)],
        _inherited_characters(author, sources),
    )
    _check_room(wish, [*people.values(), *characters.values()])
    return Cast(people, characters)


def _parts(named: Sequence[Somebody], came: Sequence[Somebody]) -> dict[Somebody, Part]:
    """Who is named comes first. To be named takes nobody out of the source: it stays a remix."""
    return {one: Part(one in named, one in came) for one in dict.fromkeys([*named, *came])}


def said_in(wish: Wish, sources: Sequence[Output]) -> frozenset[str]:
    """The telling words of a wish, those in disguise too, and of all that it starts from, so that a
    remix never speaks of less than what it is made from."""
    came = (output.job.said.split() for output in sources)
    read = readings(wish.text)[:MOST_READ]
    return telling_words(wish.text).union(telling_words(read), *came)


def uses_of(author: User, wish: Wish, people: People, said: frozenset[str]) -> dict[Cameo, Use]:
    """What the wish asks of everybody's likeness."""
    asked = {
        "contexts": frozenset(wish.contexts),
        "alters": wish.alters,
        "speaks": is_spoken(wish.text),
        "surfaces": words(wish.surfaces, Surface),
        "said": said,
    }
    return {cameo: use_of(author, remixes=part.came, **asked) for cameo, part in people.items()}


def as_rows(
    job: Job, people: People, uses: Mapping[Cameo, Use], leaves: Mapping[UUID, Consent]
) -> list[CameoUse]:
    """The uses as the job keeps them, each on its leave."""
    return [
        CameoUse(
            job=job,
            cameo=cameo,
            consent=leaves[cameo.pk],
            inherited=use.remixes,
            named=people[cameo].named,
            position=position,
            contexts=bits(use.contexts, Context),
            alters=use.alters,
            speaks=use.speaks,
            said=job.said,
            revision=cameo.revision,
            made_at=use.since,
        )
        for position, (cameo, use) in enumerate(uses.items())
    ]


def characters_as_rows(job: Job, characters: Characters) -> list[CharacterUse]:
    """The characters as the job keeps them."""
    return [
        CharacterUse(
            job=job, character=character, inherited=part.came, named=part.named, position=position
        )
        for position, (character, part) in enumerate(characters.items())
    ]


def _inherited(sources: Sequence[Output]) -> list[Cameo]:
    """Everybody in the sources, in their order; each of which has to be clear to be seen."""
    if not sources:
        return []
    asked = {output.pk for output in sources}
    if Output.objects.cleared().filter(pk__in=asked).count() < len(asked):
        raise NotFound
    jobs = [output.job_id for output in sources]
    uses = CameoUse.objects.filter(job__in=jobs, cameo__isnull=False).select_related("cameo__owner")
    in_order = sorted(uses, key=lambda use: (jobs.index(use.job_id), use.position))
    return [use.cameo for use in in_order if use.cameo]


def _inherited_characters(author: User, sources: Sequence[Output]) -> list[Character]:
    """Every character in the sources. Raises CharacterClosed when one is not for the author."""
    if not sources:
        return []
    jobs = [output.job_id for output in sources]
    uses = list(CharacterUse.objects.filter(job__in=jobs).select_related("character"))
    usable = set(Character.objects.usable_by(author).filter(uses__in=uses))
    if any(use.character not in usable for use in uses):
        raise CharacterClosed
    in_order = sorted(uses, key=lambda use: (jobs.index(use.job_id), use.position))
    return [use.character for use in in_order if use.character]


def _check_room(wish: Wish, coming: Sequence[Part]) -> None:
    """The model takes so many reference pictures; whoever is in a clip well enough needs none."""
    shown = [part for part in coming if is_shown(wish.task, named=part.named)]
    if wish.task != Task.STITCH and len(shown) > (most := capabilities(wish.model).max_references):
        raise NotPossible(field="prompt", asked=len(shown), possible=most)
