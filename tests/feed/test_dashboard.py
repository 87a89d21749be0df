"""The dashboard's figures, counted by hand; who may look; experiments at the operators' door."""

from __future__ import annotations

import datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from feed import charts
from feed.dashboard import dashboard
from feed.figures import PROLIFIC, figures_of, gini
from feed.models import Post
from generation.models import Job
from generation.services import discard
from ranking.models import Engagement, Experiment, NudgeTrial, ServedPage
from sora_social.audit import AuditRecord
from sora_social.ids import uuid7
from sora_social.users.models import User
from tests.caches import forget
from tests.feed.making import posted, remixed
from tests.feed.town import Town
from tests.generation.making import done_output, queued_job
from tests.people import at_console, make_mutual, moderator, person, signed_in

pytestmark = pytest.mark.django_db
DAY = datetime.date(2026, 6, 1)
NOON = datetime.datetime(2026, 6, 1, 12, tzinfo=datetime.UTC)
HOUR = datetime.timedelta(hours=1)


@pytest.fixture
def clock(time_machine):
    time_machine.move_to(NOON, tick=False)
    return time_machine


def joined(days_ago, **fields):
    return person(date_joined=NOON - datetime.timedelta(days=days_ago), **fields)


def came(who, at=NOON, items=()):
    return ServedPage.objects.create(
        viewer=who.pk, session="s", surface="home", at=at, items=list(items)
    )


def figures(clock, day=DAY):
    clock.move_to(NOON + datetime.timedelta(days=10), tick=False)
    return figures_of(day)


def test_who_came_back_and_who_of_them_made_something(clock):
    new, old, older = joined(0), joined(3), joined(30)
    for who in (new, old, old, older):
        came(who)
    queued_job(old)
    queued_job(joined(3))  # was not here: made it elsewhere
    found = figures(clock)
    assert (found.active, found.joined, found.created) == (3, 1, 0.5)


def test_day_one_the_day_after_and_a_week_later(clock):
    quick, slow, gone = joined(0), joined(0), joined(0)
    queued_job(quick)
    came(quick, NOON + 24 * HOUR)
    came(slow, NOON + 24 * 7 * HOUR)
    clock.move_to(NOON + 25 * HOUR, tick=False)
    queued_job(slow)
    assert gone.is_active
    found = figures(clock)
    assert (found.day_one, found.d1, found.d7) == pytest.approx((1 / 3, 1 / 3, 1 / 3))


def test_of_days_that_are_not_over_nothing_is_said(clock):
    queued_job(joined(0))
    for days, known in [(0, (False, False)), (1, (False, False)), (2, (True, True))]:
        clock.move_to(NOON + days * 24 * HOUR, tick=False)
        forget()
        found = figures_of(DAY)
        assert (found.day_one is not None, found.d1 is not None) == known


def test_posting_depth_and_what_is_kept(clock):
    author, other = joined(3), joined(3)
    came(author), came(other)
    remixed(author, posted(author))
    discard(done_output(author))
    found = figures(clock)
    assert (found.posting, found.depth, found.kept) == pytest.approx((0.5, 0.5, 2 / 3))


def test_friends_new_posts_of_those_that_could_be_shown(clock):
    viewer, friend, absent = joined(3), joined(3), joined(3)
    make_mutual(viewer, friend)
    make_mutual(absent, friend)
    shown, missed = posted(friend), posted(friend)
    posted(joined(3))  # of a stranger
    came(absent, NOON - HOUR)  # before there was anything
    came(viewer, NOON + HOUR, [shown.pk])
    clock.shift(7200)
    late = posted(friend)
    found = figures(clock)
    assert missed.pk < late.pk
    assert found.coverage == 0.5


def test_exposure_hides_and_worn_prompts(clock):
    loud, quiet = joined(3), joined(3)
    many = [posted(loud, prompt=" A Boat ") for _ in range(PROLIFIC)]
    posts = [*many, posted(quiet, prompt="a boat"), posted(quiet, prompt="something else")]
    Post.objects.filter(author=loud).update(impressions=6)
    Post.objects.filter(author=quiet).update(impressions=5)
    page = came(quiet, items=[post.pk for post in posts[:4]])
    Engagement.objects.create(
        client_event=uuid7(), viewer=quiet.pk, page=page, kind="hide", at=NOON
    )
    found = figures(clock)
    assert (found.hides, found.prolific, found.gini) == pytest.approx((250, 0.75, 0.25))
    assert found.worn == pytest.approx(
        6 / 7
    )  # the captions are empty, the prompts one but for case


def test_a_day_on_which_nothing_happened_has_no_shares(clock):
    found = figures(clock)
    assert (found.active, found.joined) == (0, 0)
    known = {getattr(found, name) for name in found.__slots__} - {DAY, 0}
    assert known == {None}


def test_a_day_that_is_over_is_worked_out_once(clock, django_assert_num_queries):
    came(joined(3))
    figures(clock)
    with django_assert_num_queries(0):
        assert figures_of(DAY).active == 1


def test_the_number_of_queries_does_not_depend_on_the_number_of_people(
    clock, django_assert_max_num_queries
):
    Town(people=30, days=9)
    with django_assert_max_num_queries(30):
        figures_of(DAY - datetime.timedelta(days=2))


@given(st.lists(st.integers(0, 1000), min_size=1, max_size=50))
def test_gini_lies_between_equality_and_one(values):
    found = gini(np.array(values, float))
    assert found is None or -1e-9 <= found <= 1
    assert sum(values) == 0 or abs(gini(np.full(len(values), 7.0))) < 1e-9


# --- charts ---------------------------------------------------------------------------------------

days = [DAY + datetime.timedelta(days=n) for n in range(12)]
values = st.lists(
    st.none() | st.floats(0, 1e6, allow_nan=False), min_size=len(days), max_size=len(days)
)


@given(values)
def test_every_mark_stands_inside_its_chart_whatever_the_values(found):
    drawn = charts.line(days, [("it", found)], charts.plain)
    marks = [*drawn.marks, *drawn.last, *drawn.across, *drawn.below]
    assert all(0 <= m.x <= charts.WIDTH and 0 <= m.y <= charts.HEIGHT for m in marks)
    assert len(drawn.marks) == sum(value is not None for value in found)


def test_a_gap_stays_a_gap():
    drawn = charts.line(days[:5], [("it", [1, 2, None, 1, 2])], charts.plain)
    assert (drawn.paths[0].count("M"), drawn.area.count("Z")) == (2, 2)


@pytest.mark.parametrize(
    ("edges", "tone"),
    [((0.1, 0.2, 0.3), "good"), ((-0.3, -0.2, -0.1), "bad"), ((-1, 0, 1), "open")],
)
def test_an_interval_is_good_or_bad_only_when_it_is_sure(edges, tone):
    assert charts.whiskers([edges, None], charts.fine)[0].tone == tone
    turned = {"good": "bad", "bad": "good"}.get(tone, tone)
    assert charts.whiskers([edges], charts.fine, more_is_better=False)[0].tone == turned


# --- the pages ------------------------------------------------------------------------------------


def test_an_empty_house_has_a_dashboard_too():
    browser = at_console(moderator())
    answer = browser.get("/admin/dashboard/")
    assert (answer.status_code, b"None has been drawn yet" in answer.content) == (200, True)


def test_the_dashboard_of_a_town_names_nobody():
    Town(people=40, days=14)
    assert (Job.objects.exists(), NudgeTrial.objects.exists()) == (True, True)
    page = at_console(moderator("operator")).get("/admin/dashboard/").content.decode()
    assert "Finish your draft" in page
    assert [user.handle for user in User.objects.all() if user.handle in page] == ["operator"]
    assert len(dashboard()["panels"]) == 11


@pytest.mark.parametrize("path", ["/admin/dashboard/", "/admin/experiments/"])
def test_the_pages_are_closed_to_everybody_else(path, client):
    assert client.get(path).status_code == 302
    assert signed_in(person()).get(path).status_code == 302
    client.force_login(moderator())  # without a second step
    assert client.get(path).status_code == 302
    assert client.post(path, {"do": "start", "name": "nudge-policy"}).status_code == 302
    assert not Experiment.objects.exists()


def test_an_operator_starts_and_stops_and_it_is_written_down():
    browser = at_console(moderator())
    for act, state in [("start", "running"), ("dance", "running"), ("stop", "stopped"),
                       ("start", "stopped")]:  # fmt: skip
        answer = browser.post("/admin/experiments/", {"do": act, "name": "nudge-policy"})
        assert (answer.status_code, Experiment.objects.get().state) == (302, state)
    browser.post("/admin/experiments/", {"do": "start", "name": "x" * 500})
    assert Experiment.objects.count() == 1
    said = AuditRecord.objects.filter(kind__startswith="experiment.").order_by("pk")
    assert list(said.values_list("kind", flat=True)) == ["experiment.start", "experiment.stop"]
