"""Candidates: which, of whom, and never anybody in bulk."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from ranking.embedding import embed, packed
from ranking.sources import FRESH, MANY, PER_FRIEND, gather
from ranking.store import Segment
from ranking.types import SOURCES, Rows, Source, Viewer
from tests.ranking.making import NOW
from tests.ranking.test_value import row, viewer

FOX, ROBOT = embed(["a red fox in the snow", "two robots playing chess"])


def ids(*people: int) -> np.ndarray:
    return np.array(sorted(people), np.int64)


def by_source(who: Viewer, *rows, cameos=()) -> dict[Source, list[int]]:
    """Authors of the candidates by the source that named them."""
    found = gather(who, [Segment(Rows(sorted(rows), list(cameos)), NOW)], NOW)
    named = {source: [] for source in SOURCES}
    for author, source in zip(found.items.author.tolist(), found.source.tolist(), strict=True):
        named[SOURCES[source]].append(author)
    return {source: authors for source, authors in named.items() if authors}


def old(number: int, author: int, **more):
    """A post that only its author's followers could be shown."""
    return row(number, 100, author, public=False, **more)


def test_the_first_source_names_a_candidate():
    rows = [old(1, 5), old(2, 6), row(3, 1, 7, remixes=1), old(4, 8, template=9), old(5, 9)]
    who = viewer(friends=ids(5), followed=ids(5, 6), templates=ids(9), id=1)
    twins = [*rows, old(6, 10, template=9)]
    found = by_source(who, *twins, cameos=[(rows[4].id, 1)])
    assert found == {
        Source.FRIEND: [5],
        Source.FOLLOWED: [6],
        Source.MY_CAMEO: [9],
        Source.ALIKE: [8, 10],
        Source.HOT: [7],
    }


def test_what_is_near_to_what_one_makes_or_asks_for():
    near = row(1, 100, 5, vector=packed(FOX[None]), impressions=99)
    far = row(2, 100, 6, vector=packed(ROBOT[None]), impressions=99)
    for wish in ({"create_profile": FOX}, {"steer": FOX}):
        assert by_source(viewer(**wish), near, far)[Source.NEAR] == [5]


def test_what_one_asks_for_is_not_drowned_by_all_that_one_made():
    (owl,) = embed(["a red fox and a brown owl"])
    others = [row(n, 100, n, vector=packed(owl[None]), impressions=99) for n in range(1, 200)]
    robot = row(200, 100, 200, vector=packed(ROBOT[None]), impressions=99)
    found = by_source(viewer(create_profile=1000 * FOX, steer=ROBOT), *others, robot)
    assert 200 in found[Source.NEAR]


def test_a_friend_who_posts_a_thousand_times_a_day_has_thirty_candidates():
    rows = [row(n, n / 50, 5, public=False) for n in range(1, 1000)]
    assert by_source(viewer(friends=ids(5), followed=ids(5)), *rows) == {
        Source.FRIEND: [5] * PER_FRIEND
    }


def test_a_stranger_who_posts_a_thousand_times_a_day_is_not_there_in_bulk():
    loud = [row(n, n / 50, 5, impressions=50, remixes=40) for n in range(1, 1000)]
    others = [row(n, 30 + n, n, impressions=50) for n in range(1_000, 1_200)]
    found = by_source(viewer(create_profile=FOX), *loud, *others)
    shares = {source: Counter(authors)[5] for source, authors in found.items()}
    assert max(shares.values()) <= 2


def test_who_follows_nobody_is_shown_what_is_new_and_hot():
    rows = [row(n, 1 + n / 100, n) for n in range(1, 400)]
    found = by_source(viewer(), *rows)
    assert set(found) <= {Source.HOT, Source.EXPLORE, Source.LATEST}
    assert sum(map(len, found.values())) >= FRESH


def test_who_follows_a_hundred_thousand_is_shown_whoever_posted_lately():
    followed = np.arange(1, 100_001)
    rows = [old(n, n * 10) for n in range(1, 200)]
    found = by_source(viewer(followed=followed), *rows)
    assert (len(followed) > MANY, len(found[Source.FOLLOWED])) == (True, 199)


@pytest.mark.parametrize("rows", [[], [row(1)]])
def test_hardly_anything_to_show(rows):
    assert len(gather(viewer(), [Segment(Rows(rows, []), NOW)], NOW)) == len(rows)


def test_untried_posts_take_turns_from_one_second_to_the_next():
    segment = Segment(Rows([row(n, 2, n, impressions=1) for n in range(1, 2_000)], []), NOW)
    seen = set()
    for second in range(20):
        found = gather(viewer(id=7), [segment], NOW + second)
        explored = found.source == SOURCES.index(Source.EXPLORE)
        seen |= set(found.items.author[explored].tolist())
    assert len(seen) > 1_500
