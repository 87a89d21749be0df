"""Videos asked for over `/v1`, and made without a model."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from rest_framework.test import APIClient

from generation import dispatch
from generation.models import Job
from generation.states import JobState
from tests.generation.making import stored


def asked(client: APIClient, **fields: Any) -> dict[str, Any]:
    """A video that was just asked for."""
    answer = client.post("/v1/videos", {"prompt": "a red ball"} | fields, format="json")
    assert answer.status_code == 200, answer.content
    return answer.json()


def job_of(video: dict[str, Any]) -> Job:
    return Job.objects.get(pk=UUID(video["id"].removeprefix("video_")))


def made(client: APIClient, **fields: Any) -> dict[str, Any]:
    """A video that is completed."""
    video = asked(client, **fields)
    job = job_of(video)
    token = dispatch.claim(job.pk)
    assert token
    assert dispatch.finish(job.pk, token, stored(job.pk, token)) == JobState.DONE
    return client.get(f"/v1/videos/{video['id']}").json()


def refused(answer: Any) -> tuple[int, str | None, str | None]:
    """Status, code and param of an error, whose shape is right."""
    error = answer.json()["error"]
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["x-request-id"]
    assert set(error) == {"message", "type", "param", "code"}
    assert isinstance(error["message"], str)
    assert error["message"]
    return answer.status_code, error["code"], error["param"]
