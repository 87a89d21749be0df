from itertools import combinations

from hypothesis import given, settings
from hypothesis import strategies as st

from ranking.clusters import groups


def clique(first, size):
    return list(combinations(range(first, first + size), 2))


def test_friends_are_together_and_strangers_apart():
    found = groups([*clique(1, 6), *clique(101, 6), (6, 101)])
    assert ({found[p] for p in range(1, 7)}, {found[p] for p in range(101, 107)}) == ({1}, {101})


def test_a_group_that_is_full_takes_nobody_in():
    found = list(groups(clique(1, 30), most=10).values())
    assert max(found.count(group) for group in found) <= 10


pairs = st.lists(st.tuples(st.integers(1, 30), st.integers(1, 30)), max_size=80)


@settings(deadline=None)
@given(pairs, st.integers(1, 12))
def test_everybody_with_a_friend_is_in_one_group_named_after_a_member(friends, most):
    found = groups(friends, most)
    assert set(found) == {p for one, other in friends if one != other for p in (one, other)}
    assert all(found[group] == group and group <= person for person, group in found.items())
    sizes = [list(found.values()).count(group) for group in found.values()]
    assert not sizes or max(sizes) <= max(most, 1)
    assert groups(list(reversed(friends)), most) == found
