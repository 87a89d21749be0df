"""The store's file: what is written is what is opened, and nothing broken ever is."""

from __future__ import annotations

import json
import os
import time

import numpy as np
import pytest

from ranking.embedding import embed, packed
from ranking.store import ItemStore, NotReady, Segment, keeping, snapshot
from ranking.types import Rows
from sora_social.ids import snowflake_at
from tests.ranking.making import NOW
from tests.ranking.test_value import row

VECTORS = [packed(vector[None]) for vector in embed(["a red fox", "two robots dance"])]


def rows(count: int, ago: float = 3600.0) -> Rows:
    """So many items of five authors, remixes and cameos among them, up to now."""
    began = snowflake_at(time.time() - ago)
    root = began + 1
    items = [
        row(0, author=n % 5 + 1)._replace(
            id=began + n + 1, root=root if n % 3 else began + n + 1, template=n % 7,
            vector=VECTORS[n % 2], impressions=n % 40,
        )
        for n in range(count)
    ]  # fmt: skip
    return Rows(items, [(items[n].id, 70) for n in range(0, count, 10)])


@pytest.fixture
def path(tmp_path):
    return tmp_path / "store"


@pytest.fixture
def few(monkeypatch):
    """Three items are many."""
    monkeypatch.setattr(keeping, "SMALL", 3)


def columns(segment: Segment) -> dict[str, list]:
    return {name: column.tolist() for name, column in segment.columns.items()}


def test_what_is_opened_is_what_was_written(path):
    segment = Segment(rows(100), NOW)
    snapshot.write(segment, path)
    found = snapshot.opened(path)
    assert (columns(found), found.moment) == (columns(segment), NOW)
    assert found.by_author.newest(np.array([2]), 3).tolist() == [96, 91, 86]
    assert os.listdir(path.parent) == ["store"]


def test_an_item_takes_at_most_140_bytes():
    """All of them in trees, with prompts that others share, and hardly seen."""
    count = 100_000
    items = [
        row(0, author=n % 10_000)._replace(id=snowflake_at(NOW) + n, root=snowflake_at(NOW) + n
            - n % 5, template=n % 4_096 + 1, vector=VECTORS[n % 2])
        for n in range(count)
    ]  # fmt: skip
    segment = Segment(Rows(items, []), NOW)
    shared = segment.near_vectors.nbytes  # does not grow with the items
    assert (segment.nbytes - shared) / count <= 140


def broken(path, change) -> None:
    """A snapshot with something done to its bytes, or to one of its columns."""
    segment = Segment(rows(100), NOW)
    if isinstance(change, dict):
        segment = Segment.of({**segment.columns, **change}, NOW)
        snapshot.write(segment, path)
    else:
        snapshot.write(segment, path)
        path.write_bytes(change(path.read_bytes()))


def other_version(told: bytes) -> bytes:
    return told.replace(snapshot.MAGIC.encode(), b"sora-items-0", 1)


def larger_than_it_is(told: bytes) -> bytes:
    head, _, rest = told.partition(b"\n")
    header = json.loads(head)
    header["columns"][0][2] = [10**12]
    return json.dumps(header).encode() + b"\n" + rest


BROKEN = {
    "cut short": lambda told: told[: len(told) // 2],
    "cut by one stretch": lambda told: told[: -snapshot.ALIGNED],
    "empty": lambda told: b"",
    "no header": lambda told: b"\0" * 4096,
    "text": lambda told: b"{}\n" + told,
    "another version": other_version,
    "larger than it is": larger_than_it_is,
    "a vector is no number": {"vector": np.full((100, 32), np.nan, np.float16)},
    "a vector is endless": {"vector": np.full((100, 32), np.inf, np.float16)},
    "a count is no number": {"feedback": np.full(5, np.nan, np.float32)},
    "a rate is endless": {"author_rates": np.full(5, np.inf, np.float16)},
    "ids out of order": {"id": np.zeros(100, np.int64)},
    "pointers lead elsewhere": {"author_positions": np.full(100, 100, np.int32)},
    "a tree lies elsewhere": {"tree": np.full(100, 2, np.int32)},
    "words lie elsewhere": {"template": np.full(100, -2, np.int32)},
}


@pytest.mark.parametrize("change", BROKEN.values(), ids=BROKEN.keys())
def test_a_broken_snapshot_is_refused(path, change):
    broken(path, change)
    with pytest.raises(snapshot.BadSnapshot):
        snapshot.opened(path)


def test_a_broken_snapshot_is_taken_away_and_the_store_built_anew(path):
    broken(path, BROKEN["cut short"])
    store = ItemStore(lambda after, most: rows(2), path)
    assert [len(part) for part in store.segments()] == [2]
    assert not path.exists()


def test_a_vector_that_is_no_number_says_nothing():
    bad = np.full(32, np.nan, "<f2").tobytes()
    segment = Segment(Rows([row(1)._replace(vector=bad)], []), NOW)
    assert not segment.items.vector.any()


# --- who builds, who opens ------------------------------------------------------------------------


class Database:
    def __init__(self, found: Rows) -> None:
        self.found, self.asked = found, 0

    def load(self, after: int, most: int) -> Rows:
        self.asked += 1
        items = [item for item in self.found.items if item.id > after]
        upto = items[most - 1].id if len(items) >= most else None
        return Rows(items[:most], [], upto)


def test_a_large_store_is_built_apart_and_until_then_says_so(path, few):
    store = ItemStore(Database(rows(100)).load, path)
    with pytest.raises(NotReady):
        store.segments()
    store._apart.join()
    assert sum(len(part) for part in store.segments()) == 100
    assert path.exists()


def test_another_process_opens_the_file_and_reads_only_what_came_since(path, few):
    everything = rows(100)
    early = Database(Rows(everything.items[:90], []))
    assert ItemStore(early.load, path).renew()
    late = Database(everything)
    store = ItemStore(late.load, path)
    assert ([len(part) for part in store.segments()], late.asked) == ([90], 1)


def test_what_came_since_the_file_was_written_is_there(path, few):
    old, new = rows(50), rows(1, ago=-1).items
    assert ItemStore(Database(old).load, path).renew()
    store = ItemStore(Database(Rows([*old.items, *new], [])).load, path)
    assert [len(part) for part in store.segments()] == [50, 1]


def test_of_two_that_would_write_the_file_one_does(path, few):
    store = ItemStore(Database(rows(100)).load, path)
    with snapshot.sole(path) as alone:
        assert (alone, store.renew()) == (True, False)
    assert (store.renew(), store.renew()) == (True, False)


def test_a_small_store_writes_nothing_and_is_looked_at_once_a_minute(path):
    database = Database(rows(50))
    store = ItemStore(database.load, path)
    assert ([store.renew() for _ in range(5)], database.asked) == ([False] * 5, 1)
    assert not path.exists()


def test_a_minute_old_file_is_written_again_and_taken_up(path, few):
    assert ItemStore(Database(rows(100)).load, path).renew()
    store = ItemStore(Database(rows(120)).load, path)
    store.segments()
    os.utime(path, (time.time() - 61,) * 2)
    store._built -= 61
    store._read -= 61
    store.segments()
    store._apart.join()
    assert len(store.segments()[0]) == 120


def test_a_stale_file_is_not_believed(path, few):
    store = ItemStore(Database(rows(100)).load, path)
    old = Segment(rows(50), time.time() - keeping.STALE_S - 1)
    snapshot.write(old, path)
    with pytest.raises(NotReady):
        store.segments()
