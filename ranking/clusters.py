"""Groups of people who are friends: what is tried on somebody's friends is tried on all of them.

Labels spread along mutual follows until nobody changes (Raghavan, Albert and Kumara, 2007), with
one limit: a group that is full takes nobody in, so that no group decides an experiment alone.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from random import Random

ROUNDS = 20
MOST = 150  # people in a group
Pairs = Iterable[tuple[int, int]]


def groups(friends: Pairs, most: int = MOST, seed: int = 1) -> dict[int, int]:
    """The group of everybody who has a friend, named after one of its members.

    The same friendships make the same groups.
    """
    near = _neighbours(friends)
    people, label = sorted(near), {person: person for person in near}
    size, chance = Counter(people), Random(seed)
    for _ in range(ROUNDS):
        chance.shuffle(people)
        if not sum(_join(person, near, label, size, most) for person in people):
            break
    return _named(label)


def _neighbours(friends: Pairs) -> Mapping[int, set[int]]:
    near: defaultdict[int, set[int]] = defaultdict(set)
    for one, other in friends:
        if one != other:
            near[one].add(other)
            near[other].add(one)
    return near


def _join(
    person: int, near: Mapping[int, set[int]], label: dict[int, int], size: Counter[int], most: int
) -> bool:
    """Go where most friends are, if there is room; whether the person moved."""
    here = label[person]
    votes = Counter(label[friend] for friend in near[person])
    open_ = [group for group in votes if group == here or size[group] < most]
    best = max(open_, key=lambda group: (votes[group], group == here, -group), default=here)
    label[person] = best
    size[here] -= 1
    size[best] += 1
    return best != here


def _named(label: Mapping[int, int]) -> dict[int, int]:
    """Each group under the smallest of its members."""
    first: dict[int, int] = {}
    for person, group in label.items():
        first[group] = min(person, first.get(group, person))
    return {person: first[group] for person, group in label.items()}
