"""The main job as `make demo` tells it: three phones, the real server, the real model."""

import secrets

import pytest

from demo import server
from demo.sheet import frames_of
from demo.story import Story
from demo.telling import Teller


@pytest.mark.slow
def test_the_main_job_end_to_end(tmp_path):
    data, port = tmp_path / "data", server.free_port()
    with server.running(data, port):
        invites = server.manage(data, "invite", "--count", "3").split()
        story = Story(
            f"http://127.0.0.1:{port}", tmp_path, invites, secrets.token_urlsafe(12), Teller()
        )
        story.tell()  # raises when a step of the story does not come true
    authors = ["@demo2", "@demo", "@demo2", "@demo", "@demo", "@demo3"]
    assert [made.title for made in story.made] == authors
    assert all(len(frames_of(made.video)) == 6 for made in story.made)
    assert "Traceback" not in (data / "server.log").read_text()
