"""Copies of what was taken down: found among all outputs, and kept from coming back.

What a claim or a decision takes down is barred first, in its own transaction. Then a sweeper looks
for copies: identical files, and whatever looks the same when it is cropped, mirrored, recoloured,
quicker or shorter. Every output that finishes asks the bars in the transaction that would make it,
and every picture uploaded for a job when it comes in; pictures and clips again before they are
rendered from.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from django.db import models, transaction
from django.db.models.functions import Now

from generation import looks
from generation.looking import smallest
from generation.looks import Looks
from generation.models import Job, Output, Print
from generation.screening import Sign, verdicts
from generation.types import Made
from sora_social import audit, storage
from sora_social.moderation import bars, desk, hiding, policy
from sora_social.moderation.bars import Seen
from sora_social.moderation.models import Bar, Case, Subject
from sora_social.resemblance.clips import is_copy
from sora_social.resemblance.prints import WORDS, distances, prints, wide_prints
from sora_social.resemblance.table import Table, as_bytes, as_hashes, flat

log = logging.getLogger(__name__)
BARRED = "barred_copy"  # why a job is blocked
MIRRORED = 2  # of the wide hashes, those of the whole picture: as it is, and in a mirror
GROUP, LAYER = "barred", "copies"  # what this layer of screening finds, and its name


# --- what comes in and what comes out asks --------------------------------------------------------


def prints_in(place: Path) -> bytes:
    """Of the files of an output in a folder, the hashes of what they show."""
    return as_bytes(prints(looks.read(place).frames))


def signs_in(seen: Looks, field: str, job: Job) -> list[Sign]:
    """A layer of screening: that it is a copy of what may not come back, and at which second."""
    if not Bar.objects.standing().exists():
        return []
    bar = bars.first([Seen("", prints(seen.frames))])
    if bar is None:
        return []
    note(bar, job)
    return [Sign(GROUP, LAYER, field, {"at": _second(bar, seen)})]


def _second(bar: Bar, seen: Looks) -> float:
    """Of the frame that is nearest to what is barred."""
    wanted = as_hashes(bar.prints, bar.width).reshape(-1, WORDS)
    hashed = ((at, prints([frame])) for at, frame in looks.each(seen))
    apart = [(int(distances(own[0], wanted).min()), at) for at, own in hashed if len(own)]
    return round(min(apart)[1], 2) if apart and len(wanted) else 0.0


def barred(made: Sequence[Made]) -> Bar | None:
    """The bar that one of the new files is a copy of. Until the transaction ends nothing else is
    barred: so whatever is, is so before this asks or after it is there to be found."""
    bars.together()
    return bars.first([Seen(one.sha256, as_hashes(one.prints)) for one in made])


def verdict() -> dict[str, Any]:
    """What the policy says of such a copy."""
    sign = Sign(GROUP, LAYER, "video")
    return next(verdicts([sign], with_likeness=False)).facts()


def note(bar: Bar, job: Job) -> None:
    """That somebody tried, in the audit chain."""
    audit.record("copy_barred", job.author_id, case=str(bar.case_id), job=str(job.pk))


# --- what is taken down ---------------------------------------------------------------------------


@desk.bars(Subject.OUTPUT)
def bar(case: Case) -> None:
    if output := Output.objects.filter(down_id=case.subject_id).first():
        bar_output(case, output)


def bar_output(case: Case, output: Output) -> None:
    """It is down, and may not come back: at once what looks like it, and what is cropped or
    mirrored as soon as a sweeper has looked. In a transaction that is `bars.alone`."""
    seen = Print.objects.filter(output=output).values_list("prints", flat=True).first()
    bars.bar(case, output.down_id, output.sha256, as_hashes(seen or b"", 1))
    hiding.hide_file(case, Subject.OUTPUT, output.down_id)


def sweep(limit: int = 4) -> int:
    """Find the copies of what was barred lately; how many were down then that were not before."""
    waiting = Bar.objects.standing().filter(swept_at=None).select_related("case").order_by("?")
    return sum(_swept(bar) for bar in waiting[:limit])


def _swept(bar: Bar) -> int:
    """One that cannot be swept now, as when the store is away, does not keep the others waiting."""
    try:
        return _sweep(bar)
    except Exception:
        log.exception("bar %s waits for the next sweep", bar.pk)
        return 0


def _sweep(bar: Bar) -> int:
    if bar.width == 1 and (wide := _wide(bar.source)) is not None:
        bar = bars.widen(bar, wide)
    found = sorted(copies_of(bar), key=lambda output: output.pk)
    hidden = sum(hiding.hide_copy(bar, Subject.OUTPUT, output.down_id) for output in found)
    Bar.objects.filter(pk=bar.pk).update(swept_at=Now())
    return hidden


# --- outputs from before there were hashes --------------------------------------------------------


def unseen() -> models.QuerySet[Output]:
    """Outputs that nobody has hashed."""
    return Output.objects.filter(print=None).exclude(renditions=[]).order_by("pk")


def look_at(output: Output) -> Bar | None:
    """Hash an older output, and hide it when it is a copy of what is barred. One whose files are
    gone has no frames. Raises OSError when the store is away."""
    frames = _frames_of(output)
    seen = as_hashes(b"") if frames is None else prints(frames)
    with transaction.atomic():
        bars.together()
        Print.objects.get_or_create(output=output, defaults={"prints": as_bytes(seen)})
        bar = bars.first([Seen(output.sha256, seen)])
        if bar is not None:
            hiding.hide_copy(bar, Subject.OUTPUT, output.down_id)
    return bar


# --- copies of what is barred ---------------------------------------------------------------------


def _wide(source: str) -> np.ndarray | None:
    """The hashes of an output's copies, cropped and mirrored; None when its files are gone."""
    output = Output.objects.filter(down_id=source).first()
    if output is None or not output.renditions or (frames := _frames_of(output)) is None:
        return None
    return wide_prints(frames)


def _frames_of(output: Output) -> np.ndarray | None:
    """Of its smallest file; None when that is gone."""
    key = output.key(smallest(output))
    if not storage.exists(key):
        return None
    with storage.local(key) as file:
        return looks.of_file(file).frames


def copies_of(bar: Bar) -> list[Output]:
    """All outputs but the one it is about that are the same file, or look the same."""
    wide = as_hashes(bar.prints, bar.width)
    same = Output.objects.filter(sha256=bar.sha256).exclude(sha256="")
    like = Output.objects.filter(print__in=INDEX.like(wide))
    return list((same | like).exclude(down_id=bar.source).distinct())


def like(frames: Iterable[np.ndarray]) -> models.QuerySet[Output]:
    """Outputs that look the same as some pictures (H, W, 3) RGB, or their mirror images."""
    return Output.objects.filter(print__in=INDEX.like(wide_prints(frames)[:, :MIRRORED]))


class Index:
    """What every output looks like, in the memory of the process that sweeps."""

    def __init__(self) -> None:
        self._turn, self._table, self._last = threading.Lock(), Table(), 0

    def like(self, wide: np.ndarray) -> list[int]:
        """The numbers of the prints that are of copies of this (K, W, 4); of all there are now."""
        with self._turn:
            self._catch_up()
            near = self._table.near(flat([wide]), policy.NEAR.within)
            return [pk for pk in near if is_copy(self._table.of(pk), wide, policy.NEAR)]

    def forget(self) -> None:
        """Begin anew with the next question; for tests, whose rows are undone."""
        with self._turn:
            self._table, self._last = Table(), 0

    def _catch_up(self) -> None:
        self._take(Print.objects.filter(pk__gt=self._last))
        if Print.objects.count() != len(self._table):  # some came late, or went
            there = set(Print.objects.values_list("pk", flat=True))
            self._table.drop(self._table.owners - there)
            self._take(Print.objects.filter(pk__in=there - self._table.owners))

    def _take(self, rows: models.QuerySet[Print]) -> None:
        for pk, kept in rows.order_by("pk").values_list("pk", "prints").iterator():
            self._table.put(pk, as_hashes(kept))
            self._last = max(self._last, pk)


INDEX = Index()
