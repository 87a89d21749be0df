"""Home and the other lists: order, cursors, logs, nudges, and what happens when ranking fails."""

from __future__ import annotations

import datetime
import uuid
from collections import Counter
from itertools import chain
from random import Random

import pytest

from feed import fallback, services
from feed.catalog import STORE
from feed.models import Post
from generation.models import Job
from ranking.models import Engagement, NudgeState, ServedPage
from ranking.nudges import PLACE
from ranking.slate import EXPLORE
from sora_social.ids import snowflake_at
from tests.caches import forget
from tests.feed.making import ids, posted, remixed
from tests.generation.making import done_output, queued_job
from tests.people import follow, make_mutual, person, signed_in

pytestmark = pytest.mark.django_db
HOME, LATEST, EVENTS = "/api/v1/feed/home/", "/api/v1/feed/latest/", "/api/v1/feed/events/"
FEEDS = [HOME, LATEST, "/api/v1/feed/following/"]


def walk(client, path, **query):
    """All pages of a list."""
    pages = [client.get(path, query).json()]
    while pages[-1]["next"]:
        assert len(pages) < 50
        pages.append(client.get(path, query | {"cursor": pages[-1]["next"]}).json())
    return pages


def many(authors: int, each: int) -> list[Post]:
    people = [person() for _ in range(authors)]
    return [posted(who) for _ in range(each) for who in people]


def aged(post: Post, hours: float) -> Post:
    """The same post, made that long ago."""
    made = datetime.datetime.now(datetime.UTC) - datetime.timedelta(hours=hours)
    pk = snowflake_at(made.timestamp()) + post.pk % 4096
    Post.objects.filter(pk=post.pk).update(id=pk, down_id=str(pk), made_at=made)
    return Post.objects.get(pk=pk)


def event(kind="seen", post=None, **more):
    named = {"post": str(post)} if post else {}
    return {"id": str(uuid.uuid4()), "kind": kind} | named | more


# --- pages --------------------------------------------------------------------------------------


def test_pages_hold_everything_once_and_are_never_short():
    posts, client = many(9, 5), signed_in(person())
    pages = walk(client, HOME)
    shown = [ids(answer) for answer in pages]
    assert [len(items) for items in shown] == [20, 20, 5]
    assert sorted(chain(*shown)) == sorted(post.pk for post in posts)


def test_at_most_two_of_an_author_when_there_are_others_enough():
    loud = person()
    for _ in range(20):
        posted(loud)
    many(10, 2)
    first = signed_in(person()).get(HOME).json()["items"]
    by = Counter(item["author"]["handle"] for item in first)
    assert (len(first), max(by.values())) == (20, 2)


def test_new_posts_do_not_move_the_pages_that_follow():
    posts, client = many(6, 5), signed_in(person())
    first = client.get(HOME).json()
    many(3, 2)
    STORE.drop()
    second = client.get(HOME, {"cursor": first["next"]}).json()
    again = client.get(HOME, {"cursor": first["next"]}).json()
    assert set(ids(first) + ids(second)) == {post.pk for post in posts}
    assert (ids(again), len(set(ids(first)) & set(ids(second)))) == (ids(second), 0)


def test_what_goes_while_one_scrolls_leaves_no_hole():
    posts, client = many(10, 5), signed_in(person())
    first = client.get(HOME).json()
    left = [post for post in posts if post.pk not in ids(first)]
    for post in left[:5]:
        services.hide(post)
    second = client.get(HOME, {"cursor": first["next"]}).json()
    assert (len(ids(second)), set(ids(second)) & {p.pk for p in left[:5]}) == (20, set())


def test_what_was_seen_comes_back_only_when_nothing_else_is_left():
    many(6, 5)
    client = signed_in(person())
    first, second, third = (ids(client.get(HOME).json()) for _ in range(3))
    assert set(first) & set(second[:10]) == set()
    assert (len(second), len(third)) == (20, 20)


def test_a_forgotten_ranking_goes_on_with_what_is_unseen():
    many(10, 5)
    client = signed_in(person())
    first = client.get(HOME).json()
    forget()
    second = client.get(HOME, {"cursor": first["next"]}).json()
    assert set(ids(first)) & set(ids(second)) == set()


@pytest.mark.parametrize("path", FEEDS)
@pytest.mark.parametrize("cursor", ["x", "WyJyYW5rIiwxLDFd:1xU:aaaa", "\x00", "é" * 300])
def test_a_forged_cursor_is_refused(path, cursor):
    answer = signed_in(person()).get(path, {"cursor": cursor})
    assert (answer.status_code, list(answer.json()["fields"])) == (400, ["cursor"])


@pytest.mark.parametrize("path", [HOME, LATEST])
def test_somebody_elses_cursor_and_another_lists_are_refused(path):
    many(6, 5)
    theirs = signed_in(person()).get(path).json()["next"]
    own = signed_in(person())
    other = LATEST if path == HOME else HOME
    mine = own.get(path).json()["next"]
    assert own.get(path, {"cursor": theirs}).status_code == 400
    assert own.get(other, {"cursor": mine}).status_code == 400


@pytest.mark.parametrize("path", FEEDS)
@pytest.mark.parametrize("limit", ["0", "-1", "51", "999999999999", "ten", "1.5", "²"])
def test_a_bad_page_size_is_refused(path, limit):
    answer = signed_in(person()).get(path, {"limit": limit})
    assert (answer.status_code, list(answer.json()["fields"])) == (400, ["limit"])


def test_lists_by_time_have_no_duplicates_while_posts_arrive():
    posts, viewer = many(4, 3), person()
    for post in posts:
        follow(viewer, post.author)
    client = signed_in(viewer)
    for path in FEEDS[1:]:
        first = client.get(path, {"limit": 5}).json()
        posted(posts[0].author)
        rest = walk(client, path, limit=5, cursor=first["next"])
        expected = sorted((p.pk for p in posts), reverse=True)
        shown = [*ids(first), *chain(*map(ids, rest))]
        assert [pk for pk in shown if pk in set(expected)] == expected
        assert len(shown) == len(set(shown))


def test_following_is_by_time_and_only_of_the_followed():
    viewer, friend = person(), person()
    follow(viewer, friend)
    mine = [posted(friend), posted(friend, "followers")]
    posted(person())
    posted(friend, "unlisted")
    found = ids(signed_in(viewer).get("/api/v1/feed/following/").json())
    assert found == [post.pk for post in reversed(mine)]


def test_own_posts_are_not_on_ones_home_and_are_on_latest():
    author = person()
    post = posted(author)
    client = signed_in(author)
    assert (ids(client.get(HOME).json()), ids(client.get(LATEST).json())) == ([], [post.pk])


def test_nothing_to_show_is_an_empty_page():
    answers = [signed_in(person()).get(path).json() for path in FEEDS]
    assert [(answer["items"], answer["next"]) for answer in answers] == [([], None)] * 3


@pytest.mark.parametrize("path", FEEDS)
def test_a_page_is_a_fixed_number_of_queries(path, django_assert_max_num_queries):
    viewer = person()
    for post in many(8, 3):
        make_mutual(viewer, post.author) if post.pk % 2 else follow(viewer, post.author)
    client = signed_in(viewer)
    client.get(path, {"limit": 1})
    # device; pages, follows, blocks, hides; cards, cameos, characters, likes; the log; the store's
    # tail twice
    with django_assert_max_num_queries(12):
        client.get(path, {"limit": 1})
    with django_assert_max_num_queries(12):
        assert len(client.get(path, {"limit": 20}).json()["items"]) == 20


# --- friends ------------------------------------------------------------------------------------


def test_every_friends_new_post_stands_before_rank_20_however_loud_the_others():
    viewer, friends = person(), [person() for _ in range(3)]
    posts = []
    for friend in friends:
        make_mutual(viewer, friend)
        posts += [posted(friend), posted(friend)]
    followed = person()
    follow(viewer, followed)
    for _ in range(12):
        posted(followed)
    others = many(12, 3)
    Post.objects.filter(pk__in=[p.pk for p in others]).update(remixes=50, impressions=60)
    STORE.drop()
    first = ids(signed_in(viewer).get(HOME).json())
    assert {post.pk for post in posts} - set(first) == set()


def test_more_than_eight_open_the_next_page():
    viewer = person()
    friends = [person() for _ in range(11)]
    posts = [posted(friend) for friend in friends if not make_mutual(viewer, friend)]
    many(12, 3)
    client = signed_in(viewer)
    first = client.get(HOME).json()
    second = client.get(HOME, {"cursor": first["next"]}).json()
    due = {post.pk for post in posts}
    assert len(due & set(ids(first))) == 8
    assert due - set(ids(first)) == set(ids(second)[:3])


def test_a_post_for_followers_reaches_them_on_home_and_nobody_else():
    author, fan, other = person(), person(), person()
    follow(fan, author)
    post = posted(author, "followers")
    found = [ids(signed_in(who).get(HOME).json()) for who in (fan, other)]
    assert found == [[post.pk], []]


# --- the log, and why ---------------------------------------------------------------------------


def test_every_served_page_is_one_row_that_says_why():
    viewer = person()
    friend = person()
    make_mutual(viewer, friend)
    posted(friend)
    many(12, 2)
    answer = signed_in(viewer).get(HOME).json()
    row = ServedPage.objects.get()
    assert (str(row.pk), row.viewer, row.surface, row.policy) == (
        answer["page"],
        viewer.pk,
        "home",
        "prior-1",
    )
    assert row.items == ids(answer)
    columns = (row.sources, row.slots, row.propensities, row.scores, row.terms)
    assert {len(column) for column in columns} == {20}
    assert (row.slots[1], row.sources[1], row.slots[EXPLORE]) == ("friend", "friend", "explore")
    assert row.propensities[EXPLORE] >= 0.005


@pytest.mark.parametrize("path", [*FEEDS[1:], "/api/v1/people/somebody/posts/"])
def test_lists_by_time_are_logged_too(path):
    author = person("somebody")
    post, viewer = posted(author), person()
    follow(viewer, author)
    answer = signed_in(viewer).get(path).json()
    row = ServedPage.objects.get(pk=answer["page"])
    assert (row.items, row.slots) == ([post.pk], ["plain"])


def test_why_answers_the_logged_numbers_to_the_viewer_alone():
    viewer, friend = person(), person()
    make_mutual(viewer, friend)
    post, client = posted(friend), signed_in(viewer)
    answer = client.get(HOME).json()
    path = f"/api/v1/posts/{post.pk}/why/"
    said = client.get(path, {"page": answer["page"]}).json()
    assert {name: said[name] for name in ("text", "source", "slot", "position", "terms")} == {
        "text": answer["items"][0]["why"],
        "source": "friend",
        "slot": "friend",
        "position": 0,
        "terms": [{"name": "friend", "moved": 1.2}, {"name": "follow", "moved": 0.4}],
    }
    assert signed_in(friend).get(path, {"page": answer["page"]}).status_code == 404
    assert client.get("/api/v1/posts/7/why/", {"page": answer["page"]}).status_code == 404
    assert client.get(path, {"page": "7"}).status_code == 400


def test_impressions_are_counted_once_for_each_page():
    posts, client = many(2, 1), signed_in(person())
    client.get(HOME), client.get(LATEST)
    assert [services.count_impressions() for _ in range(2)] == [2, 0]
    counted = Post.objects.filter(pk__in=[p.pk for p in posts]).values_list("impressions")
    assert list(counted) == [(2,), (2,)]


def test_without_a_ranking_home_goes_by_time(monkeypatch):
    def broken(after, most):
        raise OSError("no store")

    monkeypatch.setattr(STORE, "_load", broken)
    posts, viewer = many(5, 5), person()
    follow(viewer, posts[0].author)
    private = posted(posts[0].author, "followers")
    client = signed_in(viewer)
    pages = walk(client, HOME)
    assert {answer["policy"] for answer in pages} == {fallback.POLICY}
    shown = list(chain(*map(ids, pages)))
    assert shown == sorted([private.pk, *(p.pk for p in posts)], reverse=True)


# --- events -------------------------------------------------------------------------------------


def send(client, page_id, *events):
    return client.post(EVENTS, {"page": page_id, "events": list(events)}, format="json")


def test_events_are_taken_once():
    post, client = posted(person()), signed_in(person())
    served = client.get(HOME).json()["page"]
    batch = [event(post=post.pk, position=0), event("view", post=post.pk, value=3.5)]
    answers = [send(client, served, *batch).json(), send(client, served, *batch).json()]
    assert answers == [{"accepted": 2}, {"accepted": 0}]
    assert sorted(Engagement.objects.values_list("kind", "item", "value")) == [
        ("seen", post.pk, 0.0),
        ("view", post.pk, 3.5),
    ]


def test_events_on_somebody_elses_page_are_refused():
    post = posted(person())
    served = signed_in(person()).get(HOME).json()["page"]
    for target in (served, str(uuid.uuid4())):
        answer = send(signed_in(person()), target, event(post=post.pk))
        assert (answer.status_code, list(answer.json()["fields"])) == (404, ["page"])
    assert not Engagement.objects.exists()


def test_events_of_what_never_stood_there_are_refused():
    client = signed_in(person())
    posted(person())
    served = client.get(HOME).json()["page"]
    answer = send(client, served, event(post=7))
    assert (answer.status_code, answer.json()["code"]) == (400, "never_served")
    assert list(answer.json()["fields"]) == ["events.0.post"]
    assert not Engagement.objects.exists()


@pytest.mark.parametrize(
    "bad",
    [
        {"kind": "create"},
        {"id": "1"},
        {"post": "-1"},
        {"post": str(2**64)},
        {"post": None},
        {"value": -1},
        {"value": 1e9},
        {"value": "NaN"},
        {"kind": "view", "value": 90_000},
        {"kind": "loops", "value": 10_001},
        {"kind": "survey", "value": 6},
        {"kind": "survey", "value": 2.5},
        {"kind": "survey"},
        {"kind": "hide", "reason": "because"},
        {"kind": "like", "reason": "upsetting"},
        {"at": "yesterday"},
        {"at": "0001-01-01T00:00:00+14:00"},
    ],
)
def test_bad_events_are_refused(bad):
    post, client = posted(person()), signed_in(person())
    served = client.get(HOME).json()["page"]
    answer = send(client, served, event(post=post.pk) | bad)
    (field,) = answer.json()["fields"]
    assert (answer.status_code, field.startswith("events.0")) == (400, True)


@pytest.mark.parametrize("count", [0, 101])
def test_1_to_100_events_at_a_time(count):
    post, client = posted(person()), signed_in(person())
    served = client.get(HOME).json()["page"]
    answer = send(client, served, *(event(post=post.pk) for _ in range(count)))
    assert answer.status_code == 400


def test_what_one_hides_does_not_come_back():
    posts, client = many(2, 1), signed_in(person())
    served = client.get(HOME).json()
    send(client, served["page"], event("hide", post=posts[0].pk))
    assert ids(client.get(HOME).json()) == [posts[1].pk]


# --- nudges -------------------------------------------------------------------------------------


@pytest.fixture
def coin(monkeypatch):
    """The coin that decides on a nudge; it falls for one until told otherwise."""

    class Coin(Random):
        falls = 0.0

        def random(self):
            return self.falls

    coin = Coin()
    monkeypatch.setattr("ranking.inviting._CHANCE", coin)
    return coin


def nudge_of(answer):
    return next((item for item in answer["items"] if item["kind"] == "nudge"), None)


def watched(viewer) -> tuple:
    """A client whose person has been served twenty items in this session."""
    client = signed_in(viewer)
    client.get(LATEST)
    return client


@pytest.fixture
def viewer():
    many(11, 2)
    return person()


def test_who_only_watches_is_invited_to_create(coin, viewer):
    answer = watched(viewer).get(HOME).json()
    nudge = nudge_of(answer)
    assert answer["items"].index(nudge) == PLACE
    assert (nudge["arm"], int(nudge["post"]) in ids(answer)) == ("try-this", True)
    row = ServedPage.objects.get(pk=answer["page"])
    assert (row.nudge_arm, row.nudge_propensity) == ("try-this", 0.5)


def test_a_friends_post_is_what_one_is_invited_to_remix(coin, viewer):
    friend = person()
    make_mutual(viewer, friend)
    post = posted(friend, prompt="my dog dances")
    nudge = nudge_of(watched(viewer).get(HOME).json())
    assert nudge == {
        "kind": "nudge",
        "arm": "remix-your-friend",
        "text": "Your friend made this. What would you make of it?",
        "prompt": "my dog dances",
        "post": str(post.pk),
        "draft": None,
        "cameo": None,
    }


def test_when_the_coin_falls_against_it_that_is_logged_too(coin, viewer):
    coin.falls = 0.5
    answer = watched(viewer).get(HOME).json()
    row = ServedPage.objects.get(pk=answer["page"])
    assert (nudge_of(answer), row.nudge_arm, row.nudge_propensity) == (None, "none", 0.5)


def test_the_first_page_of_a_session_never_nudges(coin, viewer):
    answer = signed_in(viewer).get(HOME).json()
    row = ServedPage.objects.get(pk=answer["page"])
    assert (nudge_of(answer), row.nudge_arm, row.nudge_propensity) == (None, "", None)


def test_who_created_in_this_session_is_left_alone(coin, viewer):
    client = watched(viewer)
    queued_job(viewer)
    assert Job.objects.by(viewer).count() == 1
    assert nudge_of(client.get(HOME).json()) is None


def test_one_nudge_a_session_and_three_a_day(coin, viewer, time_machine):
    start = datetime.datetime(2026, 6, 1, 8, tzinfo=datetime.UTC)
    shown = []
    for hours in (0, 0.1, 3, 6, 9, 25):
        time_machine.move_to(start + datetime.timedelta(hours=hours), tick=False)
        shown.append(nudge_of(watched(viewer).get(HOME).json()) is not None)
        time_machine.shift(60)
    assert shown == [True, False, True, True, False, True]


def test_dismissing_is_a_day_of_silence_then_a_week_and_never_is_for_good(
    coin, viewer, time_machine
):
    start = datetime.datetime(2026, 6, 1, 8, tzinfo=datetime.UTC)
    found = []
    for hours, answer_with in [
        (0, "nudge_dismiss"), (23, None), (25, "nudge_dismiss"), (25 + 24 * 6, None),
        (26 + 24 * 7, "nudge_never"), (26 + 24 * 90, None),
    ]:  # fmt: skip
        time_machine.move_to(start + datetime.timedelta(hours=hours), tick=False)
        client = watched(viewer)
        served = client.get(HOME).json()
        found.append(nudge_of(served) is not None)
        if answer_with:
            assert send(client, served["page"], event(answer_with)).json() == {"accepted": 1}
    assert found == [True, False, True, False, True, False]
    state = NudgeState.objects.get(viewer=viewer.pk)
    assert (state.never, len(state.dismissed_at)) == (True, 2)


def test_a_replayed_dismissal_counts_once(coin, viewer):
    client = watched(viewer)
    served = client.get(HOME).json()["page"]
    dismissal = event("nudge_dismiss")
    for _ in range(3):
        send(client, served, dismissal)
    assert len(NudgeState.objects.get(viewer=viewer.pk).dismissed_at) == 1


def test_a_session_ends_with_a_pause_or_by_its_name(time_machine, viewer):
    time_machine.move_to(datetime.datetime(2026, 6, 1, 8, tzinfo=datetime.UTC), tick=False)
    client = signed_in(viewer)
    client.get(HOME)
    time_machine.shift(29 * 60)
    client.get(HOME)
    time_machine.shift(31 * 60)
    client.get(HOME)
    time_machine.shift(1)
    client.get(HOME, {"session": "evening"})
    first, second, third, fourth = ServedPage.objects.order_by("at", "pk").values_list(
        "session", flat=True
    )
    assert (first == second, second == third, fourth) == (True, False, "evening")
    assert client.get(HOME, {"session": "a b"}).status_code == 400


def test_forgetting_leaves_no_page_no_event_and_no_nudge(coin, viewer):
    from ranking.services import forget  # noqa: PLC0415 -- the only test that needs it

    client = watched(viewer)
    served = client.get(HOME).json()
    send(client, served["page"], event("seen", post=ids(served)[0]))
    forget(viewer)
    rows = [model.objects.count() for model in (ServedPage, Engagement, NudgeState)]
    assert rows == [0, 0, 0]


def test_a_remix_tree_has_two_places_on_a_page_when_there_are_others_enough():
    root = posted(person())
    family = {root.pk, *(remixed(person(), root).pk for _ in range(6))}
    many(20, 1)
    first = ids(signed_in(person()).get(HOME).json())
    assert len(family & set(first)) <= 2


def test_old_posts_leave_the_ranking_and_are_found_by_time():
    old = aged(posted(person()), hours=24 * 40)
    answer = signed_in(person()).get(HOME).json()
    assert (ids(answer), answer["policy"]) == ([old.pk], fallback.POLICY)


def test_a_draft_is_on_no_feed():
    done_output(person())
    client = signed_in(person())
    assert [ids(client.get(path).json()) for path in FEEDS] == [[], [], []]
