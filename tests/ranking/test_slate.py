from collections import Counter

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from ranking.pool import Ranking
from ranking.slate import EXPLORE, ORDER, slate
from ranking.types import Slot
from tests.ranking.making import ranking

FRIENDS = range(900, 905)
KINDS = np.eye(6, 32, dtype=np.float16)  # unlike each other; of the same kind as good as the same


@st.composite
def pools(draw: st.DrawFn) -> tuple[Ranking, set[int]]:
    """A pool with 0 to 12 due posts of up to five friends, and the items that went meanwhile."""
    due_by = draw(st.lists(st.sampled_from(FRIENDS), max_size=12))
    others = draw(st.lists(st.integers(1, 12), max_size=60))
    authors = draw(st.permutations(due_by + others))
    due = {n for n, author in enumerate(authors, start=1) if author in FRIENDS}
    some = st.sets(st.integers(1, max(len(authors), 1)), max_size=12)
    each = {"min_size": len(authors), "max_size": len(authors)}
    pool = ranking(
        authors,
        due=due,
        seen=draw(some) - due,
        explorable=draw(some) - due,
        roots=draw(st.lists(st.integers(1, 8), min_size=len(authors), max_size=len(authors))),
        values=draw(st.lists(st.floats(-1, 3), min_size=len(authors), max_size=len(authors))),
        seed=draw(st.integers(0, 2**62)),
        authors_shown=draw(st.dictionaries(st.sampled_from(FRIENDS), st.floats(0, 9))),
        steered=draw(some),
        floor=dict.fromkeys(draw(some), draw(st.integers(1, 4))),
        worn=dict.fromkeys(draw(some), draw(st.floats(0, 1))),
        templates=draw(st.lists(st.integers(0, 3), **each)),
        vectors=KINDS[draw(st.lists(st.integers(0, len(KINDS) - 1), **each))],
    )
    return pool, draw(some)


def items(page):
    return [place.item for place in page]


@settings(max_examples=300, deadline=None)
@given(pools())
def test_every_due_post_stands_before_rank_20_up_to_8_and_the_rest_opens_the_next_page(pool):
    everything, gone = pool
    left = everything.without(np.array(sorted(gone), np.int64))
    due = set(left.item[left.due].tolist())
    first = items(slate(left, 20))
    placed = due & set(first)
    assert len(placed) >= min(len(due), 8 if len(left) >= 20 else int(0.4 * len(left)) or 1)
    after = left.without(np.array(first, np.int64))
    waiting = due - placed
    second = items(slate(after, 20, number=1))
    assert waiting == set(second[: len(waiting)])


@settings(max_examples=300, deadline=None)
@given(pools(), st.integers(1, 20))
def test_pages_are_never_short_and_nothing_comes_twice(pool, size):
    left, _ = pool
    shown = []
    for number in range(len(left)):
        page = items(slate(left, size, number))
        assert len(page) == min(size, len(left))
        shown += page
        left = left.without(np.array(page, np.int64))
    assert sorted(shown) == list(range(1, len(shown) + 1))


@settings(max_examples=200, deadline=None)
@given(pools(), st.integers(0, 5))
def test_the_same_question_has_the_same_answer(pool, number):
    everything, _ = pool
    assert slate(everything, 20, number) == slate(everything, 20, number)


@settings(max_examples=200, deadline=None)
@given(pools())
def test_what_was_seen_comes_only_when_everything_else_is_placed(pool):
    everything, _ = pool
    page = items(slate(everything, 20))
    seen = set(everything.item[everything.seen].tolist())
    fresh = set(everything.item.tolist()) - seen
    assert not seen & set(page) or fresh <= set(page)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.integers(1, 30), min_size=80, max_size=120), st.integers(0, 2**40))
def test_two_of_an_author_and_two_of_a_tree_when_there_are_enough_others(authors, seed):
    roots = [author % 25 + 1 for author in authors]
    page = slate(ranking(authors, seed=seed, roots=roots), 20)
    trees = Counter(roots[place.item - 1] for place in page)
    by = Counter(place.author for place in page)
    enough = sum(min(2, n) for n in Counter(roots).values()) >= 20
    assert not enough or (max(by.values()), max(trees.values())) <= (2, 2)


def test_one_author_alone_fills_the_page_rather_than_shorten_it():
    assert items(slate(ranking([7] * 30), 20)) == list(range(1, 21))


def test_friends_have_four_usual_places_when_nobody_is_due():
    friends = {20 + n for n in range(1, 7)}
    authors = list(range(100, 120)) + list(range(901, 907)) + list(range(200, 230))
    page = slate(ranking(authors, friendly=friends), 20)
    at = [place for place, placed in enumerate(page) if placed.slot == Slot.FRIEND]
    assert at == [1, 6, 11, 16]


def test_eight_due_posts_have_eight_places_and_the_explore_place_stays():
    authors = list(range(100, 130)) + list(range(901, 909)) + list(range(201, 211))
    due, untried = set(range(31, 39)), set(range(39, 49))
    page = slate(ranking(authors, due=due, explorable=untried), 20)
    at = [place for place, placed in enumerate(page) if placed.slot == Slot.FRIEND]
    assert at == sorted(ORDER)
    assert (page[EXPLORE].slot, page[EXPLORE].propensity) == (Slot.EXPLORE, 0.1)


def test_the_explore_place_is_drawn_uniformly():
    authors, untried = list(range(100, 140)), set(range(31, 41))
    drawn = Counter(
        slate(ranking(authors, explorable=untried, seed=seed), 20)[EXPLORE].item
        for seed in range(2000)
    )
    assert set(drawn) == untried
    assert all(140 < times < 260 for times in drawn.values())  # 200 each; 4.5 deviations


def test_one_post_of_each_friend_comes_before_the_second_of_anyone():
    authors = [901] * 8 + [902] + list(range(1, 30))
    page = slate(ranking(authors, due=set(range(1, 10))), 20)
    assert 9 in items(page)


def test_an_author_fades_with_what_was_shown_of_them_today():
    page = slate(ranking([1, 2], values=[1.0, 0.9], authors_shown={1: 2.0}), 2)
    assert items(page) == [2, 1]


# --- variety --------------------------------------------------------------------------------------


@settings(max_examples=100, deadline=None)
@given(st.lists(st.integers(0, 39), min_size=60, max_size=90))
def test_near_duplicates_are_held_back_when_there_are_enough_others(kinds):
    vectors = np.eye(40, 32, dtype=np.float16)[kinds]  # the last eight kinds say nothing
    page = slate(ranking(list(range(1, len(kinds) + 1)), vectors=vectors), 20)
    shown = Counter(kinds[place.item - 1] for place in page if kinds[place.item - 1] < 32)
    silent = sum(kind >= 32 for kind in kinds)
    enough = len({kind for kind in kinds if kind < 32}) + silent >= 20
    assert not enough or max(shown.values(), default=0) <= 1


def test_a_variation_of_the_same_prompt_by_the_same_author_is_held_back():
    authors = [7, 7, 8, *range(100, 130)]
    page = items(slate(ranking(authors, templates=[5, 5, 5, *[0] * 30]), 20))
    assert (page[:2], 2 in page) == ([1, 3], False)


def test_a_hundred_copies_of_the_best_do_not_hide_what_is_worth_less():
    vectors = np.zeros((160, 32), np.float16)
    vectors[:130, 0] = 1  # more of the same than a short list holds; the others say nothing
    page = items(slate(ranking(list(range(1, 161)), vectors=vectors), 20))
    assert sorted(page) == [1, *range(131, 150)]


def test_near_duplicates_fill_a_page_rather_than_shorten_it():
    vectors = np.ones((30, 32), np.float16) / np.float16(32**0.5)
    assert len(slate(ranking(list(range(1, 31)), vectors=vectors), 20)) == 20


def test_what_is_unlike_the_rest_comes_before_what_is_worth_a_little_more():
    vectors = np.zeros((3, 32), np.float16)
    vectors[0, 0], vectors[1, :2], vectors[2, 5] = 1, (0.8, 0.6), 1
    page = slate(ranking([1, 2, 3], values=[1.0, 0.9, 0.85], vectors=vectors), 3)
    assert items(page) == [1, 3, 2]


def test_what_one_was_shown_all_day_is_worn_out():
    page = slate(ranking([1, 2], values=[1.0, 0.7], worn={1: 0.8}), 2)
    assert items(page) == [2, 1]


# --- what was asked for, and what is new ----------------------------------------------------------


@settings(max_examples=100, deadline=None)
@given(st.sets(st.integers(1, 60)), st.integers(0, 8))
def test_three_tenths_of_a_page_are_what_one_asked_for(steered, due):
    authors = list(range(100, 160)) + list(range(901, 901 + due))
    page = slate(ranking(authors, steered=steered, due=set(range(61, 61 + due))), 20)
    assert len(steered & set(items(page))) >= min(len(steered), 6)


@settings(max_examples=200, deadline=None)
@given(pools())
def test_new_posts_of_strangers_take_at_most_a_tenth_of_the_page(pool):
    everything, _ = pool
    page = slate(everything, 20)
    lots = [place for place in page if place.slot in (Slot.EXPLORE, Slot.FLOOR)]
    assert len(lots) <= 2
    assert all(place.propensity > 0 for place in lots)


def test_the_floor_is_for_whom_the_new_post_concerns_most():
    needy = {21: 1, 22: 1, 33: 3, 34: 3, 35: 2}
    pool = ranking(list(range(100, 140)), floor=needy)
    drawn = [place for place in slate(pool, 20) if place.slot == Slot.FLOOR]
    assert [(place.item in {33, 34}, place.propensity) for place in drawn] == [(True, 0.5)]


def test_every_new_post_has_twenty_impressions_when_pages_allow_it():
    """Forty posts by strangers, sixty viewers, eight pages each: as many places as the floor asks
    for, and as many again for chance to miss."""
    new, needed = set(range(41, 81)), Counter(dict.fromkeys(range(41, 81), 20))
    for viewer in range(60 * 8):
        floor = {item: 1 for item in new if needed[item] > 0}
        pool = ranking(list(range(100, 180)), floor=floor, explorable=set(floor), seed=viewer)
        needed.subtract(place.item for place in slate(pool, 20) if place.item in new)
    assert max(needed.values()) <= 0
