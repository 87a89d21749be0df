"""The contract of `/v1/videos`, over HTTP."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from cameos.services import revoke_leave
from cameos.states import Audience, Surface, bits
from generation.models import CameoUse, Job, Output, WireVideo
from generation.states import JobState
from tests.cameos.making import active_cameo
from tests.generation.openai.making import asked, job_of, made, refused
from tests.people import person, signed_in, with_key
from tests.racing import race

pytestmark = pytest.mark.django_db
KEYS = {
    *("id", "object", "model", "status", "progress", "created_at", "completed_at", "expires_at"),
    *("prompt", "size", "seconds", "remixed_from_video_id", "error"),
}
OURS = {"audience", "post_id", "post_error"}


def test_a_video_is_queued_with_every_key_of_the_contract(client):
    video = asked(client)
    assert set(video) == KEYS | OURS
    assert video["status"] == "queued"
    assert video["progress"] == 0
    assert (video["size"], video["seconds"], video["model"]) == ("720x1280", "4", "sora-2")
    assert video["completed_at"] is None
    assert video["error"] is None


def test_a_form_says_the_same_as_json(client):
    sent = {"prompt": "a red ball", "seconds": "8", "size": "1280x720", "model": "sora-2-pro"}
    form, json = client.post("/v1/videos", sent, format="multipart"), asked(client, **sent)
    same = KEYS - {"id", "created_at"}
    assert {key: form.json()[key] for key in same} == {key: json[key] for key in same}


def test_what_is_asked_for_becomes_the_delivery_of_the_job(client):
    job = job_of(asked(client, size="1792x1024", seconds="12"))
    assert job.delivery == {"width": 1792, "height": 1024, "seconds": 12.0}
    assert (job.width, job.height, job.seconds) == (288, 160, 12.0)
    assert (job.surfaces, job.tier) == (bits([Surface.API], Surface), "standard")


def test_more_seconds_cost_more(client):
    assert [job_of(asked(client, seconds=s)).cost for s in ("4", "8", "20")] == [2, 4, 8]


def test_a_finished_video_is_completed(client):
    video = made(client)
    assert (video["status"], video["progress"], video["error"]) == ("completed", 100, None)
    assert video["completed_at"] >= video["created_at"]


def test_an_unfinished_video_says_when_to_ask_again(client, settings):
    settings.POLL_AFTER_MS = 1234
    video = asked(client)
    path = f"/v1/videos/{video['id']}"
    assert client.get(path).headers["openai-poll-after-ms"] == "1234"
    made_path = f"/v1/videos/{made(client)['id']}"
    assert "openai-poll-after-ms" not in client.get(made_path).headers


@pytest.mark.parametrize(
    ("state", "reason", "code"),
    [
        (JobState.BLOCKED, "minors", "moderation_blocked"),
        (JobState.FAILED, "deadline", "generation_failed"),
        (JobState.CANCELLED, "author", "cancelled"),
        (JobState.CANCELLED, "consent", "consent_required"),
    ],
)
def test_a_failure_is_said_in_band(client, state, reason, code):
    video = asked(client)
    Job.objects.filter(pk=job_of(video).pk).update(state=state, reason=reason)
    found = client.get(f"/v1/videos/{video['id']}").json()
    assert (found["status"], found["error"]["code"]) == ("failed", code)


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("prompt", None, "missing_required_parameter"),
        ("prompt", "  ", "empty_string"),
        ("prompt", 7, "invalid_type"),
        ("prompt", "x" * 32_001, "string_above_max_length"),
        ("prompt", "a\x00b", "invalid_value"),
        ("seconds", 4, "invalid_type"),
        ("seconds", "5", "invalid_value"),
        ("size", "640x480", "invalid_value"),
        ("model", "gpt-4o", "model_not_found"),
        ("input_reference", "bytes", "invalid_type"),
        ("input_reference", {}, "invalid_value"),
        ("input_reference", {"image_url": "x", "file_id": "y"}, "invalid_value"),
        ("characters", "char", "invalid_type"),
        ("characters", [{"id": 3}], "invalid_type"),
        ("characters", [{"id": "a"}] * 3, "array_above_max_length"),
        ("characters", [{"id": "char_" + "0" * 32}], "not_found"),
        ("seed", 2**40, "integer_above_max_value"),
        ("seed", -1, "integer_below_min_value"),
        ("loop", "yes", "invalid_type"),
        ("tier", "best", "invalid_value"),
        ("style", "nothing", "invalid_value"),
    ],
)
def test_a_bad_field_is_refused_by_name(client, field, value, code):
    answer = client.post("/v1/videos", {"prompt": "a ball"} | {field: value}, format="json")
    status, said, param = refused(answer)
    assert (status, said) == (400, code)
    assert param is None or param.split(".")[0].split("[")[0] == field


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("https://example.org/a.png", "invalid_value"),
        ("http://169.254.169.254/latest", "invalid_value"),
        ("file:///etc/passwd", "invalid_value"),
        ("data:image/png;base64,%%%", "invalid_value"),
        ("data:image/png;base64,QUJD", "invalid_value"),
    ],
)
def test_a_picture_is_fetched_from_nowhere(client, url, code):
    sent = {"prompt": "a ball", "input_reference": {"image_url": url}}
    assert refused(client.post("/v1/videos", sent, format="json"))[:2] == (400, code)


def test_a_long_prompt_is_taken_as_it_is(client):
    prompt = "a ball and " * 2900
    assert asked(client, prompt=prompt)["prompt"] == prompt


def test_a_body_that_is_no_json_is_refused(client):
    for body in ("{", "[]", "\ud800".encode("utf-8", "surrogatepass"), '"x"', "[" * 100_000):
        answer = client.post("/v1/videos", body, content_type="application/json")
        assert refused(answer)[0] == 400


def test_a_part_without_a_name_is_text_and_refused(client):
    body = (
        b'--b\r\nContent-Disposition: form-data; name="prompt"\r\n\r\na ball\r\n'
        b'--b\r\nContent-Disposition: form-data; name="input_reference"\r\n\r\n\x89PNG\r\n--b--\r\n'
    )
    answer = client.post("/v1/videos", body, content_type="multipart/form-data; boundary=b")
    assert refused(answer) == (400, "invalid_type", "input_reference")


def test_an_upload_that_is_no_picture_is_refused(client):
    sent = {"prompt": "a ball", "input_reference": SimpleUploadedFile("upload", b"MZ" * 100)}
    answer = client.post("/v1/videos", sent, format="multipart")
    assert refused(answer) == (400, "invalid_value", "input_reference")


def test_without_a_key_or_with_a_wrong_one_nobody_comes_in(client):
    client.credentials()
    assert refused(client.get("/v1/videos")) == (401, "invalid_api_key", None)
    client.credentials(HTTP_AUTHORIZATION="Bearer vat_wrong")
    assert refused(client.get("/v1/videos")) == (401, "invalid_api_key", None)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("get", "/v1/nothing", 404),
        ("get", "/v1/videos/", 404),
        ("get", "/v1/videos/video_7", 404),
        ("get", "/v1/videos/..%2Fx%20y", 404),
        ("get", "/v1/videos/video_" + "0" * 32, 404),
        ("put", "/v1/videos", 405),
        ("trace", "/v1/videos", 405),
    ],
)
def test_every_error_has_the_four_keys(client, method, path, status):
    assert refused(client.generic(method.upper(), path))[0] == status


def test_whatever_a_client_accepts_it_is_answered(client):
    answer = client.get("/v1/videos", headers={"accept": "application/binary"})
    assert answer.status_code == 200
    assert answer.json()["object"] == "list"


def test_one_key_is_one_video(client):
    sent = {"prompt": "a ball"}
    first, second = (
        client.post("/v1/videos", sent, format="json", headers={"idempotency-key": "k"})
        for _ in range(2)
    )
    assert first.json()["id"] == second.json()["id"]
    assert Job.objects.count() == 1


def test_without_credits_the_quota_is_named(client, settings):
    settings.FREE_DAILY_CREDITS = 1
    answer = client.post("/v1/videos", {"prompt": "a ball"}, format="json")
    assert refused(answer)[:2] == (429, "insufficient_quota")


def test_too_many_at_once_is_a_rate(client, settings):
    settings.JOBS_AT_ONCE = 1
    asked(client)
    answer = client.post("/v1/videos", {"prompt": "a ball"}, format="json")
    assert refused(answer)[:2] == (429, "rate_limit_exceeded")


# --- lists ---


def test_pages_follow_each_other_in_both_orders(client):
    ids = [asked(client)["id"] for _ in range(3)]
    first = client.get("/v1/videos?limit=2").json()
    assert [video["id"] for video in first["data"]] == [ids[2], ids[1]]
    assert (first["first_id"], first["last_id"], first["has_more"]) == (ids[2], ids[1], True)
    last = client.get(f"/v1/videos?limit=2&after={first['last_id']}").json()
    assert ([video["id"] for video in last["data"]], last["has_more"]) == ([ids[0]], False)
    up = client.get(f"/v1/videos?order=asc&after={ids[0]}").json()
    assert [video["id"] for video in up["data"]] == ids[1:]


def test_an_empty_page_has_no_ends(client):
    page = client.get("/v1/videos?limit=0").json()
    assert page == {
        "object": "list", "data": [], "first_id": None, "last_id": None, "has_more": False
    }  # fmt: skip


@pytest.mark.parametrize("asks", ["limit=101", "limit=x", "order=up", "after=video_1", "limit=-1"])
def test_a_page_that_cannot_be_is_refused(client, asks):
    assert refused(client.get(f"/v1/videos?{asks}"))[0] == 400


def test_the_cursor_of_another_person_is_refused(client, other):
    theirs = asked(other)["id"]
    assert refused(client.get(f"/v1/videos?after={theirs}")) == (400, "invalid_value", "after")


def test_a_list_asks_as_often_for_many_as_for_few(client, django_assert_num_queries, settings):
    settings.FREE_DAILY_CREDITS, settings.JOBS_AT_ONCE = 1000, 1000
    made(client)
    with django_assert_num_queries(2):
        client.get("/v1/videos")
    for _ in range(4):
        made(client)
    with django_assert_num_queries(2):
        client.get("/v1/videos")


def test_what_is_anothers_does_not_exist(client, other):
    video = made(other)
    for path in ("", "/content"):
        assert refused(client.get(f"/v1/videos/{video['id']}{path}"))[0] == 404
    assert refused(client.delete(f"/v1/videos/{video['id']}"))[0] == 404
    sent = {"prompt": "a dog", "video": {"id": video["id"]}}
    answer = client.post("/v1/videos/edits", sent, format="json")
    assert refused(answer) == (400, "not_found", "video")


# --- deleting ---


def test_a_deleted_video_is_gone_with_its_files(client):
    video = made(client)
    path = f"/v1/videos/{video['id']}"
    answer = client.delete(path, content_type="application/json")
    assert answer.json() == {"id": video["id"], "object": "video.deleted", "deleted": True}
    assert [refused(client.get(at))[0] for at in (path, f"{path}/content")] == [404, 404]
    assert not Output.objects.exists()
    assert Job.objects.count() == 1
    assert refused(client.delete(path))[0] == 404


def test_a_video_under_way_is_not_deleted(client):
    video = asked(client)
    answer = client.delete(f"/v1/videos/{video['id']}")
    assert refused(answer)[:2] == (400, "video_not_ended")


@pytest.mark.django_db(transaction=True)
def test_of_two_deletes_at_once_one_finds_nothing(client, author):
    path, found = f"/v1/videos/{made(client)['id']}", []
    race(lambda one: found.append(one.delete(path).status_code), [client, with_key(author)])
    assert sorted(found) == [200, 404]


# --- making something of a video ---


def test_a_remix_is_the_same_drawn_anew(client):
    video = made(client, seconds="8", size="1280x720")
    remix = client.post(f"/v1/videos/{video['id']}/remix", {"prompt": "in snow"}, format="json")
    found = remix.json()
    assert found["remixed_from_video_id"] == video["id"]
    assert (found["size"], found["seconds"]) == ("1280x720", "8")
    job = job_of(found)
    assert (job.task, job.seconds, job.sources.count()) == ("restyle", 8.0, 1)


@pytest.mark.parametrize("format", ["json", "multipart"])
def test_an_edit_names_its_video_in_the_body(client, format):
    video = made(client)
    named = {"json": {"video": {"id": video["id"]}}, "multipart": {"video[id]": video["id"]}}
    sent = {"prompt": "in snow", **named[format]}
    found = client.post("/v1/videos/edits", sent, format=format).json()
    assert found["remixed_from_video_id"] == video["id"]


def test_an_extension_has_the_seconds_of_both(client):
    video = made(client)
    sent = {"prompt": "and on", "seconds": "8", "video": {"id": video["id"]}}
    found = client.post("/v1/videos/extensions", sent, format="json").json()
    assert found["seconds"] == "12"
    job = job_of(found)
    assert (job.task, job.seconds, job.delivery["seconds"], job.cost) == ("extend", 8.0, 12.0, 4)


def test_a_video_is_extended_six_times_at_most(client):
    video = made(client)
    WireVideo.objects.update(extensions=6)
    sent = {"prompt": "and on", "seconds": "4", "video": {"id": video["id"]}}
    answer = client.post("/v1/videos/extensions", sent, format="json")
    assert refused(answer) == (400, "invalid_value", "video")


def test_a_video_is_extended_to_a_minute_at_most(client):
    video = made(client)
    WireVideo.objects.update(seconds="48")
    sent = {"prompt": "and on", "seconds": "16", "video": {"id": video["id"]}}
    answer = client.post("/v1/videos/extensions", sent, format="json")
    assert refused(answer) == (400, "invalid_value", "seconds")
    assert "60 seconds" in answer.json()["error"]["message"]
    found = client.post("/v1/videos/extensions", sent | {"seconds": "12"}, format="json")
    assert found.json()["seconds"] == "60"


@pytest.mark.parametrize(
    ("video", "code", "param"),
    [
        (None, "missing_required_parameter", "video"),
        ({}, "missing_required_parameter", "video.id"),
        ("video_x", "invalid_type", "video"),
        ({"id": "video_x"}, "not_found", "video"),
    ],
)
def test_an_edit_of_no_video_is_refused(client, video, code, param):
    answer = client.post("/v1/videos/edits", {"prompt": "a", "video": video}, format="json")
    assert refused(answer) == (400, code, param)


def test_a_part_that_is_nested_too_deeply_is_text_and_refused(client):
    sent = {"prompt": "a", "video": "[" * 100_000}
    answer = client.post("/v1/videos/edits", sent, format="multipart")
    assert refused(answer) == (400, "invalid_type", "video")


def test_what_is_not_made_yet_cannot_be_remixed(client):
    video = asked(client)
    answer = client.post(f"/v1/videos/{video['id']}/remix", {"prompt": "a"}, format="json")
    assert refused(answer) == (400, "video_not_ready", "video")


# --- people in it ---


def lent(**terms):
    return active_cameo(person("ada"), Audience.EVERYONE, **terms)


def test_a_cameo_that_is_lent_here_takes_part(client, author):
    cameo = lent()
    video = asked(client, prompt="somebody dances", cameos=[f"cameo_{cameo.pk.hex}"])
    assert CameoUse.objects.get(job=job_of(video)).cameo == cameo
    assert video["prompt"] == "somebody dances"


def test_a_cameo_that_is_not_lent_here_is_refused_by_its_rule(client, author):
    lent(surfaces=bits([Surface.PUBLIC], Surface))
    answer = client.post("/v1/videos", {"prompt": "@ada dances"}, format="json")
    assert refused(answer)[:2] == (403, "consent_required")
    assert "surface" in answer.json()["error"]["message"]
    app = signed_in(author).post(
        "/api/v1/jobs/", {"prompt": "@ada dances"}, format="json",
        headers={"idempotency-key": "in-the-app"},
    )  # fmt: skip
    assert app.status_code == 201


def test_leave_for_this_surface_is_asked_again_before_it_is_made(client):
    cameo = lent()
    job = job_of(asked(client, prompt="@ada dances"))
    type(cameo).objects.filter(pk=cameo.pk).update(surfaces=bits([Surface.PUBLIC], Surface))
    assert not Job.objects.may_go_on().filter(pk=job.pk).exists()


def test_revoked_consent_shuts_the_video_at_once_and_says_so(client, author):
    lent()
    video = made(client, prompt="@ada dances")
    path = f"/v1/videos/{video['id']}"
    assert client.get(f"{path}/content").status_code == 200
    use = CameoUse.objects.get(job=job_of(video))
    revoke_leave(use.consent, use.cameo.owner)
    found = client.get(path).json()
    assert (found["status"], found["error"]["code"]) == ("failed", "consent_required")
    assert refused(client.get(f"{path}/content"))[:2] == (404, "consent_required")
    answer = client.post(f"{path}/remix", {"prompt": "in snow"}, format="json")
    assert refused(answer)[1] == "consent_required"


def test_a_video_that_a_moderator_has_to_see_is_not_served(client):
    video = made(client)
    Output.objects.update(held_at=job_of(video).made_at)
    path = f"/v1/videos/{video['id']}"
    assert client.get(path).json()["error"]["code"] == "held_for_review"
    assert refused(client.get(f"{path}/content"))[:2] == (404, "held_for_review")
