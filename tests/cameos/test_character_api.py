"""Characters over HTTP, on the console, and the whole way with a real worker."""

from __future__ import annotations

import io
import time

import pytest
from celery.contrib.testing.worker import start_worker
from django.test import Client

from cameos import services
from cameos.models import Character
from cameos.states import CharacterAudience
from generation.models import Output
from generation.tasks import run_job
from sora_social.celery import app
from sora_social.moderation import desk
from sora_social.moderation.models import CaseKind, Subject
from sora_social.moderation.services import open_case, report
from sora_social.notifications.models import Notice
from tests.cameos.characters import face_clip, making, pet_clip, ready
from tests.people import at_console, make_mutual, moderator, person, signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("pack")]
PATIENCE = 240  # seconds
URL = "/api/v1/characters/"


def send(client, clip: bytes, **more: str):
    told = {"handle": "rex", "kind": "pet", "instructions": "a grey dog"} | more
    return client.post(URL, told | {"clip": io.BytesIO(clip)}, format="multipart")


def handles(answer) -> list[str]:
    return [item["handle"] for item in answer.data["items"]]


def test_a_clip_over_http_becomes_a_character_of_its_own_id(tmp_path):
    phone = signed_in(person())
    made = send(phone, pet_clip(tmp_path).read_bytes())
    assert (made.status_code, made.data["state"], made.data["audience"]) == (
        202,
        "making",
        "private",
    )
    one = phone.get(f"{URL}{made.data['id']}/").data
    assert (one["handle"], one["instructions"], one["pictures"]) == ("rex", "a grey dog", [])


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"handle": "No Such"}, "handle"),
        ({"kind": "human"}, "kind"),
        ({"audience": "approved"}, "audience"),
        ({"instructions": "x" * 501}, "instructions"),
        ({"display_name": "a\x07b"}, "display_name"),
    ],
)
def test_what_is_wrong_is_said_by_its_field(more, field):
    refused = send(signed_in(person()), b"no clip", **more)
    assert (refused.status_code, list(refused.data["fields"])) == (400, [field])


def test_a_clip_of_another_length_is_refused_by_its_field(tmp_path):
    refused = send(signed_in(person()), pet_clip(tmp_path, 1.0).read_bytes())
    assert (refused.status_code, refused.data["code"], refused.data["facts"]["rule"]) == (
        400,
        "upload_refused",
        "too_short",
    )
    assert list(refused.data["fields"]) == ["clip"]


def test_lists_hold_ones_own_and_what_one_may_use_by_the_beginning_of_a_handle():
    owner, friend = person(), person()
    make_mutual(owner, friend)
    making(owner, "rex_new")
    for handle, audience in (("rex_all", "everyone"), ("rex_mine", "private"), ("tom", "mutuals")):
        ready(owner, handle, audience)
    mine, theirs = signed_in(owner), signed_in(friend)
    assert handles(mine.get(URL)) == ["tom", "rex_mine", "rex_all", "rex_new"]
    assert handles(theirs.get(URL)) == []
    assert handles(mine.get(f"{URL}usable/?q=@Rex_")) == ["rex_mine", "rex_all"]
    assert handles(theirs.get(f"{URL}usable/")) == ["tom", "rex_all"]
    assert handles(theirs.get(f"{URL}usable/?q=t")) == ["tom"]


def test_lists_ask_the_same_number_of_times_whatever_their_length(django_assert_num_queries):
    owner = person()
    for _ in range(4):
        ready(owner)
    phone = signed_in(owner)
    for path in (URL, f"{URL}usable/"):
        with django_assert_num_queries(3):  # the token, the list, its pictures
            assert len(phone.get(path).data["items"]) == 4


def test_an_owner_changes_pauses_resumes_and_removes_it_and_nobody_else_does():
    one = ready(person(), "rex", CharacterAudience.PRIVATE)
    mine, stranger, where = signed_in(one.owner), signed_in(person()), f"{URL}{one.pk}/"
    changed = mine.patch(where, {"audience": "everyone", "display_name": "Rex"}, format="json")
    assert (changed.data["audience"], changed.data["display_name"]) == ("everyone", "Rex")
    steps = [("post", where + "pause/"), ("post", where + "resumption/"), ("delete", where)]
    for method, path in [("get", where), ("patch", where), *steps]:
        assert getattr(stranger, method)(path).status_code == 404
    assert [getattr(mine, method)(path).status_code for method, path in steps] == [200, 200, 204]
    assert mine.get(where).status_code == 404


def test_its_pictures_are_shown_to_those_who_may_use_it():
    one = ready(person(), "rex")
    mine, stranger = signed_in(one.owner), signed_in(person())
    [first, _] = stranger.get(f"{URL}usable/").data["items"][0]["pictures"]
    assert (stranger.get(first).status_code, mine.get(first)["Cache-Control"]) == (
        200,
        "private, no-store",
    )
    services.change_character(one, audience=CharacterAudience.PRIVATE)
    assert (stranger.get(first).status_code, mine.get(first).status_code) == (404, 200)


def test_moderators_see_what_is_reported():
    one, judge = ready(person(), "rex", instructions="a grey dog"), moderator()
    case = report(person(), Subject.CHARACTER, str(one.pk), "spam")
    [exhibit] = desk.exhibits(case)
    assert (exhibit.title, len(exhibit.pictures)) == ("@rex", 2)
    assert ("Instructions", "a grey dog") in exhibit.lines
    assert desk.exhibits(open_case(Subject.CHARACTER, "none", CaseKind.REPORT)) == []
    assert Client().get(exhibit.pictures[0].url).status_code == 302
    console = at_console(judge)
    assert console.get(exhibit.pictures[0].url)["Content-Type"] == "image/webp"
    assert console.get("/admin/cameos/character/").status_code == 200
    assert console.get(f"/admin/cameos/character/{one.pk}/change/").status_code == 200


# --- the whole way ---


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_from_clips_to_a_video_with_a_character_and_a_refusal_of_a_face(tmp_path, settings):
    settings.LEASE_S = 60  # of a job's first render, with the model still to load
    owner = person()
    phone = signed_in(owner)
    with start_worker(app, pool="solo", perform_ping_check=False, shutdown_timeout=60):
        pet = send(phone, pet_clip(tmp_path).read_bytes())
        face = send(phone, face_clip(tmp_path).read_bytes(), handle="my_face", kind="drawn")
        assert (pet.status_code, face.status_code) == (202, 202)
        deadline = time.monotonic() + PATIENCE
        while Character.objects.waiting().exists() and time.monotonic() < deadline:
            time.sleep(0.1)  # between looks at the rows, which are the truth
    found = Character.objects.order_by("pk").values_list("state", "reasons")
    assert list(found) == [("ready", []), ("refused", ["human_face"])]

    wish = {"prompt": "@rex on a beach", "tier": "preview", "seconds": 1.0}
    queued = phone.post("/api/v1/jobs/", wish, format="json", HTTP_IDEMPOTENCY_KEY="a-key")
    assert (queued.status_code, queued.data["characters"]) == (201, [{"handle": "rex"}])
    run_job(queued.data["id"])
    job = phone.get(f"/api/v1/jobs/{queued.data['id']}/").data
    assert (job["state"], job["reason"]) == ("done", "")
    made = Output.objects.get(pk=job["draft"])
    picture = Character.objects.get(handle="rex").pictures.first()
    assert made.recipe["inputs"]["references"] == [picture.sha256]
    assert phone.get(f"/api/v1/drafts/{made.pk}/").data["characters"] == [{"handle": "rex"}]
    kinds = Notice.objects.filter(user=owner).values_list("kind", flat=True)
    assert sorted(kinds) == ["character_ready", "character_refused", "job_ended"]
