"""The embedded server is killed in the middle of a rendering, and started again."""

from __future__ import annotations

import httpx
import pytest

from demo.server import free_port
from tests.chaos.running import (
    acting,
    all_gone,
    children_of,
    embedded,
    gone_at_the_end,
    kill,
    python,
    slow_model,
    start,
    until,
)

pytestmark = pytest.mark.slow
JOBS = 3


def server(environment, port, log):
    return start(
        environment,
        log,
        *("uvicorn", "sora_social.asgi:application", "--host", "127.0.0.1"),
        *("--port", str(port), "--log-level", "warning"),
    )


def answers(url):
    try:
        return httpx.get(f"{url}/healthz", timeout=5).status_code == 200
    except httpx.HTTPError:
        return False


def test_a_killed_server_finishes_every_job_once_when_it_is_back(tmp_path):
    environment, log = embedded(tmp_path / "data"), tmp_path / "server.log"
    python(environment, "manage.py", "migrate", "--verbosity", "0")
    (token,) = acting(environment, "people", "1")
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    phone = httpx.Client(
        base_url=f"{url}/api/v1/", headers={"Authorization": f"Bearer {token}"}, timeout=30
    )

    def submit(number):
        wish = {"prompt": f"{number} red balls on a beach", "seconds": 1.0}
        return phone.post("jobs/", json=wish, headers={"Idempotency-Key": f"key-{number}"})

    def states():
        return [job["state"] for job in phone.get("jobs/").json()["items"]]

    def at_work():
        return [job for job in phone.get("jobs/").json()["items"] if job["progress"] > 0.03]

    slowly = environment | {"GENERATION_MODEL": str(slow_model(tmp_path))}
    running = server(slowly, port, log)
    with gone_at_the_end(running):
        until(lambda: answers(url))
        assert [submit(number).status_code for number in range(JOBS)] == [201] * JOBS
        until(at_work)
        children = children_of(running.pid)
        kill(running)
        until(all_gone(children))
    running = server(environment, port, log)
    with gone_at_the_end(running):
        until(lambda: answers(url))
        assert [submit(number).status_code for number in range(JOBS)] == [200] * JOBS
        until(lambda: set(states()) == {"done"})
        credits = phone.get("me/credits/").json()
        assert (credits["available"], credits["reserved"], credits["spent"]) == (27, 0, 3)
    ended = acting(environment, "check")
    assert ended == {"states": {"done": JOBS}, "losses": 1, "attempts": 0}
