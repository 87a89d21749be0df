"""Batches begun, found and cancelled, and how the wire shows them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Count, Q, QuerySet
from django.utils.timezone import now

from generation.models import WireBatch, WireLine
from generation.openai import ids
from generation.openai.batches.lines import ENDPOINT
from generation.openai.files import LIFE, lifetime
from generation.openai.files import named as file_named
from generation.states import BATCHES_ENDED, ENDED, BatchState, JobState, LineState
from sora_social.errors import IllegalMove
from sora_social.text import is_plain
from sora_social.users.models import User
from sora_social.wire.bodies import Body, wrong_type
from sora_social.wire.errors import WireError, not_found

WINDOW, WINDOW_SAID = timedelta(hours=24), "24h"
MOST_OPEN = 10  # batches of one person that have not ended
MOST_NOTES, LONGEST_NAME, LONGEST_NOTE = 16, 64, 512
PURPOSE = "batch"


def begin(owner: User, via: str, body: Body) -> WireBatch:
    """A batch of an uploaded file, which is read soon after. Raises WireError."""
    body.choice("endpoint", (ENDPOINT,))
    body.choice("completion_window", (WINDOW_SAID,))
    file = file_named(owner, body.text("input_file_id", 80), "input_file_id")
    if file.purpose != PURPOSE:
        said = f"This file was uploaded with the purpose {file.purpose}, not {PURPOSE}."
        raise WireError("invalid_value", said, "input_file_id")
    asked = {"notes": _notes(body), "output_seconds": lifetime(body, "output_expires_after", LIFE)}
    with transaction.atomic():
        User.objects.select_for_update(no_key=True).get(pk=owner.pk)
        if WireBatch.objects.by(owner).open().count() >= MOST_OPEN:
            said = f"You have {MOST_OPEN} batches under way; let one end or cancel it."
            raise WireError("rate_limit_exceeded", said, status=429)
        begun = now()
        return WireBatch.objects.create(
            owner=owner, via=via, input_file=file.pk, made_at=begun, expires_at=begun + WINDOW,
            **asked,
        )  # fmt: skip


def _notes(body: Body) -> dict[str, str]:
    """The client's own `metadata`, handed back as it is."""
    found = body.get("metadata")
    if found is None:
        return {}
    if not isinstance(found, dict):
        raise wrong_type("metadata", "an object", found)
    if len(found) > MOST_NOTES or not all(_is_note(name, said) for name, said in found.items()):
        said = (
            f"'metadata' takes {MOST_NOTES} texts of at most {LONGEST_NOTE} characters, by names "
            f"of at most {LONGEST_NAME}."
        )
        raise WireError("invalid_value", said, "metadata")
    return found


def _is_note(name: str, said: Any) -> bool:
    if not isinstance(said, str) or len(said) > LONGEST_NOTE or len(name) > LONGEST_NAME:
        return False
    return is_plain(name) and is_plain(said)


def find(owner: User, pk: UUID) -> WireBatch:
    """Raises WireError (404)."""
    found = WireBatch.objects.by(owner).filter(pk=pk).first()
    if found is None:
        raise not_found("batch", ids.wired(ids.BATCH, pk))
    return found


def cancel(batch: WireBatch) -> WireBatch:
    """Nothing more of it is begun; what is being made is still finished. A second time changes
    nothing. Raises WireError once it has ended."""
    try:
        batch.move(BatchState.CANCELLING)
    except IllegalMove:
        batch.refresh_from_db()
        if batch.state not in (BatchState.CANCELLING, BatchState.CANCELLED):
            said = f"A batch that is {batch.state} cannot be cancelled."
            raise WireError("batch_not_cancellable", said, "batch_id") from None
    return batch


def counted(lines: QuerySet[WireLine]) -> dict[str, int]:
    """How many lines became a video, and how many will not."""
    done, ended = Q(job__state=JobState.DONE), Q(job__state__in=ENDED)
    lost = Q(state=LineState.REFUSED) | (ended & ~done) | Q(state=LineState.QUEUED, job=None)
    return lines.aggregate(completed=Count("pk", filter=done), failed=Count("pk", filter=lost))


def as_batch(batch: WireBatch) -> dict[str, Any]:
    """The object of the contract, all of its keys."""
    counts = {"completed": batch.completed, "failed": batch.failed}
    if batch.state not in BATCHES_ENDED:
        counts = counted(WireLine.objects.filter(batch=batch))
    times = {f"{state}_at": batch.times.get(state) for state in BatchState if state != "validating"}
    faults = {"object": "list", "data": batch.faults} if batch.faults else None
    return {
        "id": ids.wired(ids.BATCH, batch.pk),
        "object": "batch",
        "endpoint": ENDPOINT,
        "model": None,
        "errors": faults,
        "input_file_id": ids.wired(ids.FILE, batch.input_file),
        "completion_window": WINDOW_SAID,
        "status": batch.state,
        "output_file_id": _file(batch.output_file),
        "error_file_id": _file(batch.error_file),
        "created_at": int(batch.made_at.timestamp()),
        "expires_at": int(batch.expires_at.timestamp()),
        **times,
        "request_counts": {"total": batch.total, **counts},
        "metadata": batch.notes or None,
    }


def _file(pk: UUID | None) -> str | None:
    return ids.wired(ids.FILE, pk) if pk else None
