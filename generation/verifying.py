"""Is this ours, and do the people in it still agree? Found from a file's manifest, else from the
marks in its pixels or its sound, else from what it looks like; asked of the rows of this moment,
never kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import IO, Any
from uuid import UUID

from django.db.models import QuerySet

from generation import barring, lineage, verdicts
from generation.models import CameoUse, Output
from generation.provenance.manifest import title
from generation.provenance.reading import SILENT, Account, State
from generation.telling import Finding, told_by
from generation.verdicts import How, Leave
from sora_social import storage
from sora_social.moderation.models import Subject, Takedown

Surfaces = Mapping[UUID, int]  # by output, as bits: where it is shown now


@dataclass(frozen=True)
class Found:
    """A file's account, and which of our outputs it is."""

    account: Account
    how: How | None = None  # None: nothing leads to us
    number: int | None = None  # of its mark
    outputs: tuple[Output, ...] = ()  # the newest first; none that we keep no more

    @property
    def output(self) -> Output | None:
        return self.outputs[0] if self.outputs else None


def of_file(file: IO[bytes]) -> Found:
    """What an open file is. Raises chain.BadChain, and UploadRefused for what is none."""
    finding = told_by(file)
    if (number := finding.account.number) is not None:
        return _by(finding.account, How.MANIFEST, Output.objects.filter(mark=number), number)
    if finding.numbers:
        marked = Output.objects.filter(mark__in=finding.numbers)
        return _by(finding.account, How.MARK, marked, finding.numbers[0])
    if (number := finding.heard) is not None:
        return _by(finding.account, How.SOUND, Output.objects.filter(mark=number), number)
    return _alike(finding)


def of_output(output: Output, rendition: str) -> Found:
    """What one of our own files is, whose address led to it; it may be gone."""
    key, account = output.key(rendition), SILENT
    if storage.exists(key):
        with storage.open_file(key) as file:
            account = told_by(file).account
    return Found(account, How.ADDRESS, output.mark, (output,))


def _alike(finding: Finding) -> Found:
    frames = finding.frames
    alike = barring.like(frames) if frames is not None else Output.objects.none()
    first = alike.order_by("made_at").first()
    if first is None:
        return Found(finding.account)
    return Found(finding.account, How.RESEMBLANCE, first.mark, (first,))


def _by(account: Account, how: How, outputs: QuerySet[Output], number: int) -> Found:
    kept = tuple(outputs.select_related("job").order_by("-made_at"))
    return Found(account, how, kept[0].mark if kept else number, kept)


# --- what is told of it ---------------------------------------------------------------------------


def answer(found: Found, surfaces: Surfaces, is_down: bool = False) -> dict[str, Any]:
    """Everything there is to tell. It names nobody; `is_down`: where it was shown."""
    account, how = found.account, found.how
    leave, people = leave_of(found, surfaces)
    is_down = is_down or _are_down(found.outputs)
    made_by_ai = True if how or verdicts.says_generated(account) else None
    verdict = verdicts.verdict(account, how, leave, is_down)
    return {
        "verdict": verdict,
        "title": verdicts.TITLES[verdict],
        "says": verdicts.in_a_sentence(account, how, leave, is_down),
        "ai_generated": made_by_ai,
        "found_by": how,
        "signature": _signature(account),
        "origin": _origin(found),
        "lineage": _lineage(found),
        "consent": {"state": leave, "people": people, "named": []},
        "taken_down": is_down,
    }


def leave_of(found: Found, surfaces: Surfaces) -> tuple[Leave, int]:
    """Whether everybody in it agrees at this moment, and how many they are."""
    if not found.outputs:
        return Leave.UNKNOWN, 0
    people = CameoUse.objects.filter(job__outputs__in=found.outputs).distinct().count()
    for output in found.outputs:
        shown = output.job.surfaces | surfaces.get(output.pk, 0)
        if output.job.uses.refused(shown).exists():
            return Leave.REVOKED, people
    return (Leave.LIVE if people else Leave.NOT_NEEDED), people


def _are_down(outputs: Sequence[Output]) -> bool:
    down = Takedown.objects.of(Subject.OUTPUT)
    return Output.objects.filter(pk__in=[one.pk for one in outputs], down_id__in=down).exists()


def _signature(account: Account) -> dict[str, Any]:
    return {
        "state": account.state,
        "problems": list(account.problems),
        "signer": account.itself.signer[:200] if account.itself else "",
    }


def _origin(found: Found) -> dict[str, Any] | None:
    if found.how is None:
        return None
    made = found.account.made if found.account.state == State.TRUSTED else {}
    output = found.output
    recipe = output.recipe if output else {}
    return {
        "id": None if found.number is None else title(found.number),
        "model": made.get("model") or recipe.get("model"),
        "policy": made.get("policy"),
        "made_at": output.made_at if output else None,
        "kept": output is not None,
    }


def _lineage(found: Found) -> list[dict[str, Any]]:
    """What it was made from, a parent behind its child; from the manifest where we signed it."""
    if found.account.number is not None and found.account.itself:
        return lineage.flat(found.account.itself)
    return lineage.flat(lineage.ancestry(found.output)) if found.output else []
