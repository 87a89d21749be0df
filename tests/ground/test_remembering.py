"""What a process remembers of people, and when it reads again."""

from __future__ import annotations

import pytest

from sora_social.remembering import Remembered
from sora_social.users import services
from sora_social.users.relations import RELATIONS
from tests.caches import forget
from tests.people import follow, make_mutual, person

pytestmark = pytest.mark.django_db


class Reader:
    def __init__(self) -> None:
        self.value, self.read = "old", 0

    def __call__(self, person: int) -> str:
        self.read += 1
        return f"{self.value} {person}"


@pytest.fixture
def reader():
    forget()
    return Reader()


def test_it_is_read_once(reader):
    thing = Remembered("test", reader)
    assert ([thing.of(7), thing.of(7), thing.of(8)], reader.read) == (
        ["old 7", "old 7", "old 8"],
        2,
    )


def test_what_was_forgotten_is_read_again_by_every_process(reader):
    here, there = Remembered("test", reader), Remembered("test", reader)
    here.of(7), there.of(7)
    reader.value = "new"
    here.forget(7)
    assert (here.of(7), there.of(7)) == ("new 7", "new 7")


def test_what_one_process_puts_another_reads(reader):
    here, there = Remembered("test", reader), Remembered("test", reader)
    there.of(7)
    reader.value = "new"
    here.put(7, "put")
    assert (here.of(7), there.of(7)) == ("put", "new 7")


def test_what_changes_while_it_is_read_is_read_again(reader):
    thing = Remembered("test", reader)

    def meanwhile(who: int) -> str:
        thing._read = reader
        thing.forget(who)
        return "overtaken"

    thing._read = meanwhile
    assert (thing.of(7), thing.of(7)) == ("overtaken", "old 7")


def test_a_lost_cache_costs_time_only(reader):
    thing = Remembered("test", reader)
    thing.of(7)
    forget()
    assert (thing.of(7), reader.read) == ("old 7", 2)


def test_relations_follow_every_change():
    forget()
    me, friend, idol, foe = (person() for _ in range(4))

    def told() -> tuple[list[int], ...]:
        return tuple(people.tolist() for people in RELATIONS.of(me.pk))

    found = [told()]
    make_mutual(me, friend)
    follow(me, idol)
    found.append(told())
    services.block(foe, me)
    services.unfollow(friend, me)
    found.append(told())
    services.unfollow(me, idol)
    services.unblock(foe, me)
    found.append(told())
    assert found == [
        ([], [], []),
        ([friend.pk], [friend.pk, idol.pk], []),
        ([], [friend.pk, idol.pk], [foe.pk]),
        ([], [friend.pk], []),
    ]
