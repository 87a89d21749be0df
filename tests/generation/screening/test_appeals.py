"""Whose wish screening refused asks a moderator; overturned, the same wish passes for them."""

import pytest
from django.urls import reverse

from generation.models import Job, Pardon
from generation.screening import POLICY
from generation.states import JobState
from sora_social.moderation import services
from sora_social.moderation.models import Case, CaseState
from tests.generation import invariants
from tests.generation.making import queued_job
from tests.generation.screening.running import run
from tests.people import at_console, moderator, person, signed_in

pytestmark = [pytest.mark.xdist_group("engine"), pytest.mark.django_db(transaction=True)]
ASKED = "a naked baby bird child"
SIZE = {"width": 192, "height": 192, "tier": "draft"}


def refused(author, prompt=ASKED, **fields):
    job = run(queued_job(author, prompt=prompt, **SIZE, **fields))
    assert job.state == JobState.BLOCKED
    return job


def appeal(author, job, text="It is a bird."):
    return signed_in(author).post(f"/api/v1/jobs/{job.pk}/appeal/", {"text": text}, format="json")


def settled(case, outcome, reason=""):
    judge = moderator()
    services.claim(case, judge)
    services.settle(case, judge, outcome, reason)


def overturned(job):
    assert appeal(job.author, job).status_code == 201
    settled(Case.objects.get(), "overturned", "within_rules")


def test_an_appeal_is_a_case_with_the_verdict_and_costs_nothing():
    job = refused(ada := person())
    answer = appeal(ada, job)
    case = answer.json()
    assert (answer.status_code, case["state"], case["subject"]) == (201, "appealed", "job")
    assert (case["subject_id"], case["reason"]) == (str(job.pk), "minor")
    assert case["verdict"]["rule"] == "minors"
    assert case["appeal"]["text"] == "It is a bird."
    assert signed_in(ada).get("/api/v1/me/credits/").json()["reserved"] == 0
    invariants.check()


def test_overturned_the_same_wish_passes_for_this_person_and_nobody_else():
    job = refused(ada := person())
    overturned(job)
    pardon = Pardon.objects.get()
    assert (pardon.person, pardon.policy, pardon.rule) == (ada, POLICY.version, "minors")
    again = run(queued_job(ada, prompt=ASKED, **SIZE))
    assert again.reason == ""
    assert again.state == JobState.DONE
    refused(person())
    refused(ada, prompt=f"{ASKED}, dancing")
    invariants.check()


def test_a_pardon_of_words_does_not_speak_of_pictures(settings, tmp_path):
    from tests.generation.screening import tiny  # noqa: PLC0415 -- torch loads on first use

    overturned(refused(ada := person()))
    settings.SCREENING_TEXTS = tiny.texts(tmp_path, {"ok": -4.0, "sexual_minors": 4.0})
    again = run(queued_job(ada, prompt=ASKED, **SIZE))
    assert (again.state, again.reason) == (JobState.BLOCKED, "minors")
    assert {one["layer"] for one in again.verdict["because"]} == {"texts"}


def test_upheld_nothing_changes_and_both_are_told():
    job = refused(ada := person())
    appeal(ada, job)
    settled(Case.objects.get(), "upheld")
    assert not Pardon.objects.exists()
    refused(ada)
    (case,) = signed_in(ada).get("/api/v1/moderation/cases/").json()["items"]
    assert (case["state"], case["appeal"]["outcome"]) == (CaseState.SETTLED, "upheld")


def test_once_and_only_ones_own_and_only_what_screening_refused():
    job = refused(ada := person())
    assert appeal(person(), job).status_code == 404
    assert appeal(ada, job).status_code == 201
    again = appeal(ada, job)
    assert (again.status_code, again.json()["facts"]["rule"]) == (409, "final")
    waiting = appeal(ada, queued_job(ada))
    assert waiting.json()["facts"]["rule"] == "not_screened"
    Job.objects.filter(pk=job.pk).update(verdict=job.verdict | {"rule": "barred_copy"})
    assert appeal(ada, job).json()["facts"]["rule"] == "barred"
    assert appeal(ada, job, "").status_code == 400


def test_nobody_reports_the_wish_of_another():
    job = refused(person())
    said = {"subject": "job", "subject_id": str(job.pk), "reason": "other"}
    assert signed_in(person()).post("/api/v1/reports/", said).status_code == 400


def test_the_console_shows_wish_and_verdict():
    desk = at_console(moderator())
    job = refused(ada := person())
    appeal(ada, job)
    page = desk.get(reverse("admin:moderation_case_change", args=[Case.objects.get().pk]))
    shown = page.content.decode()
    assert ASKED in shown
    assert "What screening found: minors" in shown
    assert "“naked”, letters 2 to 7" in shown
