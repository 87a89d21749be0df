from collections import defaultdict

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ranking.store import (
    ItemStore,
    Pointers,
    Segment,
    first_of,
    newest_of,
    sighted,
    with_cameo_of,
)
from ranking.topics import TOPICS
from ranking.types import Rows
from tests.ranking.making import NOW
from tests.ranking.test_value import row


@given(st.lists(st.integers(0, 6), max_size=40), st.sets(st.integers(-2, 9)), st.integers(1, 4))
def test_newest_of_each_key_is_what_plain_python_finds(keys, asked, each):
    by_key = defaultdict(list)
    for position, key in enumerate(keys):
        by_key[key].append(position)
    expected = sorted(p for key in asked for p in by_key[key][-each:])
    pointers = Pointers(np.array(keys, np.int64), np.arange(len(keys)))
    assert sorted(pointers.newest(np.array(sorted(asked), np.int64), each)) == expected


@given(st.lists(st.integers(0, 4)), st.integers(1, 3))
def test_first_of_each_key_is_what_plain_python_finds(keys, each):
    expected = [n for n, key in enumerate(keys) if keys[:n].count(key) < each]
    assert first_of(np.array(keys, np.int64), each).tolist() == expected


@settings(max_examples=50)
@given(st.lists(st.integers(1, 5), min_size=1, max_size=30), st.integers(0, 30))
def test_newest_of_spans_segments(authors, cut):
    rows = [row(n, hours=50 - n, author=author) for n, author in enumerate(authors)]
    parts = [Segment(Rows(part, []), NOW) for part in (rows[:cut], rows[cut:])]
    whole = [Segment(Rows(rows, []), NOW)]
    asked = np.array([1, 2, 9], np.int64)
    assert newest_of(parts, asked, 2).id.tolist() == newest_of(whole, asked, 2).id.tolist()


def test_items_with_a_cameo_of_somebody():
    rows = [row(n, hours=9 - n) for n in range(5)]
    segment = Segment(Rows(rows, [(rows[1].id, 70), (rows[3].id, 70), (rows[4].id, 71)]), NOW)
    assert with_cameo_of([segment], np.array([70]), 50).tolist() == [rows[1].id, rows[3].id]


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 3)), max_size=30))
def test_items_come_out_with_the_tree_and_the_words_they_came_in_with(made):
    """Of a tree the first may be gone already; template 0 is none."""
    rows = [row(n, hours=40 - n, template=words) for n, (_, words) in enumerate(made)]
    rows = [
        one._replace(root=rows[tree].id if tree < n else one.id if tree else 7)
        for n, (one, (tree, _)) in enumerate(zip(rows, made, strict=True))
    ]
    segment = Segment(Rows(rows, []), NOW)
    items = segment.items
    assert items.root.tolist() == [one.root for one in rows]
    assert items.template.tolist() == [one.template for one in rows]
    for pointers, keys in ((segment.by_tree, items.root), (segment.by_template, items.template)):
        known, counts = np.unique(keys[keys != 0], return_counts=True)
        assert pointers.keys.tolist() == known[counts >= 2].tolist()
        for key in pointers.keys.tolist():
            found = pointers.newest(np.array([key]), 99)
            assert found.tolist() == np.flatnonzero(keys == key)[::-1].tolist()


def over_usual(made: int, impressions: int) -> float:
    return float(np.log((made + 0.8) / (impressions + 40) / 0.02))


def test_an_item_has_the_rates_of_its_author_its_tree_and_its_words():
    first = row(1, hours=9, author=5, impressions=100, remixes=6, template=3)
    remix = row(2, hours=8, author=6, impressions=10, template=4)._replace(root=first.id)
    again = row(3, hours=7, author=5, impressions=200, template=4)
    items = Segment(Rows([first, remix, again], []), NOW).items
    assert items.author_rate.tolist() == pytest.approx(
        [over_usual(6, 300), over_usual(0, 10), over_usual(6, 300)], abs=2e-3
    )
    assert items.tree_rate.tolist() == pytest.approx([over_usual(6, 110)] * 2 + [0], abs=2e-3)
    assert items.template_rate.tolist() == pytest.approx([0] + [over_usual(0, 210)] * 2, abs=2e-3)


def test_hot_are_creations_over_what_was_expected():
    busy = row(1, impressions=1000, remixes=2)
    inspiring = row(2, impressions=50, remixes=5)
    private = row(3, impressions=1, remixes=9, public=False)
    segment = Segment(Rows([busy, inspiring, private], []), NOW)
    assert segment.items.id[segment.hot].tolist() == [inspiring.id, busy.id]


def test_fresh_are_young_and_untried():
    rows = [row(1, 30), row(2, 20, impressions=20), row(3, 10), row(4, 5, public=False)]
    segment = Segment(Rows(rows, []), NOW)
    assert segment.items.id[segment.fresh].tolist() == [rows[2].id]


def test_latest_begins_with_two_of_each_author():
    rows = [row(n, 9, author=6) for n in range(20)] + [row(99, 8, author=7)]
    segment = Segment(Rows(rows, []), NOW)
    assert segment.items.author[segment.latest].tolist()[:4] == [7, 6, 6, 6]


class Database:
    """Rows that a loader finds; counts how often it was asked."""

    def __init__(self) -> None:
        self.rows, self.asked = [], []

    def load(self, after: int, most: int) -> Rows:
        self.asked.append(after)
        found = sorted(r for r in self.rows if r.id > after)
        return Rows(found[:most], [], found[most - 1].id if len(found) >= most else None)


def test_a_new_item_is_found_by_the_tail_and_one_that_committed_late_too(time_machine, tmp_path):
    time_machine.move_to(NOW, tick=False)
    database = Database()
    database.rows = [row(1, hours=1)]
    store = ItemStore(database.load, tmp_path / "store")
    assert [len(part) for part in store.segments()] == [1]
    late = row(2, hours=20 / 3600)  # took its id 20 s before the store was built
    database.rows += [late, row(3, hours=-0.001)]
    store._read -= 2  # two seconds later
    assert [len(part) for part in store.segments()] == [1, 2]
    known = sighted(store.segments(), np.array([1, late.id]))
    assert (known.at.tolist(), known.author.tolist(), known.cluster.tolist()) == ([1], [5], [0])


def test_within_a_second_nothing_is_read_again(time_machine, tmp_path):
    time_machine.move_to(NOW, tick=False)
    database = Database()
    store = ItemStore(database.load, tmp_path / "store")
    store.segments(), store.segments()
    assert len(database.asked) == 1


def test_a_minute_later_everything_is_read_again(time_machine, tmp_path):
    time_machine.move_to(NOW, tick=False)
    database = Database()
    database.rows = [row(1)]
    store = ItemStore(database.load, tmp_path / "store")
    store.segments()
    database.rows = [row(2), row(3)]
    store._built -= 61
    store._read -= 61
    assert [len(part) for part in store.segments()] == [2]


def test_an_empty_store_answers_with_nothing():
    segment = Segment(Rows([], []), NOW)
    assert (len(segment.hot), len(segment.fresh), len(segment.latest)) == (0, 0, 0)


def test_every_topic_has_its_bit_in_the_store():
    rows = [row(place, topics=1 << place) for place in range(len(TOPICS))]
    assert Segment(Rows(rows, []), NOW).items.topics.tolist() == [r.topics for r in rows]
