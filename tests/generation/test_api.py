"""Jobs, drafts, credits and uses of one's likeness, over HTTP."""

import json
import uuid
from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from cameos import services as cameos
from generation import dispatch, services
from generation.models import Job, Output
from generation.renditions import SHOWN
from generation.states import JobState
from sora_social import storage
from sora_social.audit import AuditRecord
from sora_social.outbox import OutboxEvent
from tests.cameos.making import active_cameo
from tests.generation.making import done_output, done_outputs, queued_job
from tests.people import person, signed_in

pytestmark = pytest.mark.django_db
PREFIX, NOBODYS = "/api/v1/", str(uuid.UUID(int=7))


class Phone:
    """A signed-in person's way in."""

    def __init__(self, who=None):
        self.person = who or person()
        self.client = signed_in(self.person)

    def get(self, path, **query):
        return self.client.get(PREFIX + path, query)

    def post(self, path, body=None, form="json", **headers):
        return self.client.post(PREFIX + path, body, format=form, headers=headers)

    def delete(self, path):
        return self.client.delete(PREFIX + path)

    def submit(self, prompt="a red ball on a beach", key=None, form="json", **wish):
        headers = {"Idempotency-Key": key or uuid.uuid4().hex}
        return self.post("jobs/", {"prompt": prompt} | wish, form, **headers)


@pytest.fixture
def phone():
    return Phone()


def error(response):
    body = response.json()
    assert set(body) == {"code", "message", "fields", "facts", "request_id"}
    return response.status_code, body["code"], list(body["fields"])


# --- submitting ---


def test_a_wish_becomes_a_job(phone):
    response = phone.submit("a red ball", seed=7)
    job = Job.objects.get()
    assert response.status_code == 201
    assert response.json() == {
        "id": str(job.pk),
        "state": "queued",
        "stage": "",
        "progress": 0.0,
        "prompt": "a red ball",
        "cameos": [],
        "characters": [],
        "width": job.width,
        "height": job.height,
        "seconds": 2.0,
        "seed": 7,
        "task": "",
        "tier": "standard",
        "variants": 1,
        "model": "",
        "style": "",
        "enhance": "template",
        "loop": False,
        "still": False,
        "shots": [],
        "contexts": [],
        "span": None,
        "verdict": None,
        "strength": 0.7,
        "cost": 1,
        "reason": "",
        "made_at": job.made_at.isoformat().replace("+00:00", "Z"),
        "finished_at": None,
        "draft": None,
        "drafts": [],
        "held": False,
        "attested": False,
        "queue_position": 1,
        "eta_seconds": None,
    }


def test_the_same_key_again_is_the_same_job_and_says_so(phone):
    first, again = phone.submit(key="k"), phone.submit(key="k")
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()


def test_a_first_frame_comes_as_multipart(phone):
    picture = BytesIO()
    Image.new("RGB", (120, 80), "teal").save(picture, "JPEG")
    upload = SimpleUploadedFile("x.txt", picture.getvalue(), "text/plain")
    response = phone.submit(form="multipart", first_frame=upload, seconds="1.5")
    assert (response.status_code, response.json()["seconds"]) == (201, 1.5)
    kept = Job.objects.get().first_frame
    assert storage.fetch(kept)[8:12] == b"WEBP"


def test_shots_and_sources_come_as_json_and_as_multipart(phone):
    clips = [str(done_output(phone.person).pk) for _ in range(2)]
    shots = [{"prompt": "a ball", "seconds": 1.0}, {"prompt": "a car", "seconds": 1.5}]
    plain = phone.submit(shots=shots, variants=2).json()
    form = {"shots[0]prompt": "a ball", "shots[0]seconds": 1.0, "shots[1]prompt": "a car"}
    sent = phone.submit(form="multipart", **form, **{"shots[1]seconds": 1.5}).json()
    assert plain["shots"] == sent["shots"] == shots
    assert (plain["seconds"], plain["cost"], sent["cost"]) == (2.5, 2, 1)
    for form in ("json", "multipart"):
        stitch = phone.submit(form=form, task="stitch", sources=clips).json()
        assert [stitch[name] for name in ("task", "cost", "state")] == ["stitch", 1, "queued"]


@pytest.mark.parametrize("prompt", ["雪の中で踊る猫", "un gato en la playa", "🏖️🐈", "рыжий кот"])
def test_a_prompt_may_be_in_any_language(phone, prompt):
    assert phone.submit(prompt).json()["prompt"] == prompt


def test_a_mask_comes_as_multipart_and_has_the_sources_shape(phone):
    source = str(done_output(phone.person).pk)
    for size, status in {(300, 100): 400, (64, 64): 201}.items():
        mask = BytesIO()
        Image.new("L", size, "white").save(mask, "PNG")
        upload = SimpleUploadedFile("mask.png", mask.getvalue(), "image/png")
        answer = phone.submit(form="multipart", task="inpaint", source=source, mask=upload)
        assert answer.status_code == status
    assert Job.objects.get(task="inpaint").mask.startswith("frames/")


def test_another_persons_draft_is_no_source(phone):
    theirs = str(done_output(person()).pk)
    for name, wish in {
        "source": {"task": "extend"},
        "other": {"task": "blend", "source": str(done_output(phone.person).pk)},
        "sources": {"task": "stitch"},
    }.items():
        value = [theirs, theirs] if name == "sources" else theirs
        assert error(phone.submit(**wish, **{name: value})) == (404, "source_not_found", [name])


def test_a_preview_has_a_final(phone):
    preview = done_output(phone.person, tier="preview", **size_of_the_model())
    path, key = f"drafts/{preview.pk}/final/", {"Idempotency-Key": "k"}
    answer = phone.post(path, {"tier": "high"}, **key)
    assert (answer.status_code, answer.json()["tier"], answer.json()["cost"]) == (201, "high", 2)
    assert phone.post(path, {"tier": "high"}, **key).json() == answer.json()
    assert error(phone.post(path, {"tier": "preview"}, **key)) == (400, "invalid", ["tier"])
    draft = done_output(phone.person)
    assert error(phone.post(f"drafts/{draft.pk}/final/", **key)) == (409, "not_a_preview", [])


def size_of_the_model():
    width, height = services.capabilities().sizes[0]
    return {"width": width, "height": height}


def test_styles_have_names_that_a_wish_may_use(phone):
    found = phone.get("styles/").json()
    assert [set(style) for style in found] == [{"name", "title", "description", "still"}] * len(
        found
    )
    assert phone.submit(style=found[0]["name"]).json()["style"] == found[0]["name"]


def test_a_job_of_variants_names_every_draft(phone):
    outputs = done_outputs(phone.person, variants=3, cost=3)
    found = phone.get(f"jobs/{outputs[0].job_id}/").json()
    ids = [str(output.pk) for output in outputs]
    assert (found["draft"], found["drafts"]) == (ids[0], ids)
    listed = phone.get("drafts/").json()["items"]
    assert {(draft["id"], draft["variant"]) for draft in listed} == {
        *zip(ids, range(3), strict=True)
    }


@pytest.mark.parametrize(
    ("wish", "found"),
    [
        ({"prompt": ""}, (400, "invalid", ["prompt"])),
        ({"prompt": "  "}, (400, "invalid", ["prompt"])),
        ({"prompt": None}, (400, "invalid", ["prompt"])),
        ({"prompt": ["a"]}, (400, "invalid", ["prompt"])),
        ({"prompt": {"a": 1}}, (400, "invalid", ["prompt"])),
        ({"prompt": "a" * 100_000}, (400, "invalid", ["prompt"])),
        ({"prompt": "a\x00b"}, (400, "invalid", ["prompt"])),
        ({"prompt": "a\x07b"}, (400, "invalid", ["prompt"])),
        ({"prompt": "@nobody_here"}, (400, "unknown_cameo", ["prompt"])),
        ({"prompt": "@a1a @b2b @c3c @d4d"}, (400, "too_many_cameos", ["prompt"])),
        ({"width": 7, "height": 7}, (400, "unsupported", ["size"])),
        ({"width": 10**30}, (400, "invalid", ["width"])),
        ({"width": "wide"}, (400, "invalid", ["width"])),
        ({"seconds": 599}, (400, "unsupported", ["seconds"])),
        ({"seconds": -1}, (400, "invalid", ["seconds"])),
        ({"seconds": "NaN"}, (400, "invalid", ["seconds"])),
        ({"seconds": "Infinity"}, (400, "invalid", ["seconds"])),
        ({"seed": -1}, (400, "invalid", ["seed"])),
        ({"seed": 2**31}, (400, "invalid", ["seed"])),
        ({"first_frame": "text"}, (400, "invalid", ["first_frame"])),
        ({"prompt": "a" * 30_000}, (400, "invalid", ["prompt"])),
        ({"seconds": 0}, (400, "invalid", ["seconds"])),
        ({"seconds": 3 * 3600}, (400, "invalid", ["seconds"])),
        ({"task": "explode"}, (400, "invalid", ["task"])),
        ({"task": "extend"}, (400, "wish_refused", ["source"])),
        ({"task": "extend", "source": "x"}, (400, "invalid", ["source"])),
        (
            {"task": "extend", "source": NOBODYS},
            (404, "source_not_found", ["source"]),
        ),
        ({"task": "stitch", "sources": []}, (400, "invalid", ["sources"])),
        ({"task": "stitch", "sources": [NOBODYS] * 9}, (400, "invalid", ["sources"])),
        ({"strength": 0.4}, (400, "wish_refused", ["strength"])),
        ({"span": [1]}, (400, "invalid", ["span"])),
        ({"span": [0, 1, 2]}, (400, "invalid", ["span"])),
        ({"span": [0, 1]}, (400, "wish_refused", ["span"])),
        ({"shots": []}, (400, "invalid", ["shots"])),
        ({"shots": [{"prompt": "", "seconds": 1}]}, (400, "invalid", ["shots.0.prompt"])),
        ({"shots": [{"prompt": "x"}]}, (400, "invalid", ["shots.0.seconds"])),
        ({"shots": [{"prompt": "x", "seconds": 500}]}, (400, "unsupported", ["shots"])),
        ({"shots": [{"prompt": "x", "seconds": 1}] * 15}, (400, "unsupported", ["shots"])),
        ({"shots": [{"prompt": "@no_one_x", "seconds": 1}]}, (400, "unknown_cameo", ["prompt"])),
        ({"variants": 5}, (400, "invalid", ["variants"])),
        ({"tier": "best"}, (400, "invalid", ["tier"])),
        ({"style": "no such style"}, (400, "unsupported", ["style"])),
        ({"enhance": "more"}, (400, "invalid", ["enhance"])),
        ({"still": True, "loop": True}, (400, "wish_refused", ["loop"])),
    ],
    ids=lambda case: json.dumps(case)[:40],
)
def test_a_bad_wish_is_refused_naming_the_field(phone, wish, found):
    assert error(phone.submit(**wish)) == found
    assert Job.objects.count() == 0


def test_a_wish_without_key_is_refused(phone):
    found = error(phone.post("jobs/", {"prompt": "x"}))
    assert found == (400, "idempotency_key_missing", [])


def test_a_key_with_another_wish_is_refused(phone):
    phone.submit("a red ball", key="k")
    assert error(phone.submit("a blue ball", key="k")) == (422, "idempotency_key_reused", [])


def test_a_body_that_is_no_json_is_refused(phone):
    response = phone.client.post(
        PREFIX + "jobs/", "{", content_type="application/json", headers={"Idempotency-Key": "k"}
    )
    assert error(response)[0] == 400


def test_a_text_file_is_no_first_frame(phone):
    upload = SimpleUploadedFile("frame.png", b"not a picture", "image/png")
    response = phone.submit(form="multipart", first_frame=upload)
    assert error(response) == (400, "upload_refused", ["first_frame"])


def test_somebody_elses_cameo_without_leave_is_refused(phone):
    cameo = active_cameo(person(), audience="approved")
    response = phone.submit(f"@{cameo.handle} waves")
    assert error(response) == (403, "consent_required", [])
    assert response.json()["facts"] == {"cameo": cameo.handle, "rule": "person"}


def test_no_credits_is_402(phone, settings):
    settings.FREE_DAILY_CREDITS = 0
    response = phone.submit()
    assert error(response) == (402, "not_enough_credits", [])
    assert response.json()["facts"] == {"available": 0, "cost": 1}


def test_too_many_jobs_is_429(phone, settings):
    settings.JOBS_AT_ONCE = 1
    phone.submit()
    assert error(phone.submit()) == (429, "too_many_jobs", [])


def test_nobody_submits_without_signing_in(phone):
    phone.client.credentials()
    assert phone.submit().status_code == 401


# --- jobs ---


def test_jobs_are_listed_newest_first_in_pages(phone):
    made = [phone.submit(f"number {n}").json()["id"] for n in range(3)]
    first = phone.get("jobs/", limit=2).json()
    rest = phone.get("jobs/", limit=2, cursor=first["next"]).json()
    assert [job["id"] for job in first["items"] + rest["items"]] == made[::-1]
    assert rest["next"] is None


def test_jobs_are_found_by_state(phone):
    done_output(phone.person)
    phone.submit()
    assert [job["state"] for job in phone.get("jobs/", state="done").json()["items"]] == ["done"]
    assert error(phone.get("jobs/", state="x")) == (400, "invalid", ["state"])


@pytest.mark.parametrize("path", ["jobs/", "drafts/", "me/likeness-uses/"])
@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"limit": 0}, "limit"),
        ({"limit": -1}, "limit"),
        ({"limit": 10**20}, "limit"),
        ({"limit": "x"}, "limit"),
        ({"cursor": "forged"}, "cursor"),
    ],
)
def test_a_bad_page_is_refused(phone, path, query, field):
    assert error(phone.get(path, **query)) == (400, "invalid", [field])


def test_a_cursor_of_one_list_is_none_of_another(phone):
    for _ in range(2):
        done_output(phone.person)
    cursor = phone.get("jobs/", limit=1).json()["next"]
    assert error(phone.get("drafts/", cursor=cursor)) == (400, "invalid", ["cursor"])


def test_a_running_job_tells_how_far_it_is(phone):
    job = queued_job(phone.person)
    token = dispatch.claim(job.pk)
    dispatch.beat(job.pk, token, stage="render", progress=0.4)
    found = phone.get(f"jobs/{job.pk}/").json()
    assert (found["state"], found["stage"], found["progress"]) == ("running", "render", 0.4)
    assert found["queue_position"] is None


def test_a_done_job_names_its_draft(phone):
    output = done_output(phone.person)
    found = phone.get(f"jobs/{output.job_id}/").json()
    assert (found["state"], found["draft"]) == ("done", str(output.pk))


def test_a_job_is_cancelled_once(phone):
    job = phone.submit().json()["id"]
    first = phone.post(f"jobs/{job}/cancellation/")
    assert (first.status_code, first.json()["state"]) == (200, "cancelled")
    assert error(phone.post(f"jobs/{job}/cancellation/")) == (409, "illegal_move", [])


def test_listing_jobs_takes_the_same_queries_for_many_as_for_few(
    phone, django_assert_max_num_queries
):
    cameo = active_cameo(phone.person)
    for _ in range(12):
        done_output(phone.person, [cameo])
    with django_assert_max_num_queries(8):
        assert len(phone.get("jobs/").json()["items"]) == 12
    with django_assert_max_num_queries(8):
        assert len(phone.get("drafts/").json()["items"]) == 12
    with django_assert_max_num_queries(8):
        assert len(phone.get("me/likeness-uses/").json()["items"]) == 12


# --- drafts ---


def test_a_draft_has_addresses_for_its_files(phone):
    output = done_output(phone.person, prompt="a red ball")
    (found,) = phone.get("drafts/").json()["items"]
    assert (found["id"], found["prompt"]) == (str(output.pk), "a red ball")
    assert set(found["media"]) == set(SHOWN) & set(output.renditions)
    assert phone.get(f"drafts/{output.pk}/").json()["id"] == found["id"]


def test_a_draft_whose_leave_is_gone_is_a_tombstone(phone):
    cameo = active_cameo(person(), audience="everyone")
    output = done_output(phone.person, [cameo])
    cameos.pause(cameo)
    assert phone.get(f"drafts/{output.pk}/").json()["media"] is None


def test_a_deleted_draft_is_gone_with_its_files(phone, django_capture_on_commit_callbacks):
    output = done_output(phone.person)
    with django_capture_on_commit_callbacks(execute=True):
        assert phone.delete(f"drafts/{output.pk}/").status_code == 204
    assert not storage.exists(output.video_key)
    assert error(phone.get(f"drafts/{output.pk}/")) == (404, "not_found", [])
    assert phone.get("me/credits/").json()["spent"] == 1


# --- uses of one's likeness ---


def test_whose_cameo_it_is_sees_and_deletes_drafts_of_others(
    phone, django_capture_on_commit_callbacks
):
    friend = Phone()
    output = done_output(friend.person, [active_cameo(phone.person, audience="everyone")])
    (found,) = phone.get("me/likeness-uses/").json()["items"]
    assert found["author"] == {"handle": friend.person.handle, "display_name": ""}
    assert found["media"]["video"]
    with django_capture_on_commit_callbacks(execute=True):
        assert phone.delete(f"me/likeness-uses/{output.pk}/").status_code == 204
    assert (Output.objects.count(), storage.exists(output.video_key)) == (0, False)
    assert friend.get(f"jobs/{output.job_id}/").json()["draft"] is None
    assert OutboxEvent.objects.filter(kind="likeness_discarded", user_id=friend.person.pk).exists()
    assert AuditRecord.objects.filter(kind="likeness.discarded").count() == 1


def test_a_video_without_ones_likeness_is_nobodys_to_delete(phone):
    output = done_output(person())
    assert error(phone.delete(f"me/likeness-uses/{output.pk}/")) == (404, "not_found", [])
    assert Output.objects.filter(pk=output.pk).exists()


# --- credits and the engine ---


def test_credits_and_their_last_entries(phone):
    output = done_output(phone.person)
    found = phone.get("me/credits/").json()
    entries = [(entry["kind"], entry["amount"], entry["job"]) for entry in found.pop("entries")]
    assert found == {"available": 29, "reserved": 0, "spent": 1, "daily": 30, "lots": []}
    job = str(output.job_id)
    assert entries == [("settle", 1, job), ("reserve", 1, job), ("grant", 30, None)]


def test_the_engine_says_what_it_can(phone):
    able = services.capabilities()
    found = phone.get("engine/").json()
    assert found["sizes"] == [{"width": w, "height": h} for w, h in able.sizes]
    assert found["modes"] == sorted([*able.modes, "stitch"])
    assert (found["max_seconds"], found["fps"]) == (able.max_seconds, able.fps)
    assert {"what": "high", "credits": 2, "seconds": 2.5} in found["prices"]


def test_without_a_model_the_engine_says_so(phone, settings, tmp_path):
    settings.GENERATION_MODEL = tmp_path
    assert error(phone.get("engine/")) == (503, "engine_missing", [])


# --- other people's ---


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("get", "jobs/{job}/"),
        ("post", "jobs/{job}/cancellation/"),
        ("get", "drafts/{output}/"),
        ("delete", "drafts/{output}/"),
        ("post", "drafts/{output}/final/"),
        ("delete", "me/likeness-uses/{output}/"),
    ],
)
def test_what_is_another_persons_does_not_exist(phone, method, path):
    output = done_output(person())
    response = getattr(phone, method)(path.format(job=output.job_id, output=output.pk))
    assert error(response) == (404, "not_found", [])
    assert Job.objects.get(pk=output.job_id).state == JobState.DONE


def test_lists_hold_ones_own_alone(phone):
    done_output(person())
    for path in ("jobs/", "drafts/", "me/likeness-uses/"):
        assert phone.get(path).json() == {"items": [], "next": None}
