"""The operators' pages of jobs, outputs and credits: to look at, not to change."""

import io

import pytest
from django.urls import reverse
from PIL import Image

from generation.models import Account, Job, LedgerEntry, Output, Subscription
from generation.plans import plan_of, remembered_plan_of
from sora_social.audit import AuditRecord
from tests.generation.making import done_output
from tests.people import at_console, moderator, person

pytestmark = pytest.mark.django_db


@pytest.fixture
def console():
    return at_console(moderator())


@pytest.mark.parametrize("model", [Job, Output, Account, LedgerEntry])
def test_the_pages_show_and_change_nothing(console, model):
    done_output(person())
    place = f"/admin/generation/{model._meta.model_name}/"
    row = model.objects.first()
    assert console.get(place).status_code == 200
    assert console.get(f"{place}{row.pk}/change/").status_code == 200
    assert console.get(f"{place}add/").status_code == 403
    assert console.post(f"{place}{row.pk}/delete/", {"post": "yes"}).status_code == 403
    assert model.objects.filter(pk=row.pk).exists()


def look(browser, output, at=0):
    return browser.get(reverse("admin:output-frame", args=[output.pk, at]))


@pytest.mark.parametrize("still", [False, True])
def test_a_moderator_looks_at_a_frame_and_that_is_recorded(console, still):
    output = done_output(person(), still=still)
    seen = look(console, output, 500)
    assert (seen.status_code, seen["Content-Type"]) == (200, "image/webp")
    assert seen["Cache-Control"].startswith("private, no-store")
    width, height = Image.open(io.BytesIO(seen.content)).size
    assert width * output.height == height * output.width
    row = AuditRecord.objects.get(kind="output.seen")
    assert row.body == {"output": str(output.pk), "at": 500}


def test_the_frame_is_that_of_the_time(console):
    """The drawn square moves to the right."""
    output = done_output(person())
    first, middle = look(console, output, 0).content, look(console, output, 500).content
    assert first != middle
    assert look(console, output, 10_000_000).content != first  # past the end: the last one


def test_nobody_else_looks_at_frames(client):
    output = done_output(person())
    client.force_login(output.job.author)
    assert look(client, output).status_code == 302


def test_an_operator_gives_a_plan_and_that_is_recorded(console):
    someone = person()
    assert remembered_plan_of(someone.pk).name == "free"
    given = {"person": someone.pk, "plan": "creator", "since_0": "2026-01-01", "since_1": "00:00"}
    assert console.post("/admin/generation/subscription/add/", given).status_code == 302
    assert (plan_of(someone.pk).name, remembered_plan_of(someone.pk).name) == ("creator",) * 2
    record = AuditRecord.objects.get(kind="plan.given")
    assert record.body == {"person": someone.pk, "plan": "creator"}


def test_a_plan_that_there_is_not_cannot_be_given(console):
    given = {"person": person().pk, "plan": "gold", "since_0": "2026-01-01", "since_1": "00:00"}
    assert console.post("/admin/generation/subscription/add/", given).status_code == 200
    assert not Subscription.objects.exists()
