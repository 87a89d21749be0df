from collections import defaultdict

import numpy as np
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
