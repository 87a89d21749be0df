from dataclasses import replace

import numpy as np
import pytest

from ranking.counterfactual import CONTENDERS, decided
from ranking.embedding import embed, packed
from ranking.errors import BadRecipe
from ranking.recipes import checked
from ranking.services import rank
from ranking.slate import STEERED, slate
from ranking.steering import FADING, LIKE_LASTS, SILENCE, STEP, is_hard, left_of, unwanted
from ranking.topics import topics_in
from ranking.types import DAY, About, Chip, Slot, Verb
from ranking.value import BOUNDS, CONSUMPTION, WEIGHTS, usual
from tests.ranking.making import NOW
from tests.ranking.test_value import candidates, row, viewer


def chip(verb: Verb, about: About, key: str = "", **more) -> Chip:
    vector = packed(embed([key])[0]).hex() if about == About.WORDS else ""
    plain = {"id": 1, "made": NOW, "until": NOW + 7 * DAY, "vector": vector}
    return Chip(**plain | {"verb": verb, "about": about, "key": key} | more)


def saying(number: int, text: str, **more):
    words = {"vector": packed(embed([text])[0]), "topics": topics_in(text)}
    return row(number, author=100 + number, **words | more)


CAT = "my cat dances ballet"
SNOW = "deep snow in the mountains"


@pytest.mark.parametrize(
    ("about", "key", "meant"),
    [
        (About.TOPIC, "dance", [1]),
        (About.TOPIC, "nature", [2]),
        (About.TOPIC, "no such topic", []),
        (About.PERSON, "102", [2]),
        (About.REMIXES, "", [3]),
        (About.NEWCOMERS, "", [1, 3]),
        (About.WORDS, "cat dances ballet", [1]),
    ],
)
def test_less_and_no_keep_out_what_they_mean(about, key, meant):
    items = candidates(saying(1, CAT), saying(2, SNOW, likes=20), saying(3, "", depth=1)).items
    for verb in (Verb.LESS, Verb.NO):
        out = unwanted([chip(verb, about, key)], items)
        assert (items.author[out] - 100).tolist() == meant


def test_see_less_keeps_the_like_out_for_two_weeks_and_then_fades_in_four_steps():
    one = chip(Verb.LESS, About.LIKE, "7", until=NOW + LIKE_LASTS)
    days = [0, 13.9, 14, 48, 50, 85, 120, 153]
    hard = [is_hard(one, NOW + day * DAY) for day in days]
    left = [left_of(one, NOW + day * DAY) for day in days[2:]]
    assert hard == [True, True] + [False] * 6
    assert left == [0.2, 0.2, 0.4, 0.6, 0.8, 0.8]
    assert pytest.approx(154 * DAY) == LIKE_LASTS == SILENCE + len(FADING) * STEP


def test_see_less_means_the_post_its_template_and_what_says_the_same():
    said = saying(1, CAT)
    rows = [said, saying(2, "my cat dances a ballet"), saying(3, SNOW), saying(4, SNOW, template=9)]
    items = candidates(*rows).items
    one = chip(Verb.LESS, About.LIKE, str(said.id), vector=said.vector.hex(), template=9)
    assert unwanted([one], items).tolist() == [True, True, False, True]


def test_what_fades_is_worth_a_part_of_it():
    items = candidates(saying(1, CAT), saying(2, SNOW))
    before = rank(viewer(), items, NOW, seed=1).value
    fading = chip(Verb.LESS, About.LIKE, str(items.items.id[0]), made=NOW - 15 * DAY)
    after = rank(viewer(chips=(fading,)), items, NOW, seed=1)
    assert (after.value / before).round(3).tolist() == [0.2, 1.0]
    assert after.touched.tolist() == [1, 0]


def test_more_raises_and_has_up_to_30_percent_of_a_page():
    said = [CAT if n > 90 else SNOW for n in range(1, 100)]
    hours = [80 if text == CAT else 1 for text in said]
    alone = packed(embed(["each in words of its own"])[0] * 0)  # or they would be near-duplicates
    rows = [
        saying(n, text, hours=old, vector=alone)
        for n, (text, old) in enumerate(zip(said, hours, strict=True), start=1)
    ]
    asked = viewer(chips=(chip(Verb.MORE, About.TOPIC, "dance"),))
    before, after = (rank(who, candidates(*rows), NOW, seed=1) for who in (viewer(), asked))
    raised = after.value - before.value
    assert set(raised[after.steered].round(6).tolist()) == {0.1}
    assert not raised[~after.steered].any()
    page = slate(after, 20)
    at = [place for place, placed in enumerate(page) if placed.slot == Slot.STEERED]
    assert at == sorted(STEERED)
    assert {topics_in(CAT)} == {_topics(rows, page[place].item) for place in at}


def _topics(rows, item: int) -> int:
    return next(one.topics for one in rows if one.id == item)


def test_only_comes_first_and_the_rest_when_it_has_run_out():
    rows = [saying(n, CAT if n < 4 else SNOW) for n in range(1, 31)]
    friend = {"friends": np.array([110]), "followed": np.array([110])}
    asked = viewer(chips=(chip(Verb.ONLY, About.TOPIC, "dance"),), **friend)
    ranking = rank(asked, candidates(*rows), NOW, seed=1)
    page = [place.item for place in slate(ranking, 20)]
    assert set(page[:3]) == {one.id for one in rows[:3]}
    assert len(page) == 20
    assert not ranking.due.any()


def test_of_several_only_any_will_do():
    rows = [saying(1, CAT), saying(2, SNOW), saying(3, "a red car")]
    chips = (chip(Verb.ONLY, About.TOPIC, "dance"), chip(Verb.ONLY, About.TOPIC, "nature", id=2))
    ranking = rank(viewer(chips=chips), candidates(*rows), NOW, seed=1)
    assert (ranking.value > -1).tolist() == [True, True, False]


# --- counterfactuals ------------------------------------------------------------------------------


def test_a_friends_post_would_stand_where_its_value_alone_puts_it():
    rows = [row(n, author=n, remixes=n % 7, impressions=50) for n in range(10, 40)]
    friend = viewer(friends=np.array([20]), followed=np.array([20]))
    ranking, stranger = (rank(who, candidates(*rows), NOW, seed=1) for who in (friend, viewer()))
    page = slate(ranking, 20)
    said = decided(ranking, page)["because"]
    at = [place.author for place in page].index(20)
    alone = stranger.value[stranger.author == 20] - 1e-9
    assert said[at] == ["follow", int((stranger.value >= alone).sum()), [], 20]


def test_without_a_wish_an_item_falls_back_and_the_wish_is_logged():
    rows = [saying(n, SNOW if n > 1 else CAT) for n in range(1, 31)]
    rows = [one._replace(remixes=one.id % 100 % 5, impressions=30) for one in rows]
    asked = viewer(chips=(chip(Verb.MORE, About.TOPIC, "dance"),), recipe="Loud")
    ranking = rank(asked, candidates(*rows), NOW, seed=1)
    page = slate(ranking, 20)
    found = decided(ranking, page, before=20)
    at = [place.item for place in page].index(rows[0].id)
    reason, place, chips, author = found["because"][at]
    assert found["steering"] == {"chips": [["more", "topic", "dance"]], "recipe": "Loud"}
    assert (reason, chips, author, place > 21) == ("wishes", [0], None, True)


def test_only_the_chips_that_touched_the_page_are_logged():
    rows = [saying(n, SNOW) for n in range(1, 4)]
    chips = (chip(Verb.MORE, About.TOPIC, "dance"), chip(Verb.MORE, About.TOPIC, "nature", id=2))
    ranking = rank(viewer(chips=chips), candidates(*rows), NOW, seed=1)
    found = decided(ranking, slate(ranking, 20))
    assert found["steering"] == {"chips": [["more", "topic", "nature"]]}
    assert [said[2] for said in found["because"]] == [[0]] * 3


def test_remixes_are_taken_away_with_what_was_counted():
    rows = [
        row(1, author=5, remixes=30, impressions=60),
        *(row(n, author=n) for n in range(10, 30)),
    ]
    ranking = rank(viewer(), candidates(*rows), NOW, seed=1)
    said = decided(ranking, slate(ranking, 20))["because"]
    assert said[0] == ["remixes", 21, [], None]


def test_only_the_most_valued_are_reckoned_anew():
    rows = [row(n, author=n, remixes=5, impressions=40) for n in range(1, 251)]
    left, said = rank(viewer(), candidates(*rows), NOW, seed=1), []
    for number in range(13):
        page = slate(left, 20, number)
        said += decided(left, page, before=20 * number)["because"]
        left = left.without(np.array([place.item for place in page]))
    assert (len(said), sum(one is not None for one in said)) == (250, CONTENDERS)


# --- recipes --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("weights", "field", "rule"),
    [
        ({"create": float("inf")}, "create", "number"),
        ({"create": float("nan")}, "create", "number"),
        ({"create": "1"}, "create", "number"),
        ({"create": True}, "create", "number"),
        ({"create": None}, "create", "number"),
        ({"create": 10**400}, "create", "number"),
        ({"create": 3.01}, "create", "bounds"),
        ({"like": 0.06}, "like", "bounds"),
        ({"report": 0}, "report", "bounds"),
        ({"watch": 0.01}, "watch", "unknown"),
        ({"x" * 99: 1}, "x" * 40, "unknown"),
        ({"create": 0, "post": 0, "remix_open": 0.2, "cameo_use": 0.1}, "create", "creation"),
    ],
)
def test_a_recipe_out_of_bounds_is_refused_by_name_and_rule(weights, field, rule):
    with pytest.raises(BadRecipe) as refused:
        checked(weights)
    assert refused.value.facts == {"field": field, "rule": rule}


def test_every_published_weight_lies_within_its_bounds_and_consumption_never_above_a_twentieth():
    assert all(BOUNDS[name][0] <= weight <= BOUNDS[name][1] for name, weight in usual().items())
    assert max(BOUNDS[head][1] for head in CONSUMPTION) == 0.05
    assert checked(usual()) == usual()


def test_a_recipe_puts_other_items_first():
    with_cameo = row(1, author=5)
    rows = [with_cameo, row(2, author=6, depth=1)]
    known = viewer(friend_cameo_items=np.array([with_cameo.id]))
    usually = rank(known, candidates(*rows), NOW, seed=1)
    no_cameos = dict.fromkeys(("cameo_use", "create", "post"), 0.0) | {"remix_open": 2.0}
    other = rank(replace(known, weights=usual() | no_cameos), candidates(*rows), NOW, seed=1)
    assert not np.array_equal(usually.value, other.value)
    assert set(usual()) - set(WEIGHTS) == {"author_need"}
