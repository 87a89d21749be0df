"""Whoever feeds a batch is killed again and again; every line is still queued once, and its end is
told once."""

from __future__ import annotations

import random
import sqlite3
from pathlib import Path

import pytest

from tests.chaos.running import acting, embedded, gone_at_the_end, kill, python, start, until

pytestmark = pytest.mark.slow
LINES, KILLS = 60, 5


def test_every_line_of_a_batch_is_queued_once_whoever_is_killed(tmp_path):
    data, log = tmp_path / "data", tmp_path / "sweep.log"
    environment = embedded(data) | {"BATCH_LEASE_S": "1"}
    python(environment, "manage.py", "migrate", "--verbosity", "0")
    acting(environment, "batch", str(LINES))
    chance = random.Random(7)
    for _ in range(KILLS):
        enough = min(LINES, jobs_in(data) + chance.randint(1, LINES // KILLS))
        sweeper = start(environment, log, "manage", "sweep")
        with gone_at_the_end(sweeper):
            until(lambda enough=enough: jobs_in(data) >= enough)
            kill(sweeper)
    acting(environment, "make_queued")
    sweeper = start(environment, log, "manage", "sweep")
    with gone_at_the_end(sweeper):
        until(lambda: is_over(environment))
    found = acting(environment, "batches")
    assert found == {"state": "completed", "counts": [LINES, LINES, 0], "jobs": LINES, "told": 1}


def jobs_in(data: Path) -> int:
    """How many there are, read beside the server."""
    with sqlite3.connect(f"file:{data / 'sora_social.sqlite3'}?mode=ro", uri=True) as beside:
        return int(beside.execute("select count(*) from generation_job").fetchone()[0])


def is_over(environment: dict[str, str]) -> bool:
    acting(environment, "make_queued")
    return bool(acting(environment, "batches")["state"] == "completed")
