"""The lattice of permissions."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from cameos.consent import (
    OPEN,
    Circle,
    Policy,
    Tie,
    Use,
    allows,
    meet,
    meet_all,
    narrows,
    refusals,
    within,
)
from cameos.states import Audience, Context, Rule, Surface, bits, words
from sora_social.wording import telling_words

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
TIMES = st.datetimes(datetime(2026, 1, 1), datetime(2036, 1, 1), timezones=st.just(UTC))
PEOPLE = st.integers(1, 5)
SOME = st.frozensets(PEOPLE, max_size=3)
CIRCLES = st.builds(Circle, owner=PEOPLE, audience=st.sampled_from(Audience), allow=SOME, deny=SOME)
CONTEXTS = st.frozensets(st.sampled_from(Context))
SURFACES = st.frozensets(st.sampled_from(Surface))
SAFETY = st.frozensets(st.sampled_from(["alcohol", "dog", "big dog"]), max_size=2)
POLICIES = st.builds(
    Policy,
    users=st.frozensets(CIRCLES, max_size=2),
    remixers=st.frozensets(CIRCLES, max_size=2),
    contexts=CONTEXTS,
    surfaces=SURFACES,
    alteration=st.booleans(),
    voice=st.booleans(),
    remixable=st.booleans(),
    count=st.none() | st.integers(0, 3),
    expires_at=st.none() | TIMES,
    closed_at=st.none() | TIMES,
    frozen_at=st.none() | TIMES,
    instructions=st.frozensets(st.sampled_from(["smile", "wear a hat"])),
    safety=SAFETY,
)
USES = st.builds(
    Use,
    person=PEOPLE,
    at=TIMES,
    since=TIMES,
    contexts=CONTEXTS,
    surfaces=SURFACES,
    alters=st.booleans(),
    speaks=st.booleans(),
    remixes=st.booleans(),
    before=st.integers(0, 4),
    said=st.sampled_from(["", "a big dog", "Dogs!", "drinking alcohol"]).map(telling_words),
)
TIES = st.dictionaries(
    st.tuples(PEOPLE, PEOPLE), st.builds(Tie, approved=st.booleans(), mutual=st.booleans())
).map(lambda known: lambda owner, person: known.get((owner, person), Tie()))


def nobody(owner: int, person: int) -> Tie:
    return Tie()


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


@given(POLICIES, POLICIES, USES, TIES)
def test_the_meet_allows_exactly_what_both_allow(a, b, use, ties):
    assert allows(meet(a, b), use, ties) == (allows(a, use, ties) and allows(b, use, ties))


@given(POLICIES, POLICIES, USES, TIES)
def test_the_meet_refuses_by_the_rules_by_which_one_of_both_does(a, b, use, ties):
    both = {*refusals(a, use, ties), *refusals(b, use, ties)}
    assert [*refusals(meet(a, b), use, ties)] == [rule for rule in Rule if rule in both]


@given(POLICIES, POLICIES, USES, TIES)
def test_what_is_within_a_policy_allows_nothing_that_it_refuses(a, b, use, ties):
    narrow = meet(a, b)
    assert within(narrow, a)
    assert allows(a, use, ties) or not allows(narrow, use, ties)


@given(POLICIES, POLICIES, POLICIES)
def test_the_meet_is_the_widest_of_what_is_within_both(a, b, c):
    if within(c, a) and within(c, b):
        assert within(c, meet(a, b))


@given(st.lists(POLICIES, max_size=6))
def test_more_people_can_only_narrow(policies):
    assert all(within(meet_all(policies), policy) for policy in policies)
    assert meet_all([]) == OPEN


@given(USES, TIES)
def test_the_top_allows_everything(use, ties):
    assert allows(OPEN, use, ties)


def test_the_default_circle_holds_its_owner_alone():
    mine = Policy(users=frozenset({Circle(owner=1)}))
    assert allows(mine, Use(1, NOON, NOON), nobody)
    assert [*refusals(mine, Use(2, NOON, NOON), lambda *_: Tie(True, True))] == [Rule.PERSON]


def test_each_rule_says_no_by_itself():
    open_to_all = frozenset({Circle(1, Audience.EVERYONE)})
    asked = {
        Rule.PERSON: (Policy(users=frozenset({Circle(1)})), Use(2, NOON, NOON)),
        Rule.REMIX: (Policy(remixers=open_to_all), Use(2, NOON, NOON, remixes=True)),
        Rule.CLOSED: (Policy(closed_at=NOON), Use(2, NOON, NOON)),
        Rule.EXPIRED: (Policy(expires_at=NOON), Use(2, NOON, NOON)),
        Rule.COUNT: (Policy(count=2), Use(2, NOON, NOON, before=2)),
        Rule.CONTEXT: (Policy(), Use(2, NOON, NOON, contexts=frozenset({Context.COMEDY}))),
        Rule.SURFACE: (Policy(), Use(2, NOON, NOON, surfaces=frozenset({Surface.PUBLIC}))),
        Rule.ALTERATION: (Policy(), Use(2, NOON, NOON, alters=True)),
        Rule.VOICE: (Policy(), Use(2, NOON, NOON, speaks=True)),
        Rule.SAFETY: (
            Policy(safety=frozenset({"dog"})),
            Use(2, NOON, NOON, said=frozenset({"two", "dog"})),
        ),
    }
    assert asked.keys() == set(Rule)
    for rule, (policy, use) in asked.items():
        assert [*refusals(policy, use, nobody)] == [rule]


def test_the_denied_are_out_of_the_widest_circle_and_the_allowed_in_a_narrow_one():
    wide = Circle(1, Audience.EVERYONE, deny=frozenset({2}))
    narrow = Circle(1, Audience.APPROVED, allow=frozenset({2}))
    assert not wide.holds(2, Tie(approved=True, mutual=True))
    assert narrow.holds(2, Tie())
    assert not narrow.holds(3, Tie(mutual=True))


def test_a_frozen_likeness_stays_in_the_remixes_it_is_in():
    frozen = replace(OPEN, frozen_at=NOON)
    before = NOON - timedelta(seconds=1)
    assert allows(frozen, Use(2, NOON, since=before, remixes=True), nobody)
    assert [*refusals(frozen, Use(2, NOON, since=NOON, remixes=True), nobody)] == [Rule.REMIX]
    assert allows(frozen, Use(2, NOON, since=NOON), nobody)


def test_only_me_means_nobody_else_whatever_was_allowed():
    assert not Circle(1, allow=frozenset({2})).holds(2, Tie(approved=True, mutual=True))


def test_audiences_widen_in_their_order():
    assert narrows(Audience.EVERYONE, Audience.MUTUALS)
    assert narrows(Audience.MUTUALS, Audience.APPROVED)
    assert narrows(Audience.APPROVED, Audience.ONLY_ME)
    assert not narrows(Audience.ONLY_ME, Audience.ONLY_ME)
    assert not narrows(Audience.ONLY_ME, Audience.EVERYONE)


@given(CONTEXTS)
def test_words_survive_being_a_number(contexts):
    assert words(bits(contexts, Context), Context) == contexts
