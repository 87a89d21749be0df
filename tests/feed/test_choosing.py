"""What people choose: wishes in words, recipes, and what home makes of them."""

from __future__ import annotations

import datetime

import pytest

from feed.catalog import STORE
from feed.models import Post
from ranking.models import Choices, Recipe, ServedPage
from sora_social.users import services as users
from tests.caches import forget
from tests.feed.making import ids, posted, remixed
from tests.feed.test_home import event, send
from tests.people import make_mutual, person, signed_in

pytestmark = pytest.mark.django_db
HOME, OWN, SAY = "/api/v1/feed/home/", "/api/v1/me/feed/", "/api/v1/me/feed/steering/"
RECIPES = "/api/v1/me/recipes/"
DANCE, SNOW, CAR = "a man dances ballet", "snow on a mountain", "a red car"


def say(client, text):
    return client.post(SAY, {"text": text}, format="json")


def home(client) -> list[int]:
    return ids(client.get(HOME).json())


def three() -> dict[str, Post]:
    return {prompt: posted(person(), prompt=prompt) for prompt in (DANCE, SNOW, CAR)}


# --- wishes in words ------------------------------------------------------------------------------


def test_a_sentence_becomes_chips_that_can_be_read_and_removed_and_expire():
    client = signed_in(person())
    made = say(client, "more stop-motion, no politics today")
    assert made.status_code == 201
    shown = client.get(OWN).json()["chips"]
    assert shown == made.json()["chips"]
    assert [(chip["text"], chip["fading"]) for chip in shown] == [
        ("more stop-motion", False),
        ("no politics", False),
    ]
    ends = [datetime.datetime.fromisoformat(chip["expires_at"]) for chip in shown]
    assert (ends[0] - ends[1]).days in (5, 6)
    assert client.delete(f"/api/v1/me/feed/chips/{shown[0]['id']}/").status_code == 204
    assert [chip["text"] for chip in client.get(OWN).json()["chips"]] == ["no politics"]


def test_a_chip_that_expired_is_gone_and_steers_nothing():
    viewer, posts = person(), three()
    client = signed_in(viewer)
    say(client, "no dance")
    row = Choices.objects.get()
    row.chips[0]["until"] = row.chips[0]["made"] - 1
    row.save()
    forget()
    assert client.get(OWN).json()["chips"] == []
    assert set(home(client)) == {post.pk for post in posts.values()}


@pytest.mark.parametrize("verb", ["less", "no"])
def test_less_and_no_are_hard_rules_even_for_a_friends_new_post(verb):
    viewer, posts = person(), three()
    make_mutual(viewer, posts[DANCE].author)
    client = signed_in(viewer)
    assert posts[DANCE].pk in home(client)
    say(client, f"{verb} dance")
    assert set(home(client)) == {posts[SNOW].pk, posts[CAR].pk}


@pytest.mark.parametrize("text", ["no cars", "no red cars", "nichts mit Car"])
def test_a_rule_by_words_goes_by_what_is_written(text):
    posts = three()
    odd = posted(person(), prompt="a big machine", caption="Such CARS are red")
    client = signed_in(person())
    say(client, text)
    assert set(home(client)) == {posts[DANCE].pk, posts[SNOW].pk}
    assert odd.pk not in home(client)


def test_a_rule_holds_from_the_next_page_on_though_the_ranking_was_made_before():
    for _ in range(12):
        author = person()
        posted(author, prompt=DANCE), posted(author, prompt=SNOW)
    client = signed_in(person())
    first = client.get(HOME).json()
    say(client, "no dance")
    second = client.get(HOME, {"cursor": first["next"]}).json()
    prompts = {item["prompt"] for item in second["items"] if item["kind"] == "post"}
    assert prompts == {SNOW}


def test_a_rule_holds_when_there_is_nothing_in_memory(monkeypatch):
    def broken(after):
        raise OSError("no store")

    posts, loud = three(), person("loud")
    posted(loud), remixed(person(), posts[SNOW], prompt="a blue ball")
    client = signed_in(person())
    for text in ("no dance", "no cars", "no @loud", "no remixes"):
        assert say(client, text).status_code == 201
    monkeypatch.setattr(STORE, "_load", broken)
    STORE.drop()
    assert home(client) == [posts[SNOW].pk]


def test_only_is_first_and_the_rest_follows():
    posts, client = three(), signed_in(person())
    say(client, "only snow")
    found = home(client)
    assert (found[0], len(found)) == (posts[SNOW].pk, 3)


def test_more_raises_what_was_asked_for_and_why_says_so():
    posts, client = three(), signed_in(person())
    for post in (posts[CAR], posts[SNOW]):
        Post.objects.filter(pk=post.pk).update(remixes=9, impressions=40)
    STORE.drop()
    assert home(signed_in(person()))[-1] == posts[DANCE].pk
    say(client, "more dance")
    answer = client.get(HOME).json()
    assert ids(answer)[0] == posts[DANCE].pk
    found = client.get(f"/api/v1/posts/{posts[DANCE].pk}/why/", {"page": answer["page"]}).json()
    assert (found["chips"], found["source"]) == (["more dance"], "steered")
    assert found["counterfactual"]["without"] == "wishes"
    assert "without your wish “more dance”" in found["counterfactual"]["text"]


def test_see_less_keeps_such_posts_out_and_is_a_chip_like_any():
    posts, client = three(), signed_in(person())
    alike = posted(person(), prompt=DANCE)
    served = client.get(HOME).json()["page"]
    assert send(client, served, event("see_less", post=posts[DANCE].pk)).status_code == 200
    found = home(client)
    assert {posts[DANCE].pk, alike.pk} & set(found) == set()
    chip = client.get(OWN).json()["chips"][0]
    assert (chip["text"], chip["fading"]) == ("less like a video you saw", False)
    client.delete(f"/api/v1/me/feed/chips/{chip['id']}/")
    assert {posts[DANCE].pk, alike.pk} <= set(home(client))


def test_no_person_is_a_rule_and_somebody_gone_leaves_no_name():
    loud, viewer = person("loud"), person()
    post, client = posted(loud), signed_in(viewer)
    assert say(client, "no @loud").json()["chips"][0]["text"] == "no @loud"
    assert home(client) == []
    users.suspend(loud)
    assert client.get(OWN).json()["chips"] == []
    assert post.pk


@pytest.mark.parametrize(
    ("text", "code", "words"),
    [
        ("hello there", "not_understood", ["hello", "there"]),
        ("no @nobody_at_all", "not_understood", ["@nobody_at_all"]),
        ("more cats, flurb", None, None),
        ("more cats, no cats", "contradiction", ["cats"]),
    ],
)
def test_what_cannot_be_understood_is_said_back_and_nothing_is_kept(text, code, words):
    client = signed_in(person())
    answer = say(client, text)
    if code is None:
        assert answer.status_code == 201
        return
    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert (list(answer.json()["fields"]), answer.json()["facts"]["words"]) == (["text"], words)
    assert client.get(OWN).json()["chips"] == []


def test_who_blocked_the_viewer_is_nobody():
    other, viewer = person("other"), person()
    users.block(other, viewer)
    assert say(signed_in(viewer), "no @other").json()["facts"] == {"words": ["@other"]}


@pytest.mark.parametrize(
    "text", ["no cats\x00", "no \x1b[2J cats", "more " + "word " * 10_000, "", None]
)
def test_bad_text_is_refused_by_its_field(text):
    answer = say(signed_in(person()), text)
    assert (answer.status_code, list(answer.json()["fields"])) == (400, ["text"])


def test_there_are_at_most_twenty_wishes_and_the_same_again_takes_its_place():
    client = signed_in(person())
    for n in range(20):
        assert say(client, f"no thing{n}x").status_code == 201
    assert say(client, "no thing0x for 2 days").status_code == 201
    full = say(client, "no another")
    assert (full.status_code, full.json()["facts"]) == (409, {"most": 20})
    assert len(client.get(OWN).json()["chips"]) == 20


def test_somebody_elses_chip_is_not_there():
    client = signed_in(person())
    number = say(client, "no dance").json()["chips"][0]["id"]
    assert signed_in(person()).delete(f"/api/v1/me/feed/chips/{number}/").status_code == 404
    assert len(client.get(OWN).json()["chips"]) == 1


def test_a_newcomers_picks_are_wishes_for_more():
    posts, client = three(), signed_in(person())
    assert posts
    made = client.post(f"{OWN}picks/", {"topics": ["dance", "food"]}, format="json")
    assert [chip["text"] for chip in made.json()["chips"]] == ["more dance", "more food"]
    bad = client.post(f"{OWN}picks/", {"topics": ["everything"]}, format="json")
    assert (bad.status_code, list(bad.json()["fields"])) == (400, ["topics.0"])


# --- recipes --------------------------------------------------------------------------------------


def write(client, name="Mine", **said):
    body = {"name": name, "weights": {"share": 1.0}} | said
    return client.post(RECIPES, body, format="json")


def test_a_recipe_is_written_used_and_named_by_why():
    client, post = signed_in(person()), posted(person())
    made = write(client, "Loud", weights={"remix_open": 2, "author_need": 0}).json()
    assert client.get(OWN).json()["recipe"] is None
    before = ServedPage.objects.get(pk=client.get(HOME).json()["page"]).scores
    client.patch(OWN, {"recipe": made["id"]}, format="json")
    answer = client.get(HOME).json()
    assert ServedPage.objects.get(pk=answer["page"]).scores != before
    why = client.get(f"/api/v1/posts/{post.pk}/why/", {"page": answer["page"]}).json()
    assert (why["recipe"], client.get(OWN).json()["recipe"]) == ("Loud", made["id"])
    client.delete(f"/api/v1/recipes/{made['id']}/")
    assert client.get(OWN).json()["recipe"] is None


def test_who_has_the_link_of_a_shared_recipe_may_fork_it_and_lineage_is_kept():
    ann, bob, cat = (person(handle) for handle in ("ann", "bob", "cat"))
    first = write(signed_in(ann), "First", shared=True).json()
    second = (
        signed_in(bob)
        .post(f"/api/v1/recipes/{first['id']}/forks/", {"name": "Second"}, format="json")
        .json()
    )
    assert (second["weights"], second["shared"]) == ({"share": 1.0}, False)
    assert second["lineage"] == [{"id": first["id"], "name": "First", "by": "ann"}]
    theirs = f"/api/v1/recipes/{second['id']}/"
    assert signed_in(cat).get(theirs).status_code == 404
    signed_in(bob).patch(theirs, {"shared": True}, format="json")
    third = signed_in(cat).post(f"{theirs}forks/", {}, format="json").json()
    assert [each["name"] for each in third["lineage"]] == ["First", "Second"]
    signed_in(ann).patch(f"/api/v1/recipes/{first['id']}/", {"shared": False}, format="json")
    again = signed_in(cat).get(f"/api/v1/recipes/{third['id']}/").json()
    assert again["lineage"][0] == {"id": first["id"], "name": None, "by": None}


def test_somebody_elses_recipe_is_read_at_most_and_never_used():
    shared = write(signed_in(person()), shared=True).json()["id"]
    other, path = signed_in(person()), f"/api/v1/recipes/{shared}/"
    assert other.get(path).status_code == 200
    assert other.patch(path, {"name": "x"}, format="json").status_code == 404
    assert other.delete(path).status_code == 404
    assert other.patch(OWN, {"recipe": shared}, format="json").status_code == 404


@pytest.mark.parametrize(
    ("weights", "said"),
    [
        ('{"create": Infinity}', "create: A finite number."),
        ('{"create": NaN}', "create: A finite number."),
        ('{"create": 1e999}', "create: A finite number."),
        ('{"like": 0.5}', "like: Outside its published bounds."),
        ('{"watch": 0.01}', "watch: There is no such weight."),
        ('{"create": [1]}', "create: A finite number."),
        (
            '{"create": 0, "post": 0, "remix_open": 0, "cameo_use": 0}',
            "create: The weights of creating add up to less than 1.",
        ),
    ],
)
def test_weights_out_of_bounds_are_refused_by_name_and_rule(weights, said):
    client = signed_in(person())
    body = f'{{"name": "x", "weights": {weights}}}'
    answer = client.post(RECIPES, body, content_type="application/json")
    assert answer.status_code == 400
    if answer.json()["fields"] != {"weights": [said]}:
        assert "JSON" in answer.json()["message"] + str(answer.json())  # not JSON at all
    assert not Recipe.objects.exists()


def test_a_recipe_changed_while_in_use_counts_at_once():
    client = signed_in(person())
    posted(person())
    made = write(client).json()["id"]
    client.patch(OWN, {"recipe": made}, format="json")
    before = ServedPage.objects.get(pk=client.get(HOME).json()["page"]).scores
    client.patch(f"/api/v1/recipes/{made}/", {"weights": {"create": 3}}, format="json")
    assert ServedPage.objects.get(pk=client.get(HOME).json()["page"]).scores != before


def test_all_that_can_be_chosen_is_published():
    found = signed_in(person()).get("/api/v1/feed/options/").json()
    weights = {weight["name"]: weight for weight in found["weights"]}
    assert weights["like"] == {"name": "like", "usual": 0.05, "least": 0.0, "most": 0.05}
    assert {"stop-motion", "politics"} <= set(found["topics"])


def test_choices_are_exported_and_go_with_the_person():
    viewer = person()
    client = signed_in(viewer)
    say(client, "no dance"), write(client)
    users.delete_account(viewer)
    assert (Choices.objects.count(), Recipe.objects.count()) == (0, 0)


# --- why ------------------------------------------------------------------------------------------


def test_why_says_where_a_post_would_be_without_ones_follow():
    viewer, friend = person(), person("ann")
    for n in range(6):
        posted(person(), prompt=f"{SNOW} {n}")
    make_mutual(viewer, friend)
    post, client = posted(friend), signed_in(viewer)
    page = client.get(HOME).json()["page"]
    path = f"/api/v1/posts/{post.pk}/why/"
    found = client.get(path, {"page": page}).json()["counterfactual"]
    assert (found["without"], found["place"]) == ("follow", 7)
    assert found["text"] == "It would be at 7 without your follow of @ann."
    users.unfollow(viewer, friend)
    assert client.get(path, {"page": page}).json()["counterfactual"] == found


def test_a_creation_of_nothing_known_has_no_counterfactual():
    post, client = posted(person()), signed_in(person())
    page = client.get(HOME).json()["page"]
    found = client.get(f"/api/v1/posts/{post.pk}/why/", {"page": page}).json()
    assert (found["counterfactual"], found["chips"], found["recipe"]) == (None, [], None)
