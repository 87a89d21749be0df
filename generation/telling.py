"""What can be told of a file without asking anybody: its manifest, and the marks in its pixels and
its sound."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import IO, Any

import numpy as np

from generation import claims, marks, verdicts
from generation.marking import code_of
from generation.provenance import reading
from generation.provenance.reading import Account, Ancestor, State
from sora_social import uploads
from sora_social.uploads import UploadRefused


@dataclass(frozen=True)
class Finding:
    """What a file says of itself, and what its pixels and its sound say, where they were asked."""

    account: Account
    frames: np.ndarray | None = field(default=None, repr=False, compare=False)  # (T, H, W, 3) RGB
    numbers: tuple[int, ...] = ()  # of the marks that were read
    score: float = 0.0  # of the best place for a mark (generation.marking.reading)
    is_marked: bool = False
    heard: int | None = None  # the number in its sound

    def plain(self) -> dict[str, Any]:
        """As JSON says it."""
        return {
            "signature": asdict(self.account),
            "marks": [code_of(number) for number in self.numbers],
            "is_marked": self.is_marked,
            "mark_score": round(self.score, 2),
            "heard": None if self.heard is None else code_of(self.heard),
        }


def told_by(file: IO[bytes], *, thoroughly: bool = False) -> Finding:
    """What there is to tell of an open file; no network, and no database. Its pixels are asked
    where its manifest does not say which of our outputs it is, and its sound where they do not, or
    both `thoroughly`.

    Raises chain.BadChain, and UploadRefused for what is no film and no picture.
    """
    account = reading.read(file, claims.roots())
    if account.number is not None and not thoroughly:
        return Finding(account)
    try:
        frames = uploads.read_glimpses(file)
    except UploadRefused:
        if account.state == State.NONE:
            raise
        return Finding(account)
    seen = list(marks.look(frames))
    numbers = tuple(mark.number for one in seen for mark in one.marks)
    return Finding(
        account,
        frames,
        numbers,
        max(one.score for one in seen),
        any(one.is_marked for one in seen),
        None if numbers and not thoroughly else _heard(file),
    )


def _heard(file: IO[bytes]) -> int | None:
    try:
        return marks.hear(uploads.read_beginning(file))
    except UploadRefused:
        return None


def in_words(finding: Finding) -> Iterator[str]:
    """For people, line by line."""
    account = finding.account
    yield verdicts.of_signature(account)
    yield from (f"  {problem}" for problem in account.problems)
    if account.itself:
        yield from _lineage(account.itself, 0)
    for number in finding.plain()["marks"]:
        yield f"The mark in its pixels says {number}."
    if finding.heard is not None:
        yield f"The mark in its sound says {code_of(finding.heard)}."
    if not finding.is_marked:
        yield "No mark of ours was found in its pixels."
    elif not finding.numbers:
        yield "There is a mark of ours in its pixels, but too little is left of it to read it."


def _lineage(one: Ancestor, depth: int) -> Iterator[str]:
    how = f" ({one.relationship})" if one.relationship else ""
    signer = f", signed by {one.signer}" if one.signer else ""
    source = f": {one.source_type}" if one.source_type else ""
    yield f"{'  ' * (depth + 1)}{one.title or 'untitled'}{how}{source}{signer}"
    for parent in one.parents:
        yield from _lineage(parent, depth + 1)
