"""Batches sent over `/v1`, taken on by the real sweep, their jobs made without a model."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from django.core.files.uploadedfile import SimpleUploadedFile
from rest_framework.test import APIClient

from generation import dispatch
from generation.models import Job, WireBatch
from generation.openai.batches import advancing
from generation.states import JobState
from tests.generation.making import stored


def line(custom_id: str, **body: Any) -> dict[str, Any]:
    asked = {"prompt": "a red ball"} | body
    return {"custom_id": custom_id, "method": "POST", "url": "/v1/videos", "body": asked}


def uploaded(client: APIClient, *lines: Any, purpose: str = "batch") -> str:
    """The id of a file with a line for each; what is no text is written as JSON."""
    said = "\n".join(one if isinstance(one, str) else json.dumps(one) for one in lines)
    sent = {"file": SimpleUploadedFile("wishes.jsonl", said.encode()), "purpose": purpose}
    answer = client.post("/v1/files", sent, format="multipart")
    assert answer.status_code == 200, answer.content
    return answer.json()["id"]


def ask(client: APIClient, file: str, **more: Any) -> Any:
    asked = {"input_file_id": file, "endpoint": "/v1/videos", "completion_window": "24h"} | more
    return client.post("/v1/batches", asked, format="json")


def begun(client: APIClient, *lines: Any, **more: Any) -> dict[str, Any]:
    """A batch that nobody has looked at yet."""
    answer = ask(client, uploaded(client, *lines), **more)
    assert answer.status_code == 200, answer.content
    return answer.json()


def seen(client: APIClient, batch: dict[str, Any]) -> dict[str, Any]:
    """The batch, after a sweep."""
    advancing.advance_all()
    return client.get(f"/v1/batches/{batch['id']}").json()


def row_of(batch: dict[str, Any]) -> WireBatch:
    return WireBatch.objects.get(pk=UUID(batch["id"].removeprefix("batch_")))


def make_one() -> bool:
    """Make the queued job whose turn it is; False when none waits."""
    job = Job.objects.filter(state=JobState.QUEUED).order_by("turn", "pk").first()
    if job is None:
        return False
    token = dispatch.claim(job.pk)
    assert token
    assert dispatch.finish(job.pk, token, stored(job.pk, token)) == JobState.DONE
    return True


def make_all(client: APIClient, batch: dict[str, Any]) -> dict[str, Any]:
    """Sweep and make until the batch has ended."""
    while (found := seen(client, batch))["status"] in ("validating", "in_progress", "finalizing"):
        assert make_one(), found
    return found


def results(client: APIClient, file: str | None) -> list[dict[str, Any]]:
    answer = client.get(f"/v1/files/{file}/content")
    assert answer.headers["content-type"] == "application/jsonl"
    return [json.loads(one) for one in b"".join(answer.streaming_content).splitlines()]
