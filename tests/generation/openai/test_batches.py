"""`/v1/batches`: read, fed as there is room, ended in each of its ways, told of once."""

from __future__ import annotations

import json
import sys
from datetime import timedelta
from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db.models.functions import Now

from generation import dispatch, services
from generation.models import Job, LedgerEntry, WireBatch, WireFile, WireLine
from generation.openai.batches import advancing, feeding
from generation.openai.batches.lines import NO_JSON, Line, lines_of
from generation.plans import subscribe
from generation.states import BatchState, JobState
from sora_social import storage
from sora_social.outbox import OutboxEvent
from sora_social.users import keys
from sora_social.users.models import ApiKey
from sora_social.webhooks.models import Delivery, Endpoint
from sora_social.webhooks.types import EVENT_TYPES
from tests.generation.making import stored, submit
from tests.generation.openai.batching import (
    ask,
    begun,
    line,
    make_all,
    make_one,
    results,
    row_of,
    seen,
    uploaded,
)
from tests.generation.openai.making import refused
from tests.generation.openai.test_others import picture, upload
from tests.people import person, with_key

pytestmark = pytest.mark.django_db


def told(state: str) -> int:
    return OutboxEvent.objects.filter(kind="batch_ended", payload__state=state).count()


# --- from a file to files ---


def test_every_line_becomes_a_video_or_an_error(client):
    batch = begun(client, line("one"), line("two", seconds="5"), line("three", size="1280x720"))
    assert (batch["status"], batch["object"]) == ("validating", "batch")
    ended = make_all(client, batch)
    assert ended["status"] == "completed"
    assert ended["request_counts"] == {"total": 3, "completed": 2, "failed": 1}
    good = results(client, ended["output_file_id"])
    assert [one["custom_id"] for one in good] == ["one", "three"]
    for one in good:
        assert one["error"] is None
        assert one["response"]["status_code"] == 200
        video = one["response"]["body"]
        assert client.get(f"/v1/videos/{video['id']}").json() == video
        assert video["status"] == "completed"
    (bad,) = results(client, ended["error_file_id"])
    assert (bad["custom_id"], bad["response"]["status_code"]) == ("two", 400)
    error = bad["response"]["body"]["error"]
    assert (error["code"], error["param"]) == ("invalid_value", "seconds")


def test_its_times_are_told_in_order(client):
    ended = make_all(client, begun(client, line("one")))
    ways = ("created_at", "in_progress_at", "finalizing_at", "completed_at")
    times = [ended[way] for way in ways]
    assert times == sorted(times)
    assert ended["expires_at"] - ended["created_at"] == 24 * 3600
    never = ("failed_at", "expired_at", "cancelling_at", "cancelled_at")
    assert [ended[way] for way in never] == [None] * 4


def test_its_lines_go_when_its_files_are_written(client):
    make_all(client, begun(client, line("one")))
    assert WireLine.objects.count() == 0


def test_what_is_noted_with_it_is_handed_back(client):
    assert begun(client, line("one"), metadata={"for": "a film"})["metadata"] == {"for": "a film"}


def test_its_files_stay_for_as_long_as_was_asked(client):
    policy = {"anchor": "created_at", "seconds": 3600}
    ended = make_all(client, begun(client, line("one"), output_expires_after=policy))
    file = client.get(f"/v1/files/{ended['output_file_id']}").json()
    assert (file["purpose"], file["expires_at"] - file["created_at"]) == ("batch_output", 3600)


def test_one_key_begins_one_batch(client):
    file = uploaded(client, line("one"))
    asked = {"input_file_id": file, "endpoint": "/v1/videos", "completion_window": "24h"}
    key = {"idempotency-key": "the-night-shift"}
    first, second = (
        client.post("/v1/batches", asked, format="json", headers=key).json() for _ in range(2)
    )
    assert first == second
    assert WireBatch.objects.count() == 1


# --- what is refused ---


@pytest.mark.parametrize(
    ("lines", "code", "where"),
    [
        (["{"], "invalid_json_line", 1),
        ([line("one"), "[]"], "invalid_json_line", 2),
        ([line("one"), line("one")], "duplicate_custom_id", 2),
        ([line("")], "invalid_custom_id", 1),
        ([line("one\x00")], "invalid_custom_id", 1),
        ([line("one") | {"method": "GET"}], "invalid_method", 1),
        ([line("one") | {"url": "/v1/responses"}], "mismatched_endpoint", 1),
        ([line("one") | {"body": "a ball"}], "invalid_body", 1),
        (["\n\n"], "empty_file", None),
    ],
)
def test_a_faulty_file_fails_whole_and_the_line_is_named(client, lines, code, where):
    failed = seen(client, begun(client, *lines))
    assert (failed["status"], failed["output_file_id"]) == ("failed", None)
    (fault,) = failed["errors"]["data"]
    assert (fault["code"], fault["line"]) == (code, where)
    assert (Job.objects.count(), WireLine.objects.count()) == (0, 0)
    assert told("failed") == 1


def test_a_line_of_whatever_depth_is_a_line_or_a_fault():
    for depth in range(sys.getrecursionlimit()):  # at some it can be read and not be written
        deep = json.dumps(line("one", deep=0)).replace("0", "[" * depth + "]" * depth)
        (found,) = lines_of(BytesIO(deep.encode()))
        assert isinstance(found, Line) or found == NO_JSON._replace(line=1)


def test_faults_are_listed_up_to_a_bound(client):
    failed = seen(client, begun(client, *["{"] * 300))
    assert len(failed["errors"]["data"]) == 100


def test_more_lines_than_a_batch_may_have_are_refused(client, monkeypatch):
    monkeypatch.setattr("generation.openai.batches.lines.MOST_LINES", 2)
    failed = seen(client, begun(client, line("1"), line("2"), line("3")))
    assert failed["errors"]["data"][0]["code"] == "too_many_lines"


def test_a_file_that_was_deleted_before_it_was_read_fails_it(client):
    batch = begun(client, line("one"))
    client.delete(f"/v1/files/{batch['input_file_id']}")
    failed = seen(client, batch)
    assert (failed["status"], failed["errors"]["data"][0]["code"]) == ("failed", "file_not_found")


@pytest.mark.parametrize(
    ("more", "param"),
    [
        ({"endpoint": "/v1/responses"}, "endpoint"),
        ({"completion_window": "1h"}, "completion_window"),
        ({"input_file_id": "file-none"}, "input_file_id"),
        ({"metadata": {"for": 1}}, "metadata"),
        ({"metadata": {str(number): "" for number in range(17)}}, "metadata"),
        ({"output_expires_after": {"anchor": "made_at", "seconds": 3600}},
         "output_expires_after.anchor"),
        ({"output_expires_after": {"anchor": "created_at", "seconds": 60}},
         "output_expires_after.seconds"),
    ],
)  # fmt: skip
def test_what_cannot_be_asked_names_the_field(client, more, param):
    status, _, named = refused(ask(client, uploaded(client, line("one")), **more))
    assert (status, named) == (400, param)


def test_a_file_of_too_many_bytes_is_refused(client, monkeypatch):
    monkeypatch.setattr("generation.openai.files.MOST_REQUESTS", 10)
    sent = {"file": SimpleUploadedFile("wishes.jsonl", b"{" * 11), "purpose": "batch"}
    answer = client.post("/v1/files", sent, format="multipart")
    assert refused(answer) == (400, "invalid_value", "file")


def test_a_picture_is_no_batch(client):
    sent = {"file": upload(picture()), "purpose": "vision"}
    file = client.post("/v1/files", sent, format="multipart").json()
    assert refused(ask(client, file["id"])) == (400, "invalid_value", "input_file_id")


def test_there_are_only_so_many_at_once(client, monkeypatch):
    monkeypatch.setattr("generation.openai.batches.services.MOST_OPEN", 1)
    begun(client, line("one"))
    answer = ask(client, uploaded(client, line("one")))
    assert refused(answer)[:2] == (429, "rate_limit_exceeded")


def test_a_key_needs_the_scope(author):
    client = with_key(author, "videos:write", "files")
    assert refused(ask(client, uploaded(client, line("one"))))[:2] == (403, "missing_scope")


def test_nobody_elses_batch_or_file_is_seen(client, other):
    batch = begun(client, line("one"))
    for path in ("", "/cancel"):
        call = other.post if path else other.get
        assert call(f"/v1/batches/{batch['id']}{path}").status_code == 404
    assert other.get("/v1/batches").json()["data"] == []
    assert refused(ask(other, batch["input_file_id"])) == (400, "not_found", "input_file_id")
    assert refused(other.get(f"/v1/batches?after={batch['id']}"))[2] == "after"


# --- fed as there is room ---


def test_a_batch_waits_for_room_and_leaves_half_of_it(client, author, settings):
    settings.JOBS_AT_ONCE = 4
    batch = begun(client, *[line(str(number)) for number in range(6)])
    seen(client, batch)
    assert Job.objects.open().count() == 2
    for number in range(2):
        submit(author, key=f"beside-{number}")
    assert make_one()
    assert seen(client, batch)["request_counts"]["completed"] == 1
    assert Job.objects.filter(wire_lines__isnull=False).open().count() == 2
    assert make_all(client, batch)["request_counts"]["completed"] == 6


def test_a_batch_behind_a_full_house_is_not_refused(client, author, settings):
    settings.JOBS_AT_ONCE = 1
    submit(author, key="beside")
    batch = begun(client, line("one"))
    assert seen(client, batch)["request_counts"] == {"total": 1, "completed": 0, "failed": 0}
    assert make_all(client, batch)["request_counts"]["completed"] == 1


def test_others_do_not_wait_behind_a_batch(client, author):
    subscribe(author, "studio")
    seen(client, begun(client, *[line(str(number)) for number in range(60)]))
    late = submit(person("late"), key="one")
    before = Job.objects.filter(turn__lt=late.turn).count()
    assert before <= 5  # the weight of the plan, and one


def test_lines_without_credits_are_told_so(client, settings):
    settings.FREE_DAILY_CREDITS = 3
    batch = begun(client, line("one"), line("two"), line("three"))
    ended = make_all(client, batch)
    assert ended["request_counts"] == {"total": 3, "completed": 1, "failed": 2}
    errors = results(client, ended["error_file_id"])
    assert {one["response"]["status_code"] for one in errors} == {429}
    assert {one["response"]["body"]["error"]["code"] for one in errors} == {"insufficient_quota"}


def test_a_video_that_came_to_nothing_is_an_error(client):
    batch = begun(client, line("one"))
    seen(client, batch)
    job = Job.objects.get()
    dispatch.block(job.pk, dispatch.claim(job.pk), "violent")
    ended = seen(client, batch)
    (error,) = results(client, ended["error_file_id"])
    assert error["response"]["body"]["error"]["code"] == "moderation_blocked"
    assert ended["output_file_id"] is None


def test_a_fault_of_ours_in_a_line_spares_the_next(client, monkeypatch):
    batch = begun(client, line("one", prompt="faulty"), line("two"))
    create = feeding.asking.create

    def faulty(asker, body):
        if body.get("prompt") == "faulty":
            raise RuntimeError
        return create(asker, body)

    monkeypatch.setattr(feeding.asking, "create", faulty)
    ended = make_all(client, batch)
    assert ended["request_counts"] == {"total": 2, "completed": 1, "failed": 1}
    (error,) = results(client, ended["error_file_id"])
    assert error["response"]["status_code"] == 500


# --- nothing twice ---


def test_a_line_whose_note_was_lost_finds_its_job_again(client):
    batch = begun(client, line("one"))
    seen(client, batch)
    spent = LedgerEntry.objects.count()
    WireLine.objects.update(state="waiting", job=None)  # killed between the job and the note of it
    seen(client, batch)
    assert (Job.objects.count(), LedgerEntry.objects.count()) == (1, spent)
    assert WireLine.objects.get().job == Job.objects.get()


def test_a_reading_that_died_is_begun_anew(client):
    batch = begun(client, line("one"), line("two"))
    WireLine.objects.create(batch=row_of(batch), number=1, custom_id="one", asked="{}")
    seen(client, batch)
    assert list(WireLine.objects.order_by("number").values_list("custom_id", flat=True)) == [
        "one",
        "two",
    ]


def test_files_of_an_end_that_died_are_written_anew(client):
    batch = begun(client, line("one"))
    seen(client, batch)
    make_one()
    storage.put_bytes(f"files/{row_of(batch).pk}-output.jsonl", b"left by one that died")
    ended = seen(client, batch)
    assert results(client, ended["output_file_id"])[0]["custom_id"] == "one"


def test_whoever_holds_it_works_alone(client):
    batch = begun(client, line("one"))
    held = advancing._claim(row_of(batch).pk)
    assert seen(client, batch)["status"] == "validating"
    WireBatch.objects.update(lease_until=Now() - timedelta(seconds=1))  # that one died
    assert seen(client, batch)["status"] == "in_progress"
    with pytest.raises(advancing.LeaseLost):
        advancing._renew(held)


# --- its other ends ---


def test_cancelling_gives_back_what_waits_and_keeps_what_is_made(client, settings):
    settings.JOBS_AT_ONCE = 6
    batch = begun(client, *[line(str(number)) for number in range(5)])
    seen(client, batch)
    make_one()
    running = Job.objects.filter(state=JobState.QUEUED).first()
    token = dispatch.claim(running.pk)
    path = f"/v1/batches/{batch['id']}/cancel"
    assert client.post(path).json()["status"] == "cancelling"
    assert seen(client, batch)["status"] == "cancelling"
    dispatch.finish(running.pk, token, stored(running.pk, token))
    ended = seen(client, batch)
    assert (ended["status"], ended["request_counts"]["completed"]) == ("cancelled", 2)
    errors = results(client, ended["error_file_id"])
    said = [(one["response"] or {"body": one})["body"]["error"]["code"] for one in errors]
    assert said == ["cancelled", "batch_cancelled", "batch_cancelled"]
    assert client.post(path).json()["status"] == "cancelled"
    assert told("cancelled") == 1


def test_what_has_ended_cannot_be_cancelled(client):
    batch = make_all(client, begun(client, line("one")))
    answer = client.post(f"/v1/batches/{batch['id']}/cancel")
    assert refused(answer) == (400, "batch_not_cancellable", "batch_id")


def test_after_its_time_it_expires_with_what_there_is(client, settings):
    settings.JOBS_AT_ONCE = 2
    batch = begun(client, *[line(str(number)) for number in range(3)])
    seen(client, batch)
    make_one()
    seen(client, batch)
    WireBatch.objects.update(expires_at=Now() - timedelta(seconds=1))
    ended = seen(client, batch)
    assert ended["status"] == "expired"
    assert ended["request_counts"] == {"total": 3, "completed": 1, "failed": 2}
    assert results(client, ended["error_file_id"])[-1]["error"]["code"] == "batch_expired"
    assert (Job.objects.open().count(), told("expired")) == (0, 1)


def test_revoking_the_key_ends_the_batch(client, settings):
    settings.JOBS_AT_ONCE = 2
    batch = begun(client, line("one"), line("two"))
    seen(client, batch)
    keys.revoke(ApiKey.objects.get())
    advancing.advance_all()
    assert WireBatch.objects.get().state == BatchState.CANCELLED
    assert Job.objects.count() == 1
    assert row_of(batch).failed == 2


# --- told of once ---


@pytest.mark.django_db(transaction=True)
def test_the_end_is_told_to_webhooks_once(client, author):
    Endpoint.objects.create(
        owner=author, name="mine", url="https://example.com/", event_types=[*EVENT_TYPES]
    )
    batch = make_all(client, begun(client, line("one")))
    (delivery,) = Delivery.objects.filter(event__type="batch.completed")
    assert delivery.event.data == {"id": batch["id"]}
    advancing.advance_all()
    assert Delivery.objects.filter(event__type__startswith="batch.").count() == 1


def test_a_persons_batches_go_with_them(client, author):
    make_all(client, begun(client, line("one")))
    begun(client, line("two"))
    services.forget(author)
    assert (WireBatch.objects.count(), WireFile.objects.count()) == (0, 0)


def test_a_batch_is_in_the_export(client, author):
    begun(client, line("one", prompt="a blue ball"))
    parts = dict(services.personal_data(author))
    assert json.loads(parts["generation/batches.json"])[0]["state"] == "validating"
