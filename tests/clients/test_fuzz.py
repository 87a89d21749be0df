"""Schemathesis on the documents that we publish, and on the contract that clients know.

A share of the cases that it derives is asked, the same one each time; FUZZ=whole asks all of them.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

from generation import dispatch
from generation.models import Job
from generation.states import JobState
from sora_social.users import keys
from sora_social.users.models import User
from sora_social.users.tokens import issue
from tests.generation.making import drawn_media, stored
from tests.people import person

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
V1, API = ROOT / "sora_social" / "openapi_v1.yml", ROOT / "sora_social" / "openapi.yml"
CONTRACT = HERE / "contract.yml"
UNBELIEVED = "positive_data_acceptance,negative_data_rejection"  # judging.py asks for better ones
SHARES = {V1: 3, CONTRACT: 1, API: 6}  # every so many-th of the cases of each call
BRANCH = "^me_delete$|^me_devices.*_delete$"  # on which the caller sits
ELSEWHERE = "^testWebhookEndpoint$"  # sends to strangers

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.slow,
    pytest.mark.xdist_group("fuzz"),
]


@contextmanager
def stub_renderer() -> Iterator[None]:
    """Whatever is queued is done soon, with drawn files."""
    ended = threading.Event()

    def work() -> None:
        while not ended.wait(0.05):
            for pk in Job.objects.filter(state=JobState.QUEUED).values_list("pk", flat=True):
                if token := dispatch.claim(pk):
                    dispatch.finish(pk, token, stored(pk, token))
        connection.close()

    drawn_media("clip")
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    try:
        yield
        assert thread.is_alive(), "the renderer failed"
    finally:
        ended.set()
        thread.join()


def fuzz(document: Path, url: str, token: str, *options: str) -> None:
    """Whatever Schemathesis comes upon in a document, answered as it should be."""
    share = 1 if os.environ.get("FUZZ") == "whole" else SHARES[document]
    hooks = {"SCHEMATHESIS_HOOKS": "tests.clients.judging", "FUZZ_SHARE": str(share)}
    done = subprocess.run(
        [
            str(Path(sys.executable).with_name("schemathesis")),
            "--config-file", str(HERE / "steady.toml"), "run", str(document),
            "--url", url, "--header", f"Authorization: Bearer {token}", "--no-color",
            "--exclude-checks", UNBELIEVED, "--exclude-operation-id-regex", f"{BRANCH}|{ELSEWHERE}",
            "--continue-on-failure", "--generation-deterministic", *options,
        ],
        cwd=settings.DATA,
        env=os.environ | hooks | {"PYTHONPATH": str(ROOT)},
        capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, (done.stdout + done.stderr)[-12_000:]


@pytest.fixture
def key(settings):
    """Of somebody who can pay for what a fuzzer wishes; the caps on what waits stay."""
    settings.FREE_DAILY_CREDITS = 1_000_000
    with stub_renderer():
        yield keys.make(person("fuzzer"), scopes=keys.ALL_SCOPES)[1]


@pytest.mark.parametrize("document", [V1, CONTRACT], ids=["ours", "theirs"])
def test_videos(document, live_server, key):
    fuzz(document, f"{live_server.url}/v1", key, "--max-examples", "5")


@pytest.mark.long
def test_api(live_server, key):
    token = issue(User.objects.get(handle="fuzzer"), "")[1]
    fuzz(API, live_server.url, token, "--max-examples", "3")
