"""Uploaded clips as what edits and extensions start from."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from generation import dispatch, services
from generation.models import Job
from generation.states import JobState, Task
from generation.wanted import Wanted, check_form
from sora_social import storage
from sora_social.audit import AuditRecord
from tests.generation.making import stored
from tests.generation.openai.making import refused
from tests.generation.openai.test_others import picture
from tests.ground.test_uploads import film
from tests.people import signed_in

pytestmark = pytest.mark.django_db
EDITS, EXTENSIONS = "/v1/videos/edits", "/v1/videos/extensions"


@pytest.fixture
def clip(tmp_path):
    """The bytes of a clip, by what `film` takes; usually 3.4 s, wide."""

    def clip(**how):
        how = {"frames": 27, "rate": 8, "size": (320, 180)} | how
        return film(tmp_path / "clip.mp4", **how).read_bytes()

    return clip


def sent(client, path, content, **fields):
    upload = SimpleUploadedFile("upload", content, "application/octet-stream")
    body = {"prompt": "a blue ball", "video": upload} | fields
    return client.post(path, body, format="multipart")


def test_an_edit_has_the_nearest_size_and_the_whole_seconds_of_the_clip(client, clip):
    video = sent(client, EDITS, clip()).json()
    assert (video["size"], video["seconds"], video["model"]) == ("1280x720", "3", "sora-2")
    assert video["remixed_from_video_id"] is None
    job = Job.objects.get()
    assert (job.task, job.seconds) == (Task.RESTYLE, 3.0)
    assert job.delivery == {"width": 1280, "height": 720, "seconds": 3.0}
    assert storage.fetch(job.clip)[4:8] == b"ftyp"


def test_an_extension_is_the_clip_and_what_is_new(client, clip):
    video = sent(client, EXTENSIONS, clip(), seconds="8", model="sora-2-pro").json()
    assert (video["seconds"], video["model"]) == ("11", "sora-2-pro")
    job = Job.objects.get()
    assert (job.task, job.tier) == (Task.EXTEND, "high")
    assert job.seconds == pytest.approx(11 - 27 / 8, abs=0.01)


def test_a_clip_can_be_a_file_uploaded_before(client, clip):
    upload = SimpleUploadedFile("mine.mov", clip(size=(180, 320)))
    kept = client.post("/v1/files", {"file": upload, "purpose": "user_data"}, format="multipart")
    file = kept.json()
    content = client.get(f"/v1/files/{file['id']}/content")
    assert content.headers["content-type"] == "video/mp4"
    assert len(b"".join(content.streaming_content)) == file["bytes"]
    asked = {"prompt": "a blue ball", "video": {"id": file["id"]}}
    video = client.post(EDITS, asked, format="json").json()
    assert (video["size"], video["seconds"]) == ("720x1280", "3")


def test_somebody_elses_file_is_not_found(client, other, clip):
    upload = SimpleUploadedFile("mine.mp4", clip())
    theirs = other.post("/v1/files", {"file": upload, "purpose": "user_data"}, format="multipart")
    asked = {"prompt": "a blue ball", "video": {"id": theirs.json()["id"]}}
    assert refused(client.post(EDITS, asked, format="json")) == (400, "not_found", "video.id")


@pytest.mark.parametrize("path", [EDITS, EXTENSIONS])
def test_what_is_no_clip_is_refused(client, path):
    answer = sent(client, path, picture(), seconds="4")
    assert refused(answer) == (400, "invalid_value", "video")
    assert Job.objects.count() == 0


@pytest.mark.parametrize("frames", [4, 61 * 8])
def test_too_short_and_too_long_clips_are_refused(client, clip, frames):
    answer = sent(client, EDITS, clip(frames=frames, sound=False))
    assert refused(answer) == (400, "invalid_value", "video")


def test_whoever_attests_is_kept(client, clip):
    sent(client, EDITS, clip(), attested="true")
    kept = AuditRecord.objects.get(kind="pictures.attested")
    assert [*kept.body["pictures"]] == ["clip"]
    assert Job.objects.get().attested


def test_the_clip_goes_with_what_was_made_of_it(client, clip, files):
    video = sent(client, EDITS, clip()).json()
    job = Job.objects.get()
    token = dispatch.claim(job.pk)
    assert dispatch.finish(job.pk, token, stored(job.pk, token)) == JobState.DONE
    services.discard(job.outputs.get())
    job.refresh_from_db()
    assert (job.clip, video["id"]) == ("", f"video_{job.pk.hex}")


def test_one_key_takes_one_clip_in(client, clip):
    content = clip()
    first, second = (
        client.post(
            EDITS,
            {"prompt": "a ball", "video": SimpleUploadedFile("clip", content)},
            format="multipart",
            headers={"idempotency-key": "the-clip"},
        ).json()
        for _ in range(2)
    )
    assert first == second
    assert Job.objects.count() == 1


def test_the_app_takes_a_clip_in_place_of_a_draft(author, clip):
    upload = SimpleUploadedFile("clip", clip())
    wish = {"prompt": "a ball", "task": "restyle", "clip": upload, "seconds": "3"}
    phone = signed_in(author)
    answer = phone.post(
        "/api/v1/jobs/", wish, format="multipart", headers={"idempotency-key": "mine"}
    )
    assert answer.status_code == 201, answer.content
    assert Job.objects.get().clip


@pytest.mark.parametrize("task", ["", Task.STITCH, Task.INPAINT])
def test_a_clip_goes_with_some_tasks_only(tmp_path, task):
    with pytest.raises(Exception, match="wish_refused"):
        check_form(Wanted(prompt="a ball", task=task, clip=tmp_path / "clip.mp4"))
