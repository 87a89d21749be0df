"""A question that is put into SQL once asks the same wherever it stands."""

from __future__ import annotations

import pytest
from django.db.models import Exists, F, OuterRef, Value

from generation.models import CameoUse, Job, Output, refused_uses
from sora_social.there_is import ThereIs, _written
from tests.cameos.making import active_cameo
from tests.generation.making import done_output
from tests.people import person

pytestmark = pytest.mark.django_db


@pytest.fixture
def outputs():
    """One that is clear, and one whose leave is gone."""
    author, lender = person(), person()
    clear, dark = done_output(author), done_output(author, [active_cameo(lender, "everyone")])
    dark.job.uses.update(consent=None)
    return clear, dark


def test_it_asks_of_each_row(outputs):
    clear, dark = outputs
    assert list(Output.objects.cleared()) == [clear]
    assert list(Job.objects.cleared()) == [clear.job]
    assert list(Output.objects.filter(ThereIs(refused_uses, F("job"), Value(0)))) == [dark]


def test_it_asks_the_same_in_queries_within_queries(outputs):
    clear, _ = outputs
    inner = Output.objects.cleared().filter(pk=OuterRef("pk"))
    middle = Output.objects.cleared().filter(Exists(inner), job=OuterRef("pk"))
    assert list(Job.objects.cleared().filter(Exists(middle))) == [clear.job]
    twice = Output.objects.filter(pk__in=Output.objects.cleared().values("pk")).cleared()
    assert list(twice | Output.objects.cleared()) == [clear]


def test_each_value_goes_to_its_place(outputs):
    _, dark = outputs
    lender = dark.job.uses.get().cameo
    held = dark.job.uses.get().cameo.consents.create(requester=lender.owner, basis="own")
    CameoUse.objects.update(consent=held)
    held.move("granted")
    for surfaces in (0, 1, 7):
        assert set(Output.objects.cleared(surfaces)) == set(outputs)


def test_it_is_written_once(outputs):
    list(Output.objects.cleared())
    before = _written.cache_info().misses
    list(Output.objects.cleared(1)), list(Output.objects.cleared())
    assert _written.cache_info().misses == before


def test_it_refuses_to_stand_where_its_values_would_mean_something_else(outputs):
    confused = CameoUse.objects.filter(ThereIs(refused_uses, F("job"), Value(0)))
    with pytest.raises(ValueError, match="refused_uses"):
        list(confused)
