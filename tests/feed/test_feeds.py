"""Top, Friends, With me and Plain: what stands in them, in which order, and for whom."""

from __future__ import annotations

from itertools import chain

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from feed import services
from feed.catalog import STORE
from feed.models import Post
from ranking.models import ServedPage
from sora_social.users import services as users
from tests.caches import forget
from tests.cameos.characters import ready
from tests.cameos.making import active_cameo
from tests.feed.making import ids, posted
from tests.feed.test_home import HOME, aged, event, many, send, walk
from tests.people import follow, make_mutual, person, signed_in

pytestmark = pytest.mark.django_db
TOP, FRIENDS = "/api/v1/feed/top/", "/api/v1/feed/friends/"
WITH_ME, PLAIN = "/api/v1/feed/with-me/", "/api/v1/feed/plain/"
FEEDS = [TOP, FRIENDS, WITH_ME, PLAIN]
OWN = "/api/v1/me/feed/"


def counted(remixes: int, impressions: int) -> Post:
    post = posted(person())
    Post.objects.filter(pk=post.pk).update(remixes=remixes, impressions=impressions)
    return post


# --- top ------------------------------------------------------------------------------------------


def test_top_is_by_creations_over_what_was_to_be_expected_and_says_so():
    much_seen, loved, unseen = counted(9, 2000), counted(6, 50), counted(0, 0)
    client = signed_in(person())
    answer = client.get(TOP).json()
    assert ids(answer) == [loved.pk, unseen.pk, much_seen.pk]
    assert answer["items"][0]["why"] == "6 remixes, where 1 would be usual."
    path = f"/api/v1/posts/{much_seen.pk}/why/"
    assert client.get(path, {"page": answer["page"]}).json()["terms"] == [
        {"name": "remixes", "moved": 9.0},
        {"name": "usual", "moved": 40.0},
    ]


def test_top_has_a_window_of_a_day_a_week_or_a_month():
    new, old = posted(person()), aged(posted(person()), hours=50)
    client = signed_in(person())
    STORE.drop()
    assert [set(ids(client.get(TOP, {"window": each}).json())) for each in ("day", "week")] == [
        {new.pk},
        {new.pk, old.pk},
    ]
    bad = client.get(TOP, {"window": "century"})
    assert (bad.status_code, list(bad.json()["fields"])) == (400, ["window"])


# --- friends, and with me -------------------------------------------------------------------------


def test_friends_are_those_one_follows_and_who_follow_back():
    viewer, friend, star, fan = person(), person(), person(), person()
    make_mutual(viewer, friend), follow(viewer, star), follow(fan, viewer)
    made = [posted(friend), posted(friend, "followers")]
    posted(star), posted(fan), posted(viewer)
    assert ids(signed_in(viewer).get(FRIENDS).json()) == [post.pk for post in reversed(made)]


def test_with_me_is_every_listed_post_with_my_likeness_or_a_character_of_mine():
    viewer, author = person(), person()
    cameo, pet = active_cameo(viewer), ready(viewer, "rex")
    with_me = posted(viewer, cameos=[cameo])
    with_pet = posted(author)
    with_pet.output.job.character_uses.create(character=pet)
    posted(author), posted(viewer, "unlisted")
    gone = posted(viewer, cameos=[cameo])
    services.remove(gone)
    assert ids(signed_in(viewer).get(WITH_ME).json()) == [with_pet.pk, with_me.pk]
    assert ids(signed_in(author).get(WITH_ME).json()) == []


# --- every one of them ----------------------------------------------------------------------------


@pytest.fixture
def viewer():
    """Somebody for whom every feed holds 25 posts, with friends they are all by."""
    viewer = person()
    pet = ready(viewer, "rex")
    for post in many(5, 5):
        follow(viewer, post.author), follow(post.author, viewer)
        post.output.job.character_uses.create(character=pet)
    return viewer


@pytest.mark.parametrize("path", FEEDS)
def test_every_feed_has_signed_cursors_and_is_logged(path, viewer):
    client = signed_in(viewer)
    pages = walk(client, path, limit=10)
    shown = list(chain(*map(ids, pages)))
    assert (len(shown), len(set(shown))) == (25, 25)
    assert ServedPage.objects.get(pk=pages[0]["page"]).items == ids(pages[0])
    cursor = pages[0]["next"]
    for wrong in (cursor[:-2] + "xx", "x"):
        answer = client.get(path, {"cursor": wrong})
        assert (answer.status_code, list(answer.json()["fields"])) == (400, ["cursor"])
    assert signed_in(person()).get(path, {"cursor": cursor}).status_code == 400
    assert client.get(HOME, {"cursor": cursor}).status_code == 400


@pytest.mark.parametrize("path", [TOP, PLAIN])
def test_an_order_stands_while_posts_arrive_and_vanish(path, viewer):
    client = signed_in(viewer)
    expected = list(chain(*map(ids, walk(client, path))))
    first = client.get(path, {"limit": 10}).json()
    services.remove(Post.objects.get(pk=expected[12]))
    posted(person())
    STORE.drop()
    second = client.get(path, {"limit": 10, "cursor": first["next"]}).json()
    assert ids(first) + ids(second) == [*expected[:12], *expected[13:21]]


@pytest.mark.parametrize("path", FEEDS)
def test_what_may_not_be_seen_stands_in_no_feed(path, viewer):
    client = signed_in(viewer)
    gone, other = ids(client.get(path).json())[:2]
    services.hide(Post.objects.get(pk=gone))
    author = Post.objects.get(pk=other).author
    users.block(author, viewer)
    left = list(chain(*map(ids, walk(client, path))))
    assert gone not in left
    assert set(left) & set(author.posts.values_list("pk", flat=True)) == set()


# --- plain ----------------------------------------------------------------------------------------

ACTS = ("follow", "befriend", "like", "hide", "see_less", "say", "recipe", "scroll", "post")


@settings(
    max_examples=12, deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)  # fmt: skip
@given(st.lists(st.tuples(st.sampled_from(ACTS), st.integers(0, 5)), max_size=8), st.data())
def test_plain_is_the_same_for_any_two_viewers_but_for_what_they_may_see(crowd, acts, data):
    one, other = person(), person()
    clients = signed_in(one), signed_in(other)
    for act, which in acts:
        done(act, one, clients[0], crowd[which])
    blocked = data.draw(st.sampled_from([None, *crowd]))
    if blocked:
        users.block(one, blocked.author)
    STORE.drop(), forget()
    mine, theirs = (list(chain(*map(ids, walk(client, PLAIN, limit=7)))) for client in clients)
    unseen = set(blocked.author.posts.values_list("pk", flat=True)) if blocked else set()
    assert mine == [pk for pk in theirs if pk not in unseen]
    clients[0].patch(OWN, {"plain": True}, format="json")
    at_home = list(chain(*map(ids, walk(clients[0], HOME, limit=7))))
    assert at_home == mine


@pytest.fixture
def crowd():
    return many(3, 2)


def done(act: str, viewer, client, post: Post) -> None:
    """Something that home takes notice of."""
    if act in ("follow", "befriend"):
        make_mutual(viewer, post.author) if act == "befriend" else follow(viewer, post.author)
    elif act == "like":
        client.put(f"/api/v1/posts/{post.pk}/like/")
    elif act in ("hide", "see_less"):
        page = client.get("/api/v1/feed/latest/", {"limit": 50}).json()
        if post.pk in ids(page):
            assert send(client, page["page"], event(act, post=post.pk)).status_code == 200
    elif act == "say":
        client.post(f"{OWN}steering/", {"text": "no beaches, more snow"}, format="json")
    elif act == "recipe":
        said = {"name": "x", "weights": {"create": 3}}
        made = client.post("/api/v1/me/recipes/", said, format="json").json()
        client.patch(OWN, {"recipe": made["id"]}, format="json")
    elif act == "scroll":
        walk(client, HOME)
    else:
        posted(viewer, "unlisted")


def test_plain_is_a_setting_that_home_honours_and_says():
    many(3, 2)
    viewer = person()
    friend = person()
    make_mutual(viewer, friend)
    private, client = posted(friend, "followers"), signed_in(viewer)
    before = client.get(HOME).json()
    assert (before["policy"], private.pk in ids(before)) == ("prior-1", True)
    assert client.patch(OWN, {"plain": True}, format="json").json()["plain"] is True
    after = client.get(HOME).json()
    assert (after["policy"], private.pk in ids(after)) == ("plain-1", False)
    assert {item["why"] for item in after["items"]} == {"In the order that everybody has."}
    assert client.get(HOME, {"cursor": before["next"] or ""}).status_code == 200
    client.patch(OWN, {"plain": False}, format="json")
    assert client.get(HOME).json()["policy"] == "prior-1"


def test_without_a_store_they_go_by_time(monkeypatch):
    def broken(after):
        raise OSError("no store")

    posts, client = many(3, 4), signed_in(person())
    monkeypatch.setattr(STORE, "_load", broken)
    STORE.drop()
    for path in (TOP, PLAIN):
        pages = walk(client, path, limit=5)
        assert {answer["policy"] for answer in pages} == {"fallback-1"}
        assert list(chain(*map(ids, pages))) == [post.pk for post in reversed(posts)]
