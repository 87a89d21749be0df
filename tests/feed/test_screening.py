"""Captions and comments are judged by the rules for prompts, with the words of the video."""

from __future__ import annotations

import pytest

from feed.models import Comment, Post
from generation.models import Job
from sora_social.notifications.models import Notice
from tests.cameos.making import active_cameo
from tests.feed.making import posted, remixed
from tests.generation.making import done_output
from tests.people import person, signed_in

pytestmark = pytest.mark.django_db
POSTS = "/api/v1/posts/"
HATE = "White power! Look at this."


@pytest.fixture
def ada():
    return person("ada")


def publish(author, output, caption):
    said = {"draft": str(output.pk), "caption": caption, "audience": "followers"}
    return signed_in(author).post(POSTS, said, format="json")


def comment(who, post, text):
    return signed_in(who).post(f"{POSTS}{post.pk}/comments/", {"text": text}, format="json")


def rule_of(answer):
    """The rule that a refusal names."""
    assert (answer.status_code, answer.json()["code"]) == (422, "blocked")
    return answer.json()["facts"]["rule"]


def test_a_caption_that_may_not_be_is_refused_by_rule_and_span_and_the_draft_stays_one(ada):
    output = done_output(ada)
    answer = publish(ada, output, HATE)
    assert rule_of(answer) == "hate"
    facts = answer.json()["facts"]
    assert facts["suggestion"]
    assert facts["because"] == [
        {
            "group": "hate", "layer": "words", "field": "caption",
            "start": 0, "end": 11, "text": "White power",
        }
    ]  # fmt: skip
    assert not Post.objects.exists()
    assert publish(ada, output, "Look at this.").status_code == 201


@pytest.mark.parametrize("text", ["Wh1te p0wer", "w h i t e  p o w e r", "Whіte pοwer"])
def test_disguises_are_seen_through(ada, text):
    assert rule_of(publish(ada, done_output(ada), text)) == "hate"


def test_with_a_likeness_a_caption_is_held_to_more(ada):
    cameo = active_cameo(ada)
    assert rule_of(publish(ada, done_output(ada, [cameo]), "Naked!")) == "sexual_likeness"
    assert publish(ada, done_output(ada), "Naked!").status_code == 201


def test_a_handle_names_somebody_and_says_nothing(ada):
    person("naked_truth")
    output = done_output(ada, [active_cameo(ada)])
    assert rule_of(publish(ada, output, "As @naked_lunch says")) == "sexual_likeness"
    assert publish(ada, output, "As @Naked_Truth says").status_code == 201
    person("wild_kid")
    told = posted(ada, prompt="@wild_kid and @wild_child on skates")
    said = comment(ada, told, "sexy").json()["facts"]
    assert said["rule"] == "minors"
    Job.objects.update(prompt="@wild_kid on skates")
    assert comment(ada, told, "sexy").status_code == 201


def test_words_are_judged_with_those_of_the_video_and_of_what_it_was_made_from(ada):
    first = posted(ada, prompt="a girl in a garden")
    second = remixed(ada, first, prompt="in the snow")
    for post in (first, second):
        answer = comment(person(), post, "so sexy")
        assert rule_of(answer) == "minors"
        assert {"group": "minors", "layer": "words", "field": "earlier"} in answer.json()["facts"][
            "because"
        ]
    assert comment(person(), posted(ada, prompt="a red car"), "so sexy").status_code == 201


def test_for_the_video_alone_nobody_is_refused(ada):
    post = posted(ada)
    Job.objects.update(prompt="white power")  # a rule that is younger than it
    assert comment(person(), post, "What a morning.").status_code == 201
    assert rule_of(comment(person(), post, HATE)) == "hate"


def test_a_refused_comment_leaves_nothing_behind(ada):
    post = posted(ada)
    assert rule_of(comment(person(), post, HATE)) == "hate"
    post.refresh_from_db()
    assert (Comment.objects.count(), post.comments, Notice.objects.count()) == (0, 0, 0)


def test_a_caption_is_not_changed_to_what_may_not_be(ada):
    post = posted(ada, caption="Look!")
    path = f"{POSTS}{post.pk}/"
    said = {"caption": HATE, "audience": "followers"}
    assert rule_of(signed_in(ada).patch(path, said, format="json")) == "hate"
    post.refresh_from_db()
    assert (post.caption, post.audience) == ("Look!", "public")
    assert signed_in(ada).patch(path, {"caption": ""}, format="json").status_code == 200
