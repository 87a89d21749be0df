"""A sender of webhooks is killed while the receiver listens; the next one sends the facts again."""

from __future__ import annotations

import os
import threading
import uuid

import pytest

from tests.chaos.running import (
    acting,
    embedded,
    gone_at_the_end,
    kill,
    on_this_database,
    python,
    start,
    until,
)
from tests.webhooks.receiving import answering, is_signed, receiving

ON_SERVICES = [
    pytest.mark.services,
    pytest.mark.xdist_group("chaos"),
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(not os.environ.get("DATABASE_URL"), reason="names no PostgreSQL"),
]
pytestmark = pytest.mark.slow
FACTS = 5
SENDING = {"WEBHOOKS_ALLOW_LOOPBACK": "1", "WEBHOOK_LEASE_S": "12"}


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=ON_SERVICES)])
def environment(request, tmp_path):
    """Of processes that stand on one database, empty."""
    here = {**SENDING, "DATA": str(tmp_path / "data")}
    if request.param == "postgresql":
        return on_this_database(f"chaos-{uuid.uuid4()}") | here
    embedding = embedded(tmp_path / "data") | here
    python(embedding, "manage.py", "migrate", "--verbosity", "0")
    return embedding


def test_a_killed_senders_facts_are_sent_again_each_under_its_own_id(environment, tmp_path):
    held, log = threading.Event(), tmp_path / "sweep.log"

    def hold(connection):
        """Nobody hears an answer before the sender is dead; later ones do."""
        if not held.is_set():
            held.wait(60)
        answering(200)(connection)

    with receiving(hold) as receiver:
        secret = acting(environment, "listen", receiver.url, str(FACTS))
        sender = start(environment, log, "manage", "sweep")
        with gone_at_the_end(sender):
            until(lambda: receiver.taken)
            kill(sender)
            held.set()
        killed_over = receiver.taken[0].headers["webhook-id"]
        sender = start(environment, log, "manage", "sweep")
        with gone_at_the_end(sender):
            until(lambda: {state for state, _ in deliveries(environment)} == {"delivered"})
    heard = [taken.headers["webhook-id"] for taken in receiver.taken]
    assert (len({*heard}), len(deliveries(environment))) == (FACTS, FACTS)
    assert heard.count(killed_over) == 2
    assert all(is_signed(taken, secret) for taken in receiver.taken)


def deliveries(environment) -> list[list[object]]:
    """State and attempts of each."""
    return acting(environment, "deliveries")
