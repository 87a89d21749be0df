"""What a wish would cost and when it would be done: said beforehand, and nothing of it is kept."""

import pytest
import time_machine
from django.apps import apps
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.timezone import now

from cameos.models import Consent
from generation import dispatch, lots
from generation.models import Account, Job
from tests.caches import forget
from tests.cameos.making import active_cameo
from tests.generation.making import queued_job
from tests.generation.openai.making import refused
from tests.generation.test_pace import at_work, history
from tests.people import person, signed_in, with_key

pytestmark = pytest.mark.django_db
QUOTE, JOBS, WIRE = "/api/v1/jobs/quote/", "/api/v1/jobs/", "/v1/videos/quote"
WISH = {"prompt": "a red ball"}


@pytest.fixture
def ada():
    forget()
    return person("ada")


@pytest.fixture
def phone(ada):
    return signed_in(ada)


def rows():
    """How many rows every table has."""
    return {model.__name__: model._default_manager.count() for model in apps.get_models()}


def quoted(phone, **wish):
    answer = phone.post(QUOTE, WISH | wish, format="json")
    assert answer.status_code == 200, answer.content
    return answer.json()


def test_it_says_what_the_same_body_then_costs(ada, phone):
    said = quoted(phone, seconds=2, variants=3, tier="high")
    requests = said.pop("requests")
    assert said == {
        "possible": True,
        "cost": 6,
        "available": 30,
        "left": 24,
        "open_jobs": 0,
        "at_most": 5,
        "queue_position": 1,
        "eta_seconds": None,
    }
    assert requests["limit"] == requests["remaining"] + 1
    wish = WISH | {"seconds": 2, "variants": 3, "tier": "high"}
    job = phone.post(JOBS, wish, format="json", headers={"Idempotency-Key": "k"}).json()
    assert (job["cost"], job["queue_position"]) == (said["cost"], said["queue_position"])
    assert Account.objects.get(user=ada).available == said["left"]


def test_nothing_of_it_is_kept_not_even_the_credits_of_the_day(ada, phone, settings):
    friend = person()
    cameo = active_cameo(friend, audience="everyone")
    kept, files = rows(), sorted(settings.DATA.rglob("frames/*"))
    quoted(phone, prompt=f"@{cameo.handle} waves")
    phone.post(QUOTE, WISH, format="json", headers={"Idempotency-Key": "k"})
    assert rows() == kept
    assert not Consent.objects.filter(requester=ada).exists()
    assert not Account.objects.filter(user=ada).exists()
    assert sorted(settings.DATA.rglob("frames/*")) == files


def test_who_waits_already_goes_before_it(phone):
    history(10)
    at_work(began=4)
    for _ in range(2):
        queued_job(person())
    said = quoted(phone, width=288, height=160)
    assert said["queue_position"] == 3


def test_without_credits_it_says_so_and_what_there_is(ada, phone, settings):
    settings.FREE_DAILY_CREDITS = 3
    said = quoted(phone, variants=4)
    assert (said["possible"], said["available"], said["left"]) == (False, 3, None)
    lots.grant(ada, 5, 1)
    said = quoted(phone, variants=4)
    assert (said["possible"], said["available"], said["left"]) == (True, 8, 4)


def test_without_room_it_says_so(ada, phone, settings):
    for _ in range(settings.JOBS_AT_ONCE):
        queued_job(ada)
    said = quoted(phone)
    assert (said["possible"], said["open_jobs"], said["at_most"]) == (False, 5, 5)


@pytest.mark.parametrize(
    ("wish", "status", "code"),
    [
        ({"prompt": ""}, 400, "invalid"),
        ({"task": "extend"}, 400, "wish_refused"),
        ({"width": 7, "height": 7}, 400, "unsupported"),
        ({"source": "018f6e2e-0000-7000-8000-000000000000"}, 404, "source_not_found"),
    ],
)
def test_what_a_job_would_be_refused_for_a_quote_is(phone, wish, status, code):
    answer = phone.post(QUOTE, WISH | wish, format="json")
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_without_leave_there_is_no_quote_and_no_attempt_is_noted(phone):
    cameo = active_cameo(person(), audience="only_me")
    kept = rows()
    answer = phone.post(QUOTE, {"prompt": f"@{cameo.handle} waves"}, format="json")
    assert (answer.status_code, answer.json()["code"]) == (403, "consent_required")
    assert rows() == kept


def test_a_picture_that_is_none_is_refused(phone):
    sent = WISH | {"first_frame": SimpleUploadedFile("a.jpg", b"no picture")}
    answer = phone.post(QUOTE, sent)
    assert (answer.status_code, answer.json()["code"]) == (400, "upload_refused")


def test_nobody_is_told_without_signing_in(client):
    assert client.post(QUOTE, WISH, "application/json").status_code == 401


# --- over /v1 -------------------------------------------------------------------------------------


def test_a_key_is_told_the_same_of_a_video(ada):
    key = with_key(ada)
    queued_job(ada)
    kept = rows()
    said = key.post(WIRE, WISH | {"seconds": "8"}, format="json").json()
    assert said == {
        "object": "video.quote",
        "possible": True,
        "cost": 4,
        "available": 29,
        "left": 25,
        "open": 1,
        "open_at_most": 5,
        "open_of_key": 0,
        "open_of_key_at_most": 5,
        "queue_position": 2,
        "eta_seconds": None,
    }
    assert rows() == kept
    video = key.post("/v1/videos", WISH | {"seconds": "8"}, format="json").json()
    assert Job.objects.get(pk=video["id"].removeprefix("video_")).cost == said["cost"]


def test_a_key_that_may_only_read_gets_no_quote(ada):
    answer = with_key(ada, "videos:read").post(WIRE, WISH, format="json")
    assert refused(answer)[:2] == (403, "missing_scope")


def test_what_a_video_would_be_refused_for_a_quote_is(ada):
    answer = with_key(ada).post(WIRE, WISH | {"seconds": "5"}, format="json")
    assert refused(answer) == (400, "invalid_value", "seconds")


# --- lists of jobs --------------------------------------------------------------------------------


def test_a_list_says_of_each_job_what_asking_for_it_alone_says(ada, phone, settings):
    settings.FREE_DAILY_CREDITS = 1_000
    history(10)
    at_work(began=4)
    for _ in range(4):
        queued_job(person())
    jobs = [queued_job(ada) for _ in range(3)]
    dispatch.cancel(queued_job(ada).pk, "author")
    with time_machine.travel(now(), tick=False):
        found = {one["id"]: one for one in phone.get(JOBS).json()["items"]}
        for job in jobs:
            alone = phone.get(f"{JOBS}{job.pk}/").json()
            for field in ("queue_position", "eta_seconds"):
                assert found[str(job.pk)][field] == alone[field] is not None
    assert [one["queue_position"] for one in found.values()].count(None) == 1


def test_a_longer_list_asks_no_more_questions(ada, phone, settings):
    settings.FREE_DAILY_CREDITS = 1_000
    history(10)
    at_work()
    counts = set()
    for _ in range(4):
        queued_job(ada), queued_job(ada)
        phone.get(JOBS)
        with CaptureQueriesContext(connection) as asked:
            assert all(job["queue_position"] for job in phone.get(JOBS).json()["items"])
        counts.add(len(asked))
    assert len(counts) == 1
