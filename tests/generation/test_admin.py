"""The operators' pages of jobs, outputs and credits: to look at, not to change."""

import pytest
from django.test import Client

from generation.models import Account, Job, LedgerEntry, Output
from tests.generation.making import done_output
from tests.people import moderator, person

pytestmark = pytest.mark.django_db


@pytest.fixture
def console():
    client = Client()
    client.force_login(moderator())
    return client


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
