from dataclasses import replace
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ranking.bandit import unknown
from ranking.nudges import TEXTS, Answers, allowed, draw, wanted
from ranking.types import DAY, Arm, Drawn, Sitting
from tests.ranking.making import NOW

HOUR = 3600.0
LATELY = NOW - 300
WATCHED = Sitting(began=NOW - 300, passive=8, created=False)
ARMS = [Arm.REMIX_YOUR_FRIEND]


def test_nobody_is_nudged_who_has_hardly_watched_or_has_created():
    assert [
        wanted(Sitting(NOW - seconds, passive, created), NOW)
        for seconds, passive, created in [
            (0, 7, False), (0, 8, False), (599, 0, False), (600, 0, False), (900, 20, True),
        ]
    ] == [False, True, False, True, False]  # fmt: skip


def test_a_few_things_of_one_kind_are_what_one_is_asked_about():
    found = [
        wanted(Sitting(LATELY, passive, False, alike), NOW)
        for passive, alike in [(8, 2), (8, 3), (7, 7), (99, 0), (100, 0)]
    ]
    assert found == [False, True, False, False, True]


def test_once_a_session():
    assert not allowed(Answers(shown_at=[NOW - 200]), WATCHED, NOW)
    assert allowed(Answers(shown_at=[NOW - 400]), WATCHED, NOW)


def test_three_times_a_day():
    earlier = [NOW - hours * HOUR for hours in (23, 12, 2)]
    assert not allowed(Answers(shown_at=earlier), WATCHED, NOW)
    assert allowed(Answers(shown_at=[NOW - 25 * HOUR, *earlier[1:]]), WATCHED, NOW)


@pytest.mark.parametrize(("ago", "may"), [(DAY - 1, False), (DAY, True)])
def test_a_dismissal_is_a_day_of_silence(ago, may):
    assert allowed(Answers(dismissed_at=[NOW - ago]), WATCHED, NOW) is may


@pytest.mark.parametrize(("ago", "may"), [(7 * DAY - 1, False), (7 * DAY, True)])
def test_two_dismissals_are_a_week_of_silence(ago, may):
    answers = Answers(dismissed_at=[NOW - ago - 2 * DAY, NOW - ago])
    assert allowed(answers, WATCHED, NOW) is may


def test_never_is_for_good():
    assert not allowed(Answers(never=True), WATCHED, NOW + 10_000 * DAY)


def test_the_coin_is_fair_and_its_chance_is_logged():
    chance = Random(3)
    drawn = [draw(Answers(), WATCHED, ARMS, NOW, chance) for _ in range(2000)]
    shown = sum(one.arm == Arm.REMIX_YOUR_FRIEND for one in drawn)
    assert 900 < shown < 1100
    assert {(one.arm, one.propensity) for one in drawn} == {
        (Arm.REMIX_YOUR_FRIEND, 0.5),
        (Arm.NONE, 0.5),
    }


def test_nothing_is_drawn_where_nothing_can_be_offered():
    assert draw(Answers(), WATCHED, [], NOW, Random(1)) == Drawn()


sittings = st.builds(
    Sitting,
    began=st.floats(NOW - 7200, NOW),
    passive=st.integers(0, 10**6),
    created=st.booleans(),
    alike=st.none() | st.integers(0, 10**6),
    maker=st.booleans(),
)
effects = st.dictionaries(
    st.sampled_from([arm.value for arm in TEXTS]), st.floats(-1e6, 1e6, allow_nan=False)
)


@given(sittings, st.lists(st.sampled_from(list(TEXTS))), effects, st.integers(0, 2**32))
def test_whatever_is_believed_both_sides_are_drawn_and_the_chance_is_the_logged_one(
    sitting, arms, effects, seed
):
    lines = {
        arm: replace(unknown(), weighted=unknown().weighted + by) for arm, by in effects.items()
    }
    drawn = draw(Answers(), sitting, arms, NOW, Random(seed), lines)
    if not drawn.offered:
        assert drawn == Drawn()
        return
    assert wanted(sitting, NOW)
    assert drawn.offered in arms
    assert 0.1 <= drawn.chance <= 0.9
    shown = drawn.arm == drawn.offered
    assert drawn.propensity == (drawn.chance if shown else 1 - drawn.chance)
    assert (drawn.text == TEXTS[drawn.offered], drawn.arm) in [
        (True, drawn.offered),
        (False, "none"),
    ]
    assert all(0 <= value <= 1 for value in drawn.context)


times = st.lists(st.floats(NOW - 40 * DAY, NOW), max_size=6).map(sorted)


@given(times, times, st.booleans(), st.integers(0, 2**32))
def test_no_nudge_ever_breaks_a_rule(shown, dismissed, never, seed):
    drawn = draw(Answers(never, shown, dismissed), WATCHED, ARMS, NOW, Random(seed))
    silent = never or any(NOW - at < DAY for at in dismissed)
    often = sum(NOW - at < DAY for at in shown) >= 3 or any(at >= WATCHED.began for at in shown)
    assert not (drawn.text and (silent or often))
