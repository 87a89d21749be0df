import pytest

from ranking.embedding import embed, packed
from ranking.saturation import Saturation, saturation
from ranking.store import Segment
from ranking.types import Rows
from tests.ranking.making import NOW
from tests.ranking.test_value import row

WORDS = [f"{who} {does}" for who in ("fox", "moon", "boat") for does in ("sings", "bakes", "runs")]


def measured(*rows) -> Saturation:
    return saturation([Segment(Rows(sorted(rows), []), NOW)], NOW)


def shown(number: int, words: str, impressions: int = 10, hours: float = 1):
    vector = packed(embed([words]))
    return row(number, hours, number, vector=vector, template=hash(words) % 2**40 + 1,
               impressions=impressions)  # fmt: skip


def test_one_video_made_many_times_is_as_saturated_as_can_be():
    found = measured(*(shown(n, "a red fox") for n in range(20)))
    assert (found.impressions, round(found.clusters, 6)) == (200, 1.0)
    assert [round(x, 2) for x in found[2:]] == [1.0, 1.0, 1.0]


def test_variety_is_told_from_monotony():
    varied = measured(*(shown(n, words) for n, words in enumerate(WORDS)))
    same = measured(*(shown(n, WORDS[0]) for n in range(9)))
    assert varied.clusters > 3 * same.clusters
    assert varied.likeness < same.likeness / 2


def test_what_counts_is_what_was_shown_and_only_of_a_day():
    rare, old = shown(1, WORDS[0], impressions=1), shown(2, WORDS[1], 1000, hours=30)
    found = measured(rare, old, shown(3, WORDS[5], impressions=99))
    assert (found.impressions, found.clusters) == (100, pytest.approx(1.02, abs=0.01))


@pytest.mark.parametrize("rows", [[], [row(1, impressions=0)]])
def test_nothing_shown_is_nothing_measured(rows):
    assert measured(*rows).impressions == 0
