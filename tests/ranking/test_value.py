import numpy as np
import pytest

from ranking.belief import OF_VIEWER, probabilities, top_terms
from ranking.explain import IMPLIED, TERMS, why
from ranking.explain import SOURCES as WORDS
from ranking.features import FEATURES, features, need
from ranking.prior import HEADS, PRIOR
from ranking.services import rank
from ranking.store import Segment
from ranking.types import SOURCES, Candidates, Items, Row, Rows, Slot, Source, Viewer
from ranking.value import CONSUMPTION, FEEDBACK, WEIGHTS, value
from sora_social.ids import snowflake_at
from tests.ranking.making import NOW

HOUR = 3600.0


def row(number: int = 0, hours: float = 1, author: int = 5, **changes) -> Row:
    made = snowflake_at(NOW - hours * HOUR) + number
    plain = {"id": made, "author": author, "root": made, "depth": 0, "likes": 0, "comments": 0}
    return Row(**plain | {"remixes": 0, "impressions": 0, "public": True} | changes)


def candidates(*rows: Row) -> Candidates:
    items = Segment(Rows(sorted(rows), []), NOW).items
    return Candidates(items, np.full(len(items), SOURCES.index(Source.LATEST), np.uint8))


def viewer(**changes) -> Viewer:
    nobody = np.empty(0, np.int64)
    return Viewer(**{"id": 1, "friends": nobody, "followed": nobody} | changes)


def test_no_head_of_mere_consumption_weighs_more_than_a_twentieth():
    assert all(WEIGHTS.get(head, 0) <= 0.05 for head in CONSUMPTION)
    assert "watch" not in WEIGHTS


def test_every_head_is_weighed_and_every_weight_has_a_head():
    assert (set(WEIGHTS), set(FEEDBACK) - set(HEADS)) == (set(HEADS), set())


def test_the_prior_speaks_of_known_features_only():
    named = {name for _, adds in PRIOR.values() for name in adds}
    assert named - set(FEATURES) == set()


def test_creating_weighs_more_than_liking_and_reports_weigh_most():
    assert WEIGHTS["post"] > WEIGHTS["create"] > WEIGHTS["like"]
    assert WEIGHTS["report"] == min(WEIGHTS.values())


def test_features_of_a_friends_remix_with_my_cameo():
    one = row(hours=12, depth=1, impressions=60, remixes=0)
    found = features(
        viewer(friends=np.array([5]), followed=np.array([5]), cameo_items=np.array([one.id])),
        candidates(one),
        NOW,
    )
    known = dict(zip(FEATURES, found[0].round(3).tolist(), strict=True))
    assert {name: much for name, much in known.items() if much} == pytest.approx({
        "friend": 1, "follow": 1, "cameo_me": 1, "is_remix": 1, "depth": 0.693, "age": 0.5,
        "remix_rate": -0.916, "like_rate": -0.916, "author_rate": -0.917, "tried": 4.111,
        "from_latest": 1,
    })  # fmt: skip


def test_an_untried_post_of_a_stranger_has_the_base_chance():
    fresh = candidates(row(hours=0))
    chances = probabilities(features(viewer(), fresh, NOW))
    assert chances["create"][0] == pytest.approx(1 / (1 + np.exp(3.9)))


def test_counted_creations_outweigh_belief():
    both = candidates(row(1, impressions=400, remixes=100), row(2, impressions=400))
    chances = probabilities(features(viewer(), both, NOW))["create"]
    assert (chances[0] > 0.2, chances[1] < 0.01) == (True, True)


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        ({"author": 7}, {"author": 8}),  # a friend, a stranger
        ({"hours": 1}, {"hours": 60}),
        ({"depth": 1}, {"depth": 0}),
        ({"remixes": 9, "impressions": 100}, {"impressions": 100}),
    ],
)
def test_what_makes_people_create_is_worth_more(better, worse):
    pair = candidates(row(1, **worse), row(2, **better))
    friend = viewer(friends=np.array([7]), followed=np.array([7]))
    ranking = rank(friend, pair, NOW, seed=1)
    worth = dict(zip((ranking.item % 10).tolist(), ranking.value.tolist(), strict=True))
    assert worth[2] > worth[1]


def test_a_prolific_account_is_worth_less():
    often = [row(n, author=6) for n in range(20)]
    found = rank(viewer(), candidates(row(99, author=5), *often), NOW, seed=1)
    assert found.author[found.value.argmax()] == 5


def test_an_author_nobody_answered_needs_it_most():
    items = candidates(row(1, author=5), row(2, author=6, likes=9)).items
    assert need(items).tolist() == [1.0, 0.1]


def test_due_are_unseen_posts_of_friends_younger_than_a_day():
    rows = [row(1, 23, 7), row(2, 25, 7), row(3, 1, 8), row(4, 2, 7), row(5, 80, 7)]
    seen = np.array([rows[3].id])
    friend = viewer(friends=np.array([7]), followed=np.array([7, 8]), seen=seen)
    found = rank(friend, candidates(*rows), NOW, seed=1)
    due = {item for item, is_due in zip(found.item, found.due, strict=True) if is_due}
    friendly = {item for item, is_one in zip(found.item, found.friendly, strict=True) if is_one}
    assert (due, friendly) == ({rows[0].id}, {rows[0].id, rows[1].id})


def test_untried_are_new_public_posts_of_strangers_and_at_most_200():
    fresh = [row(n, 2, author=n) for n in range(1, 251)]
    others = [
        row(1, 30), row(2, 1, impressions=20), row(3, 1, public=False), row(4, 1, author=7),
    ]  # fmt: skip
    viewer_of_7 = viewer(followed=np.array([7]))
    found = rank(viewer_of_7, candidates(*fresh, *others), NOW, seed=1)
    untried = set(found.item[found.explorable].tolist())
    assert untried <= {one.id for one in fresh} - {fresh[6].id}
    assert 195 < len(untried) <= 200


def test_a_score_does_not_depend_on_the_others():
    one, others = row(1, author=5), [row(n, author=n) for n in range(10, 40)]
    alone = rank(viewer(), candidates(one), NOW, seed=1).value[0]
    among = rank(viewer(), candidates(one, *others), NOW, seed=1)
    assert among.value[among.item == one.id][0] == pytest.approx(alone, rel=1e-12)


def test_top_terms_are_those_that_moved_creation_most():
    found = np.zeros((1, len(FEATURES)))
    found[0, FEATURES.index("friend")] = 1
    found[0, FEATURES.index("is_remix")] = 1
    assert top_terms(found) == [[("friend", 1.2), ("is_remix", 0.3)]]


def test_value_adds_feedback_where_it_is_needed():
    chances = {head: np.array([0.5, 0.5]) for head in HEADS}
    needed = value(chances, np.array([1.0, 0.0]))
    assert needed[0] - needed[1] == pytest.approx(0.5 * sum(FEEDBACK.values()))


def test_why_is_said_from_the_logged_decision():
    said = why(Source.FRIEND, Slot.GREEDY, [("friend", 1.2), ("is_remix", 0.3)])
    assert said == "From a friend of yours; it is a remix."
    assert why("latest", Slot.PLAIN, []) == "In the order of time."


def test_every_feature_that_can_be_named_has_words():
    """Where an item came from is what the sentence begins with."""
    named = set(FEATURES) - {FEATURES[at] for at in OF_VIEWER}
    sources = {f"from_{source}" for source in SOURCES}
    assert (set(TERMS), set(WORDS)) == (named - sources, set(SOURCES))


@pytest.mark.parametrize("name", TERMS)
def test_why_says_what_raised_it_most_and_nothing_twice(name):
    terms = [(name, 0.9), ("is_remix", 0.3)]
    assert why(Source.LATEST, Slot.GREEDY, terms) == f"New to everybody; {TERMS[name]}."
    for source, implied in IMPLIED.items():
        second = "it is a remix" if name in implied else TERMS[name]
        assert why(source, Slot.GREEDY, terms) == f"{WORDS[source]}; {second}."
    assert why(Source.LATEST, Slot.GREEDY, [(name, -0.9)]) == "New to everybody."


def test_items_join_and_take():
    two = candidates(row(1), row(2)).items
    assert len(Items.join([two, two.take(np.array([0]))])) == 3
