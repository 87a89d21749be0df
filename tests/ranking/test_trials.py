"""Trials of nudges from the draw to what is learned: once each, from our own rows, under races."""

from __future__ import annotations

import datetime
import threading
import uuid

import pytest
from django.db import IntegrityError, connection, transaction
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from ranking import inviting, services
from ranking.bandit import FEATURES, IGNORED, LEAST, MOST, MUTED
from ranking.models import Engagement, NudgeBelief, NudgeState, NudgeTrial, ServedPage
from ranking.types import DAY, Arm, Drawn, Sitting
from tests.caches import forget

START = datetime.datetime(2026, 6, 1, 8, tzinfo=datetime.UTC)
LATER = START + datetime.timedelta(hours=1)
CONTEXT = (1.0, 0.5, 0.2, 0.0, 0.0)
REMIX = Arm.REMIX_YOUR_FRIEND
pytestmark = pytest.mark.django_db


def trial(viewer=1, arm=REMIX, shown=True, at=START, chance=0.5):
    """A page whose nudge was drawn like this."""
    drawn = Drawn(arm if shown else Arm.NONE, chance, offered=arm, chance=chance, context=CONTEXT)
    NudgeState.objects.get_or_create(viewer=viewer)
    page = ServedPage.objects.create(
        viewer=viewer, session="s", surface="home", policy="prior-1", at=at,
        nudge_arm=drawn.arm, nudge_propensity=drawn.propensity,
    )  # fmt: skip
    inviting.keep_trial(page.pk, page.viewer, page.at, drawn)
    return page


def said(page, kind, value=0.0, **more):
    event = {"id": uuid.uuid4(), "kind": kind, "value": value} | more
    services.engage(page, [event])
    return event


def all_of(trials):
    return {one.pk for one in trials}


def none_of(trials):
    return set()


@pytest.fixture
def an_hour_later(time_machine):
    time_machine.move_to(LATER, tick=False)


def rewards():
    return list(NudgeTrial.objects.order_by("pk").values_list("settled", "created", "reward"))


@pytest.mark.parametrize(
    ("answers", "created", "reward"),
    [
        ([], all_of, 1.0),
        ([], none_of, 0.0),
        ([("nudge_dismiss", 0)], none_of, -0.5),
        ([("nudge_never", 0)], none_of, -1.0),
        ([("nudge_regret", 0.75)], all_of, 0.25),
        ([("nudge_dismiss", 0), ("nudge_never", 0), ("nudge_regret", 1)], none_of, -2.5),
    ],
)
def test_a_reward_is_what_was_made_less_what_was_said(an_hour_later, answers, created, reward):
    page = trial()
    for kind, value in answers:
        said(page, kind, value)
    assert services.settle(created) == 1
    assert rewards() == [(True, created is all_of, reward)]


def test_a_trial_is_settled_once_and_never_too_early(time_machine):
    time_machine.move_to(START + datetime.timedelta(minutes=29), tick=False)
    trial()
    assert services.settle(all_of) == 0
    time_machine.move_to(LATER, tick=False)
    assert [services.settle(all_of) for _ in range(3)] == [1, 0, 0]
    assert NudgeBelief.objects.get().trials == 1


def test_answers_to_a_nudge_that_was_not_shown_are_none(an_hour_later):
    page = trial(shown=False)
    said(page, "nudge_dismiss")
    said(page, "nudge_regret", 1)
    services.settle(none_of)
    assert rewards() == [(True, False, 0.0)]
    assert NudgeState.objects.get(viewer=1).dismissed_at == []


def test_one_page_is_dismissed_once_whatever_ids_a_client_invents(an_hour_later):
    page = trial()
    for _ in range(5):
        said(page, "nudge_dismiss")
    services.engage(page, [{"id": uuid.uuid4(), "kind": "nudge_dismiss"} for _ in range(5)])
    assert len(NudgeState.objects.get(viewer=1).dismissed_at) == 1


def test_where_no_nudge_stood_there_is_nothing_to_dismiss():
    for arm in ("", Arm.NONE):
        said(ServedPage.objects.create(viewer=1, nudge_arm=arm), "nudge_dismiss")
    assert not NudgeState.objects.exists()


@pytest.mark.parametrize("chance", [0.0, 0.09, 0.91, 1.0])
def test_the_database_keeps_no_trial_that_was_as_good_as_certain(chance):
    with pytest.raises(IntegrityError), transaction.atomic():
        trial(chance=chance)


def test_what_helps_is_drawn_more_often_for_everybody(an_hour_later):
    for person in range(1, 301):
        trial(viewer=person, shown=person % 2 == 0)
    services.settle(lambda trials: {one.pk for one in trials if one.shown})
    sitting = Sitting(began=LATER.timestamp() - 300, passive=20, created=False)
    drawn = services.nudge(1000, sitting, [REMIX], LATER.timestamp())
    assert drawn.chance == MOST


def test_an_arm_that_somebody_ignores_is_muted_for_them_alone(an_hour_later):
    for hours in range(IGNORED):
        trial(at=START - datetime.timedelta(hours=hours))
    services.settle(none_of)
    until = NudgeState.objects.get(viewer=1).own[REMIX]["until"]
    assert START.timestamp() - DAY < until - MUTED <= START.timestamp()
    sitting = Sitting(began=LATER.timestamp() - 300, passive=8, created=False)
    drawn = [services.nudge(who, sitting, [REMIX], LATER.timestamp()).offered for who in (1, 2)]
    assert drawn == ["", REMIX]


def test_a_belief_that_was_damaged_begins_anew():
    NudgeBelief.objects.create(lines={REMIX: {"precision": [[1.0]], "weighted": [1.0]}})
    sitting = Sitting(began=LATER.timestamp() - 300, passive=8, created=False)
    drawn = services.nudge(1, sitting, [REMIX], LATER.timestamp())
    assert (drawn.chance, len(drawn.context)) == (0.5, len(FEATURES))


# --- what the ranker leaves out -------------------------------------------------------------------


def test_events_in_the_window_of_a_shown_nudge_are_left_out_of_training():
    shown, hidden, ten = trial(viewer=1), trial(viewer=2, shown=False), START + inviting.WINDOW
    for page, minutes in [(shown, -1), (shown, 0), (shown, 9), (shown, 10), (hidden, 5)]:
        Engagement.objects.create(
            client_event=uuid.uuid4(), viewer=page.viewer, page=page, kind="seen", value=minutes,
            at=START + datetime.timedelta(minutes=minutes),
        )  # fmt: skip
    kept = services.outside_nudges(Engagement.objects.order_by("viewer", "at"))
    assert [(row.viewer, row.value) for row in kept] == [(1, -1), (1, 10), (2, 5)]
    assert services.windows_since(0) == {1: [(START.timestamp(), ten.timestamp())]}


# --- properties -----------------------------------------------------------------------------------

answers = st.lists(
    st.tuples(st.sampled_from(["nudge_dismiss", "nudge_never", "nudge_regret", "nudge_accept"]),
              st.floats(0, 1)), max_size=4,
)  # fmt: skip
drawn_trials = st.lists(
    st.tuples(st.integers(1, 3), st.sampled_from(["try-this", "cameo-invite"]), st.booleans(),
              st.floats(LEAST, MOST), answers), min_size=1, max_size=6,
)  # fmt: skip


class Replays(TestCase):
    @settings(max_examples=15, deadline=None)
    @given(drawn_trials, st.integers(1, 3))
    def test_events_and_sweeps_that_come_again_change_nothing(self, trials, again):
        sent = []
        for viewer, arm, shown, chance, kinds in trials:
            page = trial(viewer, arm, shown, chance=chance)
            sent += [(page, said(page, kind, value)) for kind, value in kinds]
        services.settle(all_of)
        before = self.everything()
        for _ in range(again):
            for page, event in sent:
                assert services.engage(page, [event]) == 0
            assert services.settle(none_of) == 0
        assert self.everything() == before
        assert NudgeBelief.objects.get().trials == len(trials)

    def everything(self):
        models = (NudgeTrial, NudgeState, NudgeBelief, Engagement)
        return [list(model.objects.order_by("pk").values()) for model in models]


@pytest.mark.django_db(transaction=True)
def test_two_sweeps_at_once_count_every_trial_once():
    for person in range(1, 21):
        trial(viewer=person)
    counted = []

    def sweep():
        counted.append(services.settle(all_of, limit=20))
        connection.close()

    sweeps = [threading.Thread(target=sweep) for _ in range(4)]
    for one in sweeps:
        one.start()
    for one in sweeps:
        one.join()
    assert (sum(counted), NudgeBelief.objects.get().trials) == (20, 20)
    line = NudgeBelief.objects.get().lines[REMIX]
    assert line["weighted"][0] == pytest.approx(20 * 0.5)


def test_within_the_rules_of_silence_a_page_asks_nothing_more_about_nudges(
    django_assert_num_queries,
):
    forget()
    moment = START.timestamp()
    sitting = Sitting(began=moment, passive=9, created=False)
    NudgeState.objects.create(viewer=5)
    assert services.may_nudge(5, sitting, moment + 60)
    while not services.nudge(5, sitting, [Arm.TRY_THIS], moment + 60).text:
        pass
    assert not services.may_nudge(5, sitting, moment + 120)
    with django_assert_num_queries(0):
        assert not services.may_nudge(5, sitting, moment + 120)
    assert services.may_nudge(5, Sitting(moment + 3600, 9, False), moment + 7200)
