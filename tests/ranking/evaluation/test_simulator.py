import json
from collections import defaultdict

import numpy as np
import pytest
from django.core.management import CommandError, call_command

from ranking.evaluation.comparing import index, overall, within
from ranking.evaluation.interface import NOTHING, Births, Pages, People
from ranking.evaluation.metrics import Tally, gini
from ranking.evaluation.policies import BASELINES, POLICIES
from ranking.evaluation.runner import Cell, live, run, run_all, world_class
from ranking.evaluation.worlds import DEVELOPMENT, HELD_OUT, WORLDS
from tests.ranking.evaluation.elsewhere import Village

VILLAGE = "tests.ranking.evaluation.elsewhere:Village"


def small(policy: str, world: str = "neighbourhood", seed: int = 1) -> Cell:
    return Cell(world, policy, seed, people=60, days=5)


@pytest.fixture(scope="module")
def shares() -> dict[str, dict]:
    return {name: run(small(name))["figures"] for name in ("random", "ours", "oracle")}


def test_who_knows_the_truth_inspires_more_than_chance_and_ours_lies_above_chance(shares):
    created = {name: figures["return_create"] for name, figures in shares.items()}
    assert created["random"] + 0.1 < created["ours"]
    assert created["random"] + 0.2 < created["oracle"]


def test_friends_new_posts_reach_their_friends(shares):
    assert shares["ours"]["friend_coverage"] > 0.95 > shares["random"]["friend_coverage"]


@pytest.mark.parametrize("policy", ["ours", "twitter-2023"])
def test_the_same_seed_lives_the_same_life_to_the_last_bit(policy):
    cell = Cell("tricksters", policy, 3, people=24, days=3)
    assert run(cell)["figures"] == run(cell)["figures"]


@pytest.mark.parametrize("world", WORLDS)
def test_every_world_can_be_lived_in(world):
    figures = run(Cell(world, "latest", 1, people=24, days=4))["figures"]
    assert sum(figures["sessions"]) > 0
    assert 0 <= figures["return_create"] <= 1


@pytest.mark.parametrize("policy", BASELINES)
def test_every_baseline_serves(policy):
    if policy == "als":
        pytest.importorskip("implicit")
    assert run(Cell("crowds", policy, 1, people=40, days=4))["figures"]["active"] > 0


@pytest.mark.parametrize("policy", ["ours", "following", "watch", "twitter-2023"])
def test_nobody_is_shown_their_own_what_they_hid_or_what_is_for_others(policy):
    village = Village(1, 30, 2)
    live(village, POLICIES[policy](), seed=1)
    follows = {tuple(edge) for edge in village.people().follows.tolist()}
    hidden = defaultdict(set)
    for asks, pages in village.pages:
        for viewer, page in zip(asks.viewer.tolist(), pages.item, strict=True):
            items = page[page != NOTHING].tolist()
            assert len(items) == len(set(items))
            assert not hidden[viewer] & set(items)
            for item in items:
                author = item % 30
                assert author != viewer
                assert author % 5 != 0 or (viewer, author) in follows
            hidden[viewer] |= {item for item in items if item % 50 == 7}


def test_a_part_that_is_left_out_is_missed():
    without, with_caps = (
        run(small(name, "megaphones"))["figures"] for name in ("ours without caps", "ours")
    )
    assert without["repeats"] > 1.5 * with_caps["repeats"]


def test_a_world_written_elsewhere_drives_the_ranker(tmp_path, capsys):
    options = {"world": VILLAGE, "policies": "ours,oracle,random", "seeds": 1, "jobs": 1}
    call_command("simulate", people=30, days=4, out=tmp_path, **options)
    found = index(json.loads((tmp_path / "report.json").read_text()))
    created = {policy: figures["return_create"] for (_, policy, _), figures in found.items()}
    assert created["oracle"] > created["random"]
    assert "ours minus it" in capsys.readouterr().out


def test_a_run_that_was_cut_short_goes_on_where_it_stopped(tmp_path):
    cells = [Cell("neighbourhood", policy, 1, 30, 3) for policy in ("latest", "random")]
    first = list(run_all(cells[:1], tmp_path, jobs=1))
    kept = tmp_path / f"{cells[0].key()}.json"
    kept.write_text(json.dumps(first[0] | {"took": -1}))
    assert [one["took"] < 0 for one in run_all(cells, tmp_path, jobs=1)] == [True, False]


def test_held_out_worlds_are_others_and_together_they_are_more_than_eight():
    assert not set(DEVELOPMENT) & set(HELD_OUT)
    assert len(WORLDS) == len(DEVELOPMENT) + len(HELD_OUT) >= 8


@pytest.mark.parametrize(
    ("options", "rule"),
    [
        ({"policies": "ours,best"}, "--policies: no best; there are ours, "),
        ({"world": "nowhere"}, "--worlds: nowhere: no world of ours"),
        ({"world": "nowhere:World"}, "nor module:Class"),
        ({"people": 2}, "--people: at least 20"),
        ({"days": 0}, "--days: at least 2"),
    ],
)
def test_a_simulation_that_cannot_be_is_refused(options, rule, tmp_path):
    with pytest.raises(CommandError, match=rule):
        call_command("simulate", out=tmp_path, **options)


def test_a_world_is_found_by_name_or_by_module():
    assert world_class("crowds") is WORLDS["crowds"]
    assert world_class(VILLAGE) is Village


def test_inequality_is_nothing_among_equals_and_nearly_one_where_one_has_all():
    assert gini(np.ones(100)) == pytest.approx(0)
    assert gini(np.eye(1, 100)[0]) == pytest.approx(0.99)


def test_nobody_is_told_of_an_advantage_that_is_none():
    one = {"return_create": 0.5, "created": [1] * 50, "sessions": [2] * 50}
    found = {(w, p, s): one for w in "ab" for p in ("ours", "same") for s in (1, 2)}
    for difference in (overall(found, "same", "ab"), within(found, "same", "a")):
        assert (difference.value, difference.certain) == (0, False)


def test_a_real_advantage_is_told_with_certainty():
    chance = np.random.default_rng(1)

    def lived(share: float) -> dict:
        created = chance.binomial(10, share, 200).tolist()
        return {"return_create": share, "created": created, "sessions": [10] * 200}

    found = {(w, "ours", s): lived(0.6) for w in "abcd" for s in (1, 2)}
    found |= {(w, "less", s): lived(0.5) for w in "abcd" for s in (1, 2)}
    for difference in (overall(found, "less", "abcd"), within(found, "less", "a")):
        assert difference.low > 0.05
        assert difference.certain
    assert overall(found, "less", "abcd").ahead == 8
    assert overall(found, "nobody", "abcd") is None


def test_friend_coverage_counts_a_post_as_shown_only_where_it_was():
    tally = Tally(People(3, np.array([[0, 1], [1, 0], [0, 2]])), np.zeros(3, bool))
    nothing, one = np.zeros(2, np.int64), np.zeros((2, 32), np.float32)
    posts = Births(
        np.arange(2), np.zeros(2), np.array([1, 2]), np.arange(2), nothing, np.ones(2, bool),
        nothing, one, np.empty((0, 2), np.int64),
    )  # fmt: skip
    tally.born(posts)
    assert tally.figures()["friend_coverage"] == 0
    for asks, pages in _asked(viewer=0, pages=[[1], [0, 1]]):
        tally.asked(asks, pages)
        assert tally.due == {(0, 0): pages.item[0, 0] == 0}


def _asked(viewer, pages):
    village = Village(1, 30, 1)
    asks = village._asks(1)
    for number, items in enumerate(pages):
        page = np.full((1, 20), NOTHING)
        page[0, : len(items)] = items
        of = {name: getattr(asks, name)[[viewer]] for name in ("viewer", "session", "began")}
        numbers = np.array([number])
        yield (
            type(asks)(60.0, **of, number=numbers, passive=numbers, created=numbers < 0),
            Pages(page, np.zeros(1, bool)),
        )
