"""What a prompt is about is found in its words, declared, or inherited; never taken away."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from cameos import services as cameos
from cameos.errors import ConsentRequired
from cameos.states import Audience, Context, Rule
from generation import orders, prompting, services
from generation.contexts import WORDS, contexts_in, is_spoken, together
from generation.models import Job, Output
from generation.prompting import Asked, Level, compose
from generation.reading import DRAWN, Reader
from generation.states import Task
from tests.cameos.making import active_cameo
from tests.generation.making import done_output, queued_job, submit
from tests.people import person

HERE = Path(__file__).parent


@pytest.mark.parametrize(
    ("prompt", "found"),
    [
        ("a red ball rolls on a beach", set()),
        ("@ann KISSES @bob", {Context.ROMANCE}),
        ("two kids with guns", {Context.MINORS, Context.VIOLENCE}),
        ("una pelea en una iglesia", {Context.VIOLENCE, Context.RELIGION}),
        ("Werbung für Bier", {Context.ENDORSEMENT, Context.INTOXICANTS}),
        ("un fantôme", {Context.HORROR}),
        ("一个男孩在投票", {Context.MINORS, Context.POLITICS}),
        ("a ｇｕｎ", {Context.VIOLENCE}),
        ("@gun waves", set()),  # somebody's handle is no word
        ("@ann k1sses @bob", {Context.ROMANCE}),
        ("they v o t e", {Context.POLITICS}),
        ("a wеdding", {Context.ROMANCE}),  # with a Cyrillic letter
        ("a b@ttle", {Context.VIOLENCE}),
        ("dans l'église", {Context.RELIGION}),
        ("somebody of twelve, a 12-year-old", {Context.MINORS}),
        ("eine junge Frau", set()),
    ],
)
def test_contexts_are_found_in_five_languages(prompt, found):
    assert contexts_in(prompt) == found


@pytest.mark.parametrize(("name", "found", "wrong"), [("known", 216, 3), ("unseen", 199, 1)])
def test_the_published_figures_are_what_is_found(name, found, wrong):
    said = tomllib.loads((HERE / f"contexts_{name}.toml").read_text())
    listed = [
        (group["context"], {context.value for context in contexts_in(text)})
        for groups in said.values()
        for group in groups
        for text in group["texts"]
    ]
    assert len(listed) == 316
    assert sum(context in seen for context, seen in listed if context) == found
    assert sum(bool(seen) for context, seen in listed if not context) == wrong


@pytest.mark.parametrize(
    ("prompt", "spoken"),
    [("she says hello", True), ("a sign: “Open”", True), ("er singt", True), ("a walk", False)],
)
def test_it_is_seen_whether_somebody_speaks(prompt, spoken):
    assert is_spoken(prompt) == spoken


def test_every_context_has_words_and_the_order_is_the_vocabularys():
    assert set(WORDS.names) == {*Context, "speech"}
    assert together([Context.MINORS], [Context.COMEDY], []) == [Context.COMEDY, Context.MINORS]


@pytest.mark.django_db
def test_a_job_has_what_is_declared_what_is_found_and_what_its_source_had():
    author = person()
    first = done_output(author, contexts=["horror"])
    job = submit(author, "a wedding", source=first, contexts=("comedy",))
    assert job.contexts == ["comedy", "romance", "horror"]


@pytest.mark.django_db
def test_a_likeness_stays_out_of_contexts_that_its_owner_did_not_allow():
    cameo = active_cameo(person(), Audience.EVERYONE, contexts=0)
    author = person()
    for words in ({"prompt": f"@{cameo.handle} with a gun"}, {"contexts": ("violence",)}):
        with pytest.raises(ConsentRequired) as no:
            submit(author, **{"prompt": f"@{cameo.handle} waves", "key": "k"} | words)
        assert no.value.facts == {"cameo": cameo.handle, "rule": Rule.CONTEXT}


@pytest.mark.django_db
def test_safety_instructions_are_heard_in_every_shot():
    cameo = active_cameo(person(), Audience.EVERYONE, safety="no dogs")
    shots = ({"prompt": "a walk", "seconds": 1.0}, {"prompt": "a dog", "seconds": 1.0})
    with pytest.raises(ConsentRequired) as no:
        submit(person(), f"@{cameo.handle} waves", shots=shots)
    assert no.value.facts["rule"] == Rule.SAFETY


@pytest.mark.django_db
@pytest.mark.parametrize(
    "words",
    [
        "drinks alc0hol",
        "drinks аlcohol",
        "drinks a l c o h o l",
        "drinks al-co-hol",
        "drinks alcoholll",
    ],
)
def test_safety_instructions_are_heard_through_disguises(words):
    cameo = active_cameo(person(), Audience.EVERYONE, safety="no alcohol")
    with pytest.raises(ConsentRequired) as no:
        submit(person(), f"@{cameo.handle} {words}")
    assert no.value.facts["rule"] == Rule.SAFETY


@pytest.mark.django_db
def test_a_waiting_job_stops_when_new_safety_instructions_rule_it_out():
    cameo = active_cameo(person(), Audience.EVERYONE)
    job = queued_job(person(), [cameo], prompt=f"@{cameo.handle} with a dog")
    cameos.set_terms(cameo, safety="no dogs")
    assert services.ask("dispatch", job.author, job.pk).rule == Rule.SAFETY


@pytest.mark.django_db
def test_new_safety_instructions_darken_what_is_out_and_its_remixes_at_once():
    cameo, author = active_cameo(person(), Audience.EVERYONE), person()
    with_dog = done_output(author, [cameo], prompt=f"@{cameo.handle} with a big dog")
    remix = done_output(author, [cameo], prompt="make it blue", parents=[with_dog])
    other = done_output(author, [cameo], prompt=f"@{cameo.handle} waves")
    assert set(Output.objects.cleared()) == {with_dog, remix, other}
    cameos.set_terms(cameo, safety="no alcohol, no BIG dogs")
    assert set(Output.objects.cleared()) == {other}
    cameos.set_terms(cameo, safety="no big cats")
    assert set(Output.objects.cleared()) == {with_dog, remix, other}


@pytest.mark.django_db
def test_a_running_job_ends_at_its_next_beat_when_it_is_ruled_out():
    cameo = active_cameo(person(), Audience.EVERYONE)
    job = queued_job(person(), [cameo], prompt=f"@{cameo.handle} with a dog")
    assert Job.objects.may_go_on().filter(pk=job.pk).exists()
    cameos.set_terms(cameo, safety="no dogs")
    assert not Job.objects.may_go_on().filter(pk=job.pk).exists()


@pytest.mark.django_db
def test_whoever_comes_into_a_remix_is_asked_for_all_that_its_sources_speak_of():
    ball, author = active_cameo(person(), Audience.EVERYONE, safety="no beer"), person()
    party = submit(author, "a party with beer", key="party")
    source = done_output(author, prompt="a party with beer")
    assert party.said == source.job.said == " beer  party "
    with pytest.raises(ConsentRequired) as no:
        submit(author, f"@{ball.handle} waves", key="r", task=Task.RESTYLE, source=source)
    assert no.value.facts["rule"] == Rule.SAFETY


@pytest.mark.django_db
def test_owners_may_say_of_themselves_what_nobody_else_may():
    cameo = active_cameo(person(), Audience.EVERYONE, safety="no dogs")
    own = done_output(cameo.owner, [cameo], prompt=f"@{cameo.handle} with a dog")
    assert Output.objects.cleared().get() == own


@pytest.mark.django_db
def test_an_owners_instructions_go_into_every_prompt_that_names_the_cameo():
    cameo = active_cameo(person(), Audience.EVERYONE, instructions="wears a red top hat")
    job = queued_job(person(), [cameo], prompt=f"@{cameo.handle} waves in a meadow")
    read = compose(orders.asked_words(job), Reader(DRAWN)).prompt
    assert "top hat" in read
    other = queued_job(person(), prompt="a ball in a meadow")
    assert "top hat" not in compose(orders.asked_words(other), Reader(DRAWN)).prompt


def test_instructions_reach_the_model_at_every_level():
    for level in (Level.OFF, Level.TEMPLATE):
        asked = Asked(
            "@ann waves", handles=("ann",), level=level, instructions=(("ann", "in red"),)
        )
        assert "in red" in prompting.compose(asked, Reader(DRAWN)).prompt
