"""What may not come back: written before copies are swept, asked by uploads and finished outputs.

Who bars takes a lock alone, and who finishes an output takes it together with others and holds it
until the output is there. So an output is either there when its copies are looked for, or it sees
the bar. The lock comes before the audit chain's, always.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from io import BytesIO
from typing import NamedTuple

import numpy as np
from django.db import connection, transaction
from django.utils.timezone import now
from PIL import Image

from sora_social import audit
from sora_social.moderation import policy
from sora_social.moderation.models import Bar, Case
from sora_social.resemblance.clips import is_copy
from sora_social.resemblance.prints import prints
from sora_social.resemblance.table import Table, as_bytes, as_hashes
from sora_social.uploads import UploadRefused

LOCK = 7_042_002


class Seen(NamedTuple):
    """A file as the bars know it: its digest, and the hashes (K, 4) of its frames."""

    sha256: str
    prints: np.ndarray


def alone() -> None:
    """Until this transaction ends no output is finished. Before the first row of the audit."""
    _lock("pg_advisory_xact_lock")


def together() -> None:
    """Until this transaction ends nothing is barred."""
    _lock("pg_advisory_xact_lock_shared")


def _lock(how: str) -> None:
    if connection.vendor == "postgresql":  # SQLite's IMMEDIATE transaction is alone already
        with connection.cursor() as cursor:
            cursor.execute(f"select {how}(%s)", [LOCK])


def bar(case: Case, source: str, sha256: str, hashes: np.ndarray) -> None:
    """Nothing like this file, whose frames have these hashes (K, W, 4), comes back from the commit
    on. In a transaction that is `alone`."""
    told = {"sha256": sha256, "prints": as_bytes(hashes), "width": hashes.shape[1]}
    _, new = Bar.objects.get_or_create(case=case, source=source, lifted_at=None, defaults=told)
    if new:
        audit.record("copies_barred", None, case=str(case.pk), source=source)


@transaction.atomic
def widen(bar: Bar, wide: np.ndarray) -> Bar:
    """The same bar with the hashes (K, WIDTH, 4) that cropped and mirrored copies have: a row of
    its own, as those who know the first would not see it change."""
    alone()
    if not Bar.objects.standing().filter(pk=bar.pk).update(lifted_at=now(), swept_at=now()):
        return bar
    told = {"prints": as_bytes(wide), "width": wide.shape[1], "sha256": bar.sha256}
    return Bar.objects.create(case=bar.case, source=bar.source, made_at=bar.made_at, **told)


def lift(case: Case, moderator: int | None) -> None:
    """What the case barred may come back."""
    if count := case.bars.filter(lifted_at=None).update(lifted_at=now()):
        audit.record("bars_lifted", moderator, case=str(case.pk), bars=count)


def first(files: Sequence[Seen]) -> Bar | None:
    """The first standing bar that one of the files is a copy of."""
    return KNOWN.first(files)


def require_unbarred(picture: bytes, *, name: str) -> bytes:
    """An upload made anew, if it is no copy of what may not come back. Raises UploadRefused."""
    if Bar.objects.standing().exists():
        with Image.open(BytesIO(picture)) as opened:
            seen = prints([np.asarray(opened.convert("RGB"))])
        if first([Seen("", seen)]):
            raise UploadRefused(field=name, rule="barred")
    return picture


class _Known:
    """The standing bars in the memory of a process. Each question reads first what has changed."""

    def __init__(self) -> None:
        self._turn = threading.Lock()
        self._start()

    def first(self, files: Sequence[Seen]) -> Bar | None:
        with self._turn:
            self._catch_up()
            numbers = (number for file in files for number in self._like(file))
            return Bar.objects.standing().filter(pk__in=[*numbers]).order_by("pk").first()

    def forget(self) -> None:
        """Begin anew with the next question; for tests, whose rows are undone."""
        with self._turn:
            self._start()

    def _start(self) -> None:
        self._table, self._digests, self._last = Table(), dict[str, int](), 0

    def _catch_up(self) -> None:
        self._read()
        if Bar.objects.standing().count() != len(self._table):
            self._start()
            self._read()

    def _read(self) -> None:
        fresh = Bar.objects.standing().filter(pk__gt=self._last).order_by("pk")
        for pk, sha256, kept, width in fresh.values_list("pk", "sha256", "prints", "width"):
            self._table.put(pk, as_hashes(kept, width))
            self._digests.setdefault(sha256, pk)
            self._last = pk

    def _like(self, file: Seen) -> list[int]:
        if file.sha256 and (same := self._digests.get(file.sha256)):
            return [same]
        near = self._table.near(file.prints, policy.NEAR.within)
        return [pk for pk in near if is_copy(file.prints, self._table.of(pk), policy.NEAR)]


KNOWN = _Known()
