"""What somebody asks for, in their own words, and which fields go with which task."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from generation import prompting, screening
from generation.errors import WishRefused
from generation.models import UPLOADS, Output
from generation.states import ROLES, Kind, Role, Task, Tier

MOST_VARIANTS, MOST_SHOTS = 4, 20
PIECES = (2, 8)  # of a stitch, at least and at most
PIXELS = frozenset({"seconds", "width", "height"})
ALWAYS = frozenset({"contexts", "attested", "surfaces", "delivery"})
MODEL = PIXELS | {"seed", "model", "tier", "variants", "style", "enhance"}  # whatever a model makes
TAKES = {  # what each task may be given beside a prompt
    "": MODEL | {"first_frame", "last_frame", "loop", "still", "shots", "source"},
    Task.EXTEND: MODEL | {"source", "clip"},
    Task.EXTEND_BACK: MODEL | {"source", "clip"},
    Task.RESTYLE: MODEL | {"source", "clip", "strength"},
    Task.INPAINT: MODEL | {"source", "strength", "mask", "span"},
    Task.BLEND: MODEL | {"source", "other"},
    Task.RECAST: MODEL | {"source", "strength"},
    Task.STITCH: frozenset({"source", "sources"}),
}
NEEDS = {  # of each tuple one
    Task.EXTEND: [("source", "clip")],
    Task.EXTEND_BACK: [("source", "clip")],
    Task.RESTYLE: [("source", "clip")],
    Task.INPAINT: [("source",), ("mask", "span")],
    Task.BLEND: [("source",), ("other",)],
    Task.RECAST: [("source",)],
    Task.STITCH: [("sources", "source")],
}
APART = {  # what does not go with it
    "still": ("seconds", "loop", "shots", "first_frame", "last_frame"),
    "shots": ("seconds", "loop", "last_frame"),
    "loop": ("last_frame",),
    "source": ("first_frame", "clip"),
}
Piece = tuple[Output, Role]  # a video to start from, and as what


@dataclass(frozen=True)
class Wanted:
    """What was asked for; what is None is left to the model, or to the source."""

    prompt: str
    seconds: float | None = None
    width: int | None = None
    height: int | None = None
    seed: int | None = None
    strength: float | None = None
    task: str = ""
    tier: str = Tier.STANDARD
    model: str = ""  # of `generation.lineup`
    style: str = ""
    enhance: str = prompting.USUAL.value
    loop: bool = False
    still: bool = False
    variants: int = 1
    shots: Sequence[Mapping[str, Any]] = ()
    span: Sequence[float] | None = None
    contexts: Sequence[str] = ()
    surfaces: Sequence[str] = ()  # where it is made for, beside the author's drafts
    delivery: Mapping[str, Any] | None = None  # fields of generation.encoding.Delivery
    attested: bool = False
    first_frame: Path | None = None
    last_frame: Path | None = None
    mask: Path | None = None
    clip: Path | None = None
    source: Output | None = None
    other: Output | None = None
    sources: Sequence[Output] = ()

    @property
    def kind_of_task(self) -> str:
        """The task: a clip to start from, and nothing said of it, is drawn anew."""
        of_a_clip = self.source is not None and self.source.kind == Kind.CLIP
        return self.task or (Task.RESTYLE if of_a_clip else "")

    @property
    def text(self) -> str:
        """All that it says, in order."""
        return all_said(self.prompt, self.shots)

    @property
    def pieces(self) -> list[Piece]:
        """What it starts from, in order, and as what."""
        role = ROLES[Task(self.task)] if self.task else Role.REMIX
        found = [self.source, self.other, *self.sources]
        return [(output, role) for output in found if output]

    @property
    def uploads(self) -> dict[str, Path]:
        """What was uploaded for it, by field."""
        return {name: path for name in UPLOADS if (path := getattr(self, name))}

    @property
    def given(self) -> set[str]:
        """The fields that say something."""
        return {one.name for one in fields(self)[1:] if getattr(self, one.name) != one.default}


def all_said(prompt: str, shots: Sequence[Mapping[str, Any]]) -> str:
    """A prompt and those of its shots, a line each."""
    return "\n".join([prompt, *(shot["prompt"] for shot in shots)])


def check_form(wanted: Wanted) -> None:
    """Whether it makes sense, whatever the model can do. Raises PromptRefused, WishRefused."""
    most = screening.LONGEST_DELIVERED if wanted.delivery else screening.LONGEST
    screening.check_form(wanted.prompt, most=most)
    for shot in wanted.shots:
        screening.check_form(shot["prompt"], field="shots")
    _check_fields(wanted.kind_of_task, wanted.given - {"task"})
    _check_sources(wanted)


def _check_fields(task: str, given: set[str]) -> None:
    for name in sorted(given - TAKES[task] - ALWAYS):
        takers = [taker for taker, taken in TAKES.items() if name in taken]
        raise WishRefused(field=name, rule="not_taken", task=task, tasks=takers)
    for either in NEEDS.get(task, ()):
        if not given.intersection(either):
            raise WishRefused(field=either[0], rule="missing", task=task, one_of=list(either))
    for name in sorted(given & APART.keys()):
        for other in given.intersection(APART[name]):
            raise WishRefused(field=other, rule="not_together", other=name)


def _check_sources(wanted: Wanted) -> None:
    pieces, (least, most) = wanted.pieces, PIECES
    if wanted.kind_of_task and any(output.kind != Kind.CLIP for output, _ in pieces):
        raise WishRefused(field="source", rule="not_a_clip")
    if wanted.task == Task.STITCH and not least <= len(pieces) <= most:
        rule = "too_few" if len(pieces) < least else "too_many"
        raise WishRefused(field="sources", rule=rule, count=len(pieces), possible=list(PIECES))
    if not 1 <= wanted.variants <= MOST_VARIANTS:
        raise WishRefused(field="variants", rule="too_many", at_most=MOST_VARIANTS)
