"""What came of a batch: its files, its last state and the news of it, in one transaction."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import IO, Any, NamedTuple
from uuid import UUID

from django.db import transaction
from django.utils.timezone import now

from generation.models import WireBatch, WireFile, WireLine, WireVideo
from generation.openai.batches.lines import in_parts
from generation.openai.videos import as_video, videos_of
from generation.states import BatchState, LineState
from sora_social import outbox, storage

TOGETHER = 500  # lines whose videos are looked up at a time
PURPOSE = "batch_output"
UNDONE = {  # why a line was never asked for, by how its batch ended
    BatchState.EXPIRED: ("batch_expired", "The 24 hours were over before its turn came."),
    BatchState.CANCELLED: ("batch_cancelled", "The batch was cancelled before its turn came."),
}
GONE = {"code": "deleted", "message": "The video was deleted."}


class Result(NamedTuple):
    is_done: bool  # there is a video
    said: dict[str, Any]  # a line of the file


def conclude(batch: WireBatch, state: BatchState, **changes: Any) -> None:
    """Write the files and end it so, once. Raises IllegalMove where it stands otherwise."""
    with tempfile.TemporaryDirectory() as folder:
        good, bad = Path(folder, "output"), Path(folder, "error")
        done, failed = _write(batch, state, good, bad)
        keys = [_put(batch, path) for path in (good, bad)]
    with transaction.atomic():
        files = [_file(batch, key) for key in keys]
        counts = {"completed": done, "failed": failed}
        batch.move(state, output_file=files[0], error_file=files[1], **counts, **changes)
        WireLine.objects.filter(batch=batch).delete()
        told = {"batch": str(batch.pk), "state": state.value, "via": batch.via}
        outbox.write(f"batch:{batch.pk}:{state.value}", batch.owner_id, "batch_ended", **told)


def _write(batch: WireBatch, state: BatchState, good: Path, bad: Path) -> tuple[int, int]:
    """How many lines went into each of the two files."""
    counts = {True: 0, False: 0}
    with good.open("w") as output, bad.open("w") as errors:
        files: dict[bool, IO[str]] = {True: output, False: errors}
        for result in results_of(batch, state):
            counts[result.is_done] += 1
            files[result.is_done].write(json.dumps(result.said) + "\n")
    return counts[True], counts[False]


def results_of(batch: WireBatch, state: BatchState) -> Iterator[Result]:
    """Of every line in order, what to say of it."""
    lines = WireLine.objects.filter(batch=batch).order_by("number").defer("asked")
    for some in in_parts(lines.iterator(TOGETHER), TOGETHER):
        jobs = [line.job_id for line in some if line.job_id]
        videos = {video.pk: video for video in videos_of(batch.owner).filter(pk__in=jobs)}
        for line in some:
            yield _result(line, videos.get(line.job_id), state)


def _result(line: WireLine, video: WireVideo | None, state: BatchState) -> Result:
    name = f"{line.batch_id.hex}_{line.number}"
    said = {"id": f"batch_req_{name}", "custom_id": line.custom_id}
    if line.state == LineState.REFUSED:
        return Result(False, said | _answered(name, line.status or 500, line.said))
    if line.state == LineState.WAITING:
        code, message = UNDONE[state]
        return Result(False, said | _unanswered({"code": code, "message": message}))
    if video is None:
        return Result(False, said | _unanswered(GONE))
    body = as_video(video)
    return Result(body["status"] == "completed", said | _answered(name, 200, body))


def _answered(name: str, status: int, body: Any) -> dict[str, Any]:
    response = {"status_code": status, "request_id": f"req_{name}", "body": body}
    return {"response": response, "error": None}


def _unanswered(error: dict[str, str]) -> dict[str, Any]:
    return {"response": None, "error": error}


def _put(batch: WireBatch, path: Path) -> str:
    """Keep a file in the store, in place of one of a try that died; none that is empty."""
    if not path.stat().st_size:
        return ""
    key = f"files/{batch.pk}-{path.name}.jsonl"
    storage.drop(key)
    storage.put(key, path)
    return key


def _file(batch: WireBatch, key: str) -> UUID | None:
    if not key:
        return None
    with storage.open_file(key) as file:
        size = file.seek(0, 2)
    lasts = batch.output_seconds
    kept = WireFile.objects.create(
        owner=batch.owner, filename=Path(key).name, purpose=PURPOSE, size=size, key=key,
        expires_at=now() + timedelta(seconds=lasts) if lasts else None,
    )  # fmt: skip
    return kept.pk
