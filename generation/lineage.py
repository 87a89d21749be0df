"""What a video is made from, through all that was made before."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator
from typing import Any
from uuid import UUID

from generation.models import Job, Output, OutputParent
from generation.provenance.manifest import relationships, title
from generation.provenance.reading import MOST_ANCESTORS, MOST_GENERATIONS, Ancestor

MOST = 500  # ancestors that are asked
Parents = dict[UUID, list[tuple[UUID | None, int | None, str]]]  # of each: id, mark, role


def prompts_before(job: Job) -> tuple[str, ...]:
    """The prompts of everything that it starts from, the nearest first; once each."""
    sources = job.sources.exclude(output=None)
    young, known = set(sources.values_list("output", flat=True)), set[UUID | None]()
    found = dict[str, None]()
    while young and len(known) < MOST:
        known |= young
        found |= dict.fromkeys(_prompts(young))
        steps = OutputParent.objects.filter(child__in=young, parent__isnull=False)
        young = set(steps.values_list("parent", flat=True)) - known
    return tuple(found)


def _prompts(outputs: Collection[UUID | None]) -> Iterator[str]:
    jobs = Job.objects.filter(outputs__in=outputs).order_by("pk").distinct()
    for prompt, shots in jobs.values_list("prompt", "shots"):
        yield prompt
        yield from (shot["prompt"] for shot in shots)


def ancestry(output: Output) -> Ancestor:
    """What it was made from, as the rows have it, in the words of a manifest."""
    parents, young, generations = Parents(), {output.pk}, 0
    while young and generations < MOST_GENERATIONS and len(parents) < MOST_ANCESTORS:
        found = _parents_of(young)
        parents |= found
        young = {pk for some in found.values() for pk, *_ in some if pk} - parents.keys()
        generations += 1
    room = iter(range(MOST_ANCESTORS))
    return _grown(output.pk, output.mark, "", parents, MOST_GENERATIONS, room)


def _parents_of(children: Collection[UUID]) -> Parents:
    rows = OutputParent.objects.filter(child__in=children).order_by("pk")
    found: Parents = defaultdict(list)
    for child, parent, mark, role in rows.values_list("child", "parent", "parent__mark", "role"):
        found[child].append((parent, mark, role))
    return dict(found)


def _grown(
    pk: UUID | None, mark: int | None, relationship: str, parents: Parents, generations: int,
    room: Iterator[int],
) -> Ancestor:  # fmt: skip
    """One of them with its own, for as long as there is room."""
    own = parents.get(pk, []) if pk and generations else []
    related = relationships([role for *_, role in own])
    older = tuple(
        _grown(parent, number, how, parents, generations - 1, room)
        for (parent, number, _), how in zip(own, related, strict=True)
        if next(room, None) is not None
    )
    return Ancestor("" if mark is None else title(mark), relationship, parents=older)


def flat(one: Ancestor, depth: int = 0) -> list[dict[str, Any]]:
    """A line for each of what one was made from, behind its child, with how many generations lie
    between them."""
    lines: list[dict[str, Any]] = []
    for parent in one.parents:
        said = {"id": parent.title[:80] or None, "relationship": parent.relationship}
        lines += [said | {"depth": depth + 1}, *flat(parent, depth + 1)]
    return lines
