"""The lattice of permissions."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from cameos.consent import OPEN, Policy, meet, meet_all, narrows, within
from cameos.states import Audience

TIMES = st.datetimes(datetime(2026, 1, 1), datetime(2036, 1, 1), timezones=st.just(UTC))
POLICIES = st.builds(
    Policy,
    audience=st.sampled_from(Audience),
    remixable=st.booleans(),
    expires_at=st.none() | TIMES,
)


@given(POLICIES, POLICIES)
def test_order_does_not_matter(a, b):
    assert meet(a, b) == meet(b, a)


@given(POLICIES, POLICIES, POLICIES)
def test_grouping_does_not_matter(a, b, c):
    assert meet(meet(a, b), c) == meet(a, meet(b, c))


@given(POLICIES)
def test_meeting_itself_or_the_top_changes_nothing(a):
    assert meet(a, a) == a
    assert meet(a, OPEN) == a


@given(POLICIES, POLICIES)
def test_the_meet_is_never_wider_than_either(a, b):
    both = meet(a, b)
    for one in (a, b):
        assert list(Audience).index(both.audience) <= list(Audience).index(one.audience)
        assert one.remixable or not both.remixable
        assert one.expires_at is None or both.expires_at <= one.expires_at
        assert within(both, one)


@given(POLICIES, POLICIES, POLICIES)
def test_the_meet_is_the_widest_of_what_is_within_both(a, b, c):
    if within(c, a) and within(c, b):
        assert within(c, meet(a, b))


@given(st.lists(POLICIES, max_size=6))
def test_more_people_can_only_narrow(policies):
    assert all(within(meet_all(policies), policy) for policy in policies)
    assert meet_all([]) == OPEN


def test_the_default_is_the_narrowest():
    assert all(within(Policy(), Policy(audience=audience)) for audience in Audience)


def test_audiences_widen_in_their_order():
    assert narrows(Audience.EVERYONE, Audience.MUTUALS)
    assert narrows(Audience.MUTUALS, Audience.APPROVED)
    assert narrows(Audience.APPROVED, Audience.ONLY_ME)
    assert not narrows(Audience.ONLY_ME, Audience.ONLY_ME)
    assert not narrows(Audience.ONLY_ME, Audience.EVERYONE)
