"""What chaos tests do inside the server's own environment: `python -m tests.chaos.acting ...`.

people N   makes N adults; prints a device token for each
check      every invariant of jobs, credits and outputs; prints how the jobs ended and
           the most losses and attempts that any one of them had
listen URL N makes an endpoint and N videos that ended, not told yet; prints the secret
deliveries prints the state and attempts of each delivery
batch N    begins a batch of N lines; prints its id
make_queued makes all that is queued, without a model; prints how many there were
batches    checks the invariants; prints how the one batch stands
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from uuid import uuid4

import django

django.setup()

from generation.models import Job, WireBatch  # noqa: E402 -- after Django is set up
from generation.plans import subscribe  # noqa: E402
from sora_social.outbox import OutboxEvent  # noqa: E402
from sora_social.users.tokens import issue  # noqa: E402
from sora_social.webhooks import services as webhooks  # noqa: E402
from sora_social.webhooks.models import Delivery  # noqa: E402
from tests.generation import invariants  # noqa: E402
from tests.generation.openai.batching import begun, line, make_one  # noqa: E402
from tests.people import person, with_key  # noqa: E402


def people(number: str) -> list[str]:
    return [issue(person())[1] for _ in range(int(number))]


def check() -> dict[str, object]:
    invariants.check(all_ended=True)
    jobs = list(Job.objects.values_list("state", "losses", "attempt"))
    return {
        "states": Counter(state for state, _, _ in jobs),
        "losses": max(losses for _, losses, _ in jobs),
        "attempts": max(attempt for _, _, attempt in jobs),
    }


def listen(url: str, number: str) -> str:
    owner = person()
    _, secret = webhooks.add(owner, "Mine", url, ["video.completed"])
    for job in (str(uuid4()) for _ in range(int(number))):
        told = {"job": job, "state": "done", "surfaces": ["api"]}
        OutboxEvent.objects.create(
            event_key=f"job:{job}", user_id=owner.pk, kind="job_ended", payload=told
        )
    return secret


def deliveries() -> list[tuple[str, int]]:
    return list(Delivery.objects.values_list("state", "attempts"))


def batch(count: str) -> str:
    """A batch of so many lines, by the API, of somebody with room for all of them."""
    owner = person()
    subscribe(owner, "studio")
    client = with_key(owner)
    return begun(client, *[line(str(number)) for number in range(int(count))])["id"]


def make_queued() -> int:
    """Make all that is queued, without a model; how many there were."""
    made = 0
    while make_one():
        made += 1
    return made


def batches() -> dict[str, object]:
    invariants.check()
    found = WireBatch.objects.get()
    keys = Job.objects.values_list("idempotency_key", flat=True)
    told = OutboxEvent.objects.filter(kind="batch_ended").count()
    counts = [found.total, found.completed, found.failed]
    return {"state": found.state, "counts": counts, "jobs": len(set(keys)), "told": told}


ACTS = {
    "people": people, "check": check, "listen": listen, "deliveries": deliveries,
    "batch": batch, "make_queued": make_queued, "batches": batches,
}  # fmt: skip

if __name__ == "__main__":
    print(json.dumps(ACTS[sys.argv[1]](*sys.argv[2:])))
