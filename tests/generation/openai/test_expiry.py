"""What is asked to stay for a while goes when that is over: files, and the files of videos."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils.timezone import now

from generation.models import Output, WireFile, WireVideo
from generation.openai import expiry
from tests.generation.openai.batching import line, uploaded
from tests.generation.openai.making import asked, job_of, made, refused

pytestmark = pytest.mark.django_db(transaction=True)
AN_HOUR = {"anchor": "created_at", "seconds": 3600}


def over(rows):
    rows.update(expires_at=now() - timedelta(seconds=1))


def test_nothing_goes_by_itself_unless_it_was_asked(client, files):
    video = made(client)
    before = files("renders")
    expiry.sweep()
    assert (video["expires_at"], files("renders")) == (None, before)


def test_a_video_goes_when_its_time_is_over(client, files):
    video = made(client, expires_after=AN_HOUR)
    assert video["expires_at"] - video["created_at"] == pytest.approx(3600, abs=1)
    content = f"/v1/videos/{video['id']}/content"
    expiry.sweep()
    assert client.get(content).status_code == 200
    over(WireVideo.objects)
    assert refused(client.get(content)) == (404, "expired", "video")
    expiry.sweep()
    assert (files(f"renders/{job_of(video).pk}"), Output.objects.count()) == (0, 0)
    found = client.get(f"/v1/videos/{video['id']}").json()
    assert (found["status"], found["error"]) == ("completed", None)
    assert found["expires_at"] < now().timestamp()
    again = client.post(f"/v1/videos/{video['id']}/remix", {"prompt": "a ball"}, format="json")
    assert refused(again) == (404, "expired", "video")
    expiry.sweep()


def test_a_video_that_is_not_done_is_left_alone(client):
    video = asked(client, expires_after=AN_HOUR)
    over(WireVideo.objects)
    expiry.sweep()
    assert client.get(f"/v1/videos/{video['id']}").json()["status"] == "queued"


def test_a_form_says_it_in_brackets(client):
    sent = {"prompt": "a ball", "expires_after[anchor]": "created_at"}
    sent["expires_after[seconds]"] = "7200"
    video = client.post("/v1/videos", sent, format="multipart").json()
    assert video["expires_at"] - video["created_at"] == pytest.approx(7200, abs=1)


@pytest.mark.parametrize(
    ("policy", "param"),
    [
        (3600, "expires_after"),
        ({"anchor": "completed_at", "seconds": 3600}, "expires_after.anchor"),
        ({"anchor": "created_at"}, "expires_after.seconds"),
        ({"anchor": "created_at", "seconds": 3599}, "expires_after.seconds"),
        ({"anchor": "created_at", "seconds": 2_592_001}, "expires_after.seconds"),
    ],
)
def test_a_wrong_policy_is_named(client, policy, param):
    sent = {"prompt": "a ball", "expires_after": policy}
    answer = client.post("/v1/videos", sent, format="json")
    assert refused(answer)[::2] == (400, param)


def test_a_file_goes_when_its_time_is_over(client, files):
    file = uploaded(client, line("one"))
    kept = files("files")
    over(WireFile.objects)
    assert client.get(f"/v1/files/{file}").status_code == 404
    assert client.get("/v1/files").json()["data"] == []
    expiry.sweep()
    assert (files("files"), WireFile.objects.count()) == (kept - 1, 0)
