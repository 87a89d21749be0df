import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ranking.errors import Contradiction, NotThatLong, NotUnderstood
from ranking.sentences import PHRASES, Wish, wishes_in
from ranking.topics import TOPICS
from ranking.types import About, Verb


def read(text: str) -> list[str]:
    return [f"{w.verb} {w.key or w.about} {w.days}" for w in wishes_in(text)]


@pytest.mark.parametrize(
    ("text", "wishes"),
    [
        (
            "more stop-motion, less dance, nothing political this week",
            ["more stop-motion 7", "less dance 7", "no politics 7"],
        ),
        ("this month: more cats, no dogs", ["more cats 30", "no dogs 30"]),
        ("no politics today and more dogs in hats", ["no politics 1", "more dogs hats 7"]),
        ("more stop motion less dance", ["more stop-motion 7", "less dance 7"]),
        ("don't show me horror for two weeks", ["no horror 14"]),
        ("Please, I don't want any war or crime!", ["no war 7", "no crime 7"]),
        ("show me new creators", ["more newcomers 7"]),
        ("only remixes for 3 days", ["only remixes 3"]),
        ("nothing but cats", ["only cats 7"]),
        ("no more @Bob_1; more posts by @ann", ["no bob_1 7", "more ann 7"]),
        ("I love calm videos", ["more calm 7"]),
        ("más gatos y menos baile", ["more gatos 7", "less dance 7"]),
        ("sólo naturaleza esta semana", ["only nature 7"]),
        ("plus d'animaux, pas de politique pendant 3 jours", ["more animals 7", "no politics 3"]),
        ("moins de danse et de guerre", ["less dance 7", "less war 7"]),
        ("mehr Stop-Motion, keine Politik mehr", ["more stop-motion 7", "no politics 7"]),
        ("nichts Politisches, nur Tiere heute", ["no politics 7", "only animals 1"]),
        ("more cats, more cats", ["more cats 7"]),
    ],
)
def test_a_sentence_is_read_into_wishes(text, wishes):
    assert read(text) == wishes


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("hello there", ["hello", "there"]),
        ("more", ["more"]),
        ("more videos", ["more"]),
        ("more, less dance", ["more"]),
        ("more cats, less", ["less"]),
        ("not only cats", ["not", "only"]),
        ("hello more cats", ["hello"]),
        ("no ugly @ann", ["ugly"]),
        ("no one two three four five words", ["one", "two", "three", "four", "five", "words"]),
        ("🐶", ["🐶"]),
    ],
)
def test_what_is_not_understood_is_said_back_and_nothing_is_half_done(text, words):
    with pytest.raises(NotUnderstood) as refused:
        wishes_in(text)
    assert refused.value.facts == {"words": words}


def test_the_same_in_two_ways_is_a_contradiction():
    with pytest.raises(Contradiction) as refused:
        wishes_in("more cats and dogs, no cats")
    assert refused.value.facts == {"words": ["cats"]}


@pytest.mark.parametrize(("text", "days"), [("no war for 91 days", 91), ("no war for 0 days", 0)])
def test_a_wish_lasts_1_to_90_days(text, days):
    with pytest.raises(NotThatLong) as refused:
        wishes_in(text)
    assert refused.value.facts == {"days": days}


def test_every_topic_can_be_said_by_its_name():
    assert [wishes_in(f"no {topic}") for topic in TOPICS] == [
        [Wish(Verb.NO, About.TOPIC, topic, 7)] for topic in TOPICS
    ]
    named = {says[1] for kind, says in PHRASES.values() if kind == "name" and says[1]}
    assert named == set(TOPICS)


WORDS = ["more", "no", "only", "less", "not", "cats", "dance", "for", "3", "days", "today", ",",
         "@ann", "stop", "motion", "plus", "mehr", "'", "\u0301", "猫", "and", "9999"]  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(WORDS), max_size=30).map(" ".join) | st.text(max_size=60))
def test_any_text_is_wishes_or_an_error_that_says_why(text):
    try:
        found = wishes_in(text)
    except (NotUnderstood, Contradiction, NotThatLong):
        return
    assert found
    assert all(wish.verb in Verb and 1 <= wish.days <= 90 for wish in found)
