"""Experiments: who is in which arm, who met it, what ends it."""

from __future__ import annotations

import datetime
from collections import Counter

import numpy as np
import pytest
from django.core.cache import cache
from hypothesis import given
from hypothesis import strategies as st

from ranking import experiments, grouping
from ranking.buckets import BUCKETS
from ranking.experiments import Definition, Metric, arm_of, assigned, definitions, look, start, stop
from ranking.models import Experiment, Exposure, FriendGroup, ServedPage
from ranking.own import personal_data
from ranking.serving import log_page
from sora_social.errors import IllegalMove, NotFound
from tests.caches import forget
from tests.people import follow, make_mutual, person

pytestmark = pytest.mark.django_db
NAME = "nudge-policy"
START = datetime.datetime(2026, 6, 1, 8, tzinfo=datetime.UTC)


@pytest.fixture(autouse=True)
def _nothing_remembered():
    forget()


def definition(**changed):
    said = {"name": "one", "question": "?", "unit": "person", "arms": {"a": 0.3, "b": 0.7},
            "metric": "created", "days": 1}  # fmt: skip
    return Definition(**said | changed)


# --- assignment -----------------------------------------------------------------------------------


def test_arms_have_their_shares_and_are_another_lot_in_another_experiment():
    first = [assigned(definition(), "x", unit) for unit in range(4000)]
    other = [assigned(definition(name="two"), "x", unit) for unit in range(4000)]
    assert 1100 < Counter(first)["a"] < 1300
    both = sum(a == b == "a" for a, b in zip(first, other, strict=True))
    assert 290 < both < 430  # .3 × .3 of them, as of two independent lots


@given(st.integers(0, 2**63 - 1))
def test_the_same_unit_is_always_in_the_same_arm(unit):
    assert assigned(definition(), "x", unit) == assigned(definition(), "x", unit)


@pytest.mark.parametrize(
    "wrong",
    [
        {"unit": "planet"},
        {"arms": {"a": 1.0}},
        {"arms": {"a": 0.5, "b": 0.6}},
        {"arms": {"a": 0.0, "b": 1.0}},
        {"days": 0},
        {"days": float("nan")},
        {"guardrails": {"hides": float("inf")}},
        {"guardrails": {"hides": -1}},
    ],
)
def test_a_definition_that_makes_no_sense_is_refused(wrong):
    with pytest.raises(ValueError, match="one: "):
        definition(**wrong)


def test_the_book_can_be_read_and_every_metric_is_known():
    from feed.outcomes import METRICS  # noqa: PLC0415 -- feed knows what the numbers mean

    asked = {name for one in definitions().values() for name in (one.metric, *one.guardrails)}
    assert (asked - set(METRICS), set(definitions())) == (set(), {"nudge-policy", "friend-nudges"})


def test_a_definition_is_kept_with_its_arms_in_order():
    start(NAME)
    kept = Definition.read(Experiment.objects.get().definition)
    assert (kept, kept.control) == (definitions()[NAME], "learned")


# --- running --------------------------------------------------------------------------------------


def test_while_it_does_not_run_everybody_has_the_first_arm_and_nothing_is_written():
    assert {arm_of(NAME, who) for who in range(50)} == {"learned"}
    start(NAME)
    stop(NAME, "enough")
    forget()
    assert {arm_of(NAME, who) for who in range(50)} == {"learned"}
    assert not Exposure.objects.exists()


def test_whoever_meets_it_is_written_down_once(django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        start(NAME)
    arms = {who: arm_of(NAME, who) for who in range(40)}
    forget()
    assert {who: arm_of(NAME, who) for who in range(40)} == arms
    assert dict(Exposure.objects.values_list("person", "arm")) == arms
    assert set(arms.values()) == {"learned", "coin"}


def test_it_runs_once():
    with pytest.raises(NotFound):
        start("nothing")
    with pytest.raises(NotFound):
        stop(NAME, "never began")
    start(NAME)
    with pytest.raises(IllegalMove):
        start(NAME)
    stop(NAME, "enough")
    with pytest.raises(IllegalMove):
        start(NAME)


def test_friends_are_in_one_arm():
    people = [person() for _ in range(5)]
    for one in people[1:]:
        make_mutual(people[0], one)
    grouping.regroup()
    start("friend-nudges")
    assert len({arm_of("friend-nudges", one.pk) for one in people}) == 1
    assert set(Exposure.objects.values_list("unit", flat=True)) == {people[0].pk}


def test_groups_stand_still_while_something_is_tried_on_them():
    one, other, third = person(), person(), person()
    make_mutual(one, other)
    follow(third, one)
    assert grouping.regroup_daily() == 2
    assert set(FriendGroup.objects.values_list("person", flat=True)) == {one.pk, other.pk}
    make_mutual(other, third)
    assert grouping.regroup_daily() == 0  # not twice a day
    start("friend-nudges")
    forget()
    assert grouping.regroup_daily() == 0
    stop("friend-nudges", "enough")
    forget()
    assert grouping.regroup_daily() == 3


# --- the log --------------------------------------------------------------------------------------


def test_a_page_says_in_which_arms_its_viewer_is():
    one, other = person(), person()
    make_mutual(one, other)
    grouping.regroup()
    assert log_page(one.pk, "s", "home", []).arms == {}
    start(NAME)
    start("friend-nudges")
    forget()
    pages = [log_page(who.pk, "s", "home", []) for who in (one, other)]
    kept = ServedPage.objects.in_bulk([page.pk for page in pages])
    for who, page in zip((one, other), pages, strict=True):
        names = NAME, "friend-nudges"
        assert kept[page.pk].arms == {name: arm_of(name, who.pk) for name in names}
    assert len({kept[page.pk].arms["friend-nudges"] for page in pages}) == 1
    assert {"arms": pages[0].arms}.items() <= list(personal_data(one.pk))[1].items()


def test_what_runs_is_asked_once_and_a_group_once_for_a_person(django_assert_num_queries):
    start("friend-nudges")
    forget()
    with django_assert_num_queries(2):  # what runs, and the group
        found = [BUCKETS.of(7) for _ in range(50)]
    assert found == [{"friend-nudges": arm_of("friend-nudges", 7)}] * 50
    with django_assert_num_queries(3):
        for who in (8, 9, 10):
            BUCKETS.of(who)


def test_what_has_ended_is_not_logged_any_more():
    start(NAME)
    forget()
    assert BUCKETS.of(7) == {NAME: arm_of(NAME, 7)}
    stop(NAME, "enough")
    BUCKETS._looked -= 11
    cache.delete(experiments.RUNNING)
    assert BUCKETS.of(7) == {}


# --- looking --------------------------------------------------------------------------------------


def lived(rates, people=400):
    """A running experiment that people met days ago; the outcomes of each metric by arm."""
    run = start(NAME)
    arms = ["learned", "coin"]
    Exposure.objects.bulk_create(
        Exposure(experiment=run, person=n, unit=n, arm=arms[n % 2],
                 at=START - datetime.timedelta(days=2))
        for n in range(people)
    )  # fmt: skip
    return run, {name: metric(*both) for name, both in rates.items()}


def metric(first, second, more_is_better=True):
    """So many in a hundred, evenly, of each arm."""

    def outcome(people, since, seconds):
        rate = np.where(people % 2 == 0, first, second)
        return ((people // 2 * 37 % 100) < 100 * rate).astype(float)

    return Metric(outcome, more_is_better)


@pytest.fixture
def now(time_machine):
    time_machine.move_to(START, tick=False)


def test_the_figures_of_a_look_are_kept_and_the_p_value_never_rises(now):
    even = {"returned": (0.5, 0.5), "hides": (0.1, 0.1)}
    run, metrics = lived({"created": (0.3, 0.6), **even})
    assert look(run, metrics) is False
    first = run.result["created"]
    assert (round(first["difference"], 6), first["low"] > 0, first["p"] < 0.01) == (0.3, True, True)
    look(run, metrics | {"created": metric(0.5, 0.5)})
    assert (run.result["created"]["difference"], run.result["created"]["p"]) == (0.0, first["p"])


@pytest.mark.parametrize(
    ("returned", "hides", "stopped"),
    [((0.5, 0.5), (0.1, 0.1), ""), ((0.8, 0.4), (0.1, 0.1), "guardrail: returned"),
     ((0.5, 0.5), (0.1, 0.6), "guardrail: hides"), ((0.4, 0.8), (0.6, 0.1), ""),
     ((0.50, 0.47), (0.1, 0.1), "")],
)  # fmt: skip
def test_a_guardrail_ends_it_only_when_it_is_surely_broken(now, returned, hides, stopped):
    run, metrics = lived({"created": (0.5, 0.5), "returned": returned})
    metrics["hides"] = metric(*hides, more_is_better=False)
    assert look(run, metrics) is bool(stopped)
    run = Experiment.objects.get(pk=NAME)
    assert (run.state, run.reason) == ("stopped" if stopped else "running", stopped)


def test_whose_days_are_not_over_does_not_count_yet(now):
    run, metrics = lived(dict.fromkeys(("created", "returned", "hides"), (0.3, 0.6)))
    Exposure.objects.update(at=START - datetime.timedelta(hours=23))
    look(run, metrics)
    assert run.result == {}


def test_it_is_looked_at_every_few_minutes_by_one_sweep(now, time_machine):
    _, metrics = lived(dict.fromkeys(("created", "returned", "hides"), (0.5, 0.5)))
    looked = []
    counting = metrics | {"created": Metric(lambda *asked: looked.append(1) or np.zeros(400))}
    for _ in range(3):
        experiments.review(counting)
    time_machine.shift(301)
    experiments.review(counting)
    assert len(looked) == 2
