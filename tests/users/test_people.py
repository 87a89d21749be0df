import threading

import pytest
from django.db import connection

from sora_social.errors import NotFound
from sora_social.notifications.models import Notice
from sora_social.users import services
from sora_social.users.errors import NotYourself
from sora_social.users.models import Block, Follow, User
from tests.people import follow, make_mutual, person, signed_in

pytestmark = pytest.mark.django_db


def handles(answer) -> list[str]:
    assert answer.status_code == 200, answer.content
    return [item["handle"] for item in answer.json()["items"]]


def test_a_profile_shows_counts_and_the_relation(django_assert_num_queries):
    ada, bee, cee = person("ada", display_name="Ada", bio="Hello."), person("bee"), person("cee")
    make_mutual(ada, bee)
    follow(cee, ada)
    client = signed_in(bee)
    with django_assert_num_queries(2):  # the token, and all of this
        profile = client.get("/api/v1/people/ada/").json()
    assert profile == {
        "handle": "ada",
        "display_name": "Ada",
        "bio": "Hello.",
        "counts": {"followers": 2, "following": 1},
        "relation": {"following": True, "followed_by": True, "mutual": True, "blocked": False},
    }


def test_handles_are_found_whatever_their_case_and_bad_ones_are_nobody():
    person("ada")
    client = signed_in(person())
    assert client.get("/api/v1/people/ADA/").json()["handle"] == "ada"
    for bad in ["nobody", "a%00a", "x" * 300, "%F0%9F%92%A9", "me"]:
        answer = client.get(f"/api/v1/people/{bad}/")
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_following_twice_is_following_once():
    ada, bee = person("ada"), person("bee")
    client = signed_in(ada)
    assert [client.put("/api/v1/people/bee/follow/").status_code for _ in "12"] == [204, 204]
    assert list(Follow.objects.values_list("follower", "followed")) == [(ada.pk, bee.pk)]
    assert [client.delete("/api/v1/people/bee/follow/").status_code for _ in "12"] == [204, 204]
    assert not Follow.objects.exists()


def test_following_and_unfollowing_again_and_again_tells_once(
    django_capture_on_commit_callbacks,
):
    ada, bee = person("ada"), person("bee")
    for _ in "123":
        with django_capture_on_commit_callbacks(execute=True):
            services.follow(ada, bee)
        services.unfollow(ada, bee)
    notice = Notice.objects.get()
    assert (notice.user, notice.kind, notice.payload) == (bee, "follow", {"by": "ada"})


@pytest.mark.parametrize("verb", ["follow", "block"])
def test_nobody_follows_or_blocks_themselves(verb):
    answer = signed_in(person("ada")).put(f"/api/v1/people/ada/{verb}/")
    assert (answer.status_code, answer.json()["code"]) == (400, "not_yourself")
    assert list(answer.json()["fields"]) == ["handle"]


def test_mutuals_are_those_who_follow_each_other():
    ada, bee, cee, dee = person("ada"), person("bee"), person("cee"), person("dee")
    make_mutual(ada, bee)
    follow(ada, cee)
    follow(dee, ada)
    assert handles(signed_in(ada).get("/api/v1/me/mutuals/")) == ["bee"]
    assert services.are_mutual(ada, bee)
    assert services.are_mutual(bee, ada)
    assert not services.are_mutual(ada, cee)
    assert not services.are_mutual(ada, dee)


def test_a_block_ends_the_follows_and_hides_each_from_the_other():
    ada, bee = person("ada"), person("bee")
    make_mutual(ada, bee)
    hers, theirs = signed_in(ada), signed_in(bee)
    assert [hers.put("/api/v1/people/bee/block/").status_code for _ in "12"] == [204, 204]
    assert not Follow.objects.exists()
    assert theirs.get("/api/v1/people/ada/").status_code == 404
    assert theirs.put("/api/v1/people/ada/follow/").status_code == 404
    assert hers.put("/api/v1/people/bee/follow/").status_code == 404
    assert handles(hers.get("/api/v1/people/?q=bee")) == []
    assert handles(theirs.get("/api/v1/people/?q=ada")) == []


def test_the_blocker_still_finds_the_blocked_to_undo_it():
    ada, _ = person("ada"), person("bee")
    client = signed_in(ada)
    client.put("/api/v1/people/bee/block/")
    assert client.get("/api/v1/people/bee/").json()["relation"]["blocked"] is True
    assert handles(client.get("/api/v1/me/blocks/")) == ["bee"]
    assert client.delete("/api/v1/people/bee/block/").status_code == 204
    assert not Block.objects.exists()


def test_services_hold_the_rules_without_a_view():
    ada, bee = person(), person()
    with pytest.raises(NotYourself):
        services.follow(ada, ada)
    services.block(bee, ada)
    with pytest.raises(NotFound):
        services.follow(ada, bee)
    services.unblock(bee, ada)
    services.suspend(bee)
    with pytest.raises(NotFound):
        services.follow(ada, bee)


@pytest.mark.django_db(transaction=True)
def test_no_follow_slips_past_a_block():
    for _ in range(5):
        ada, bee = person(), person()
        start = threading.Barrier(2)

        def follow_her(ada: User = ada, bee: User = bee, start: threading.Barrier = start) -> None:
            start.wait()
            try:
                services.follow(ada, bee)
            except NotFound:
                pass
            connection.close()

        thread = threading.Thread(target=follow_her)
        thread.start()
        start.wait()
        services.block(bee, ada)
        thread.join()
        assert not Follow.objects.filter(follower=ada).exists()


def test_search_begins_with_a_handle_or_a_name_and_pages():
    for name in ("annabel", "anna", "hannah"):
        person(name)
    person("zed", display_name="Annette")
    services.suspend(person("anno"))
    client = signed_in(person("viewer"))
    assert handles(client.get("/api/v1/people/?q=@ANN")) == ["anna", "annabel"]
    assert handles(client.get("/api/v1/people/?q=Ann")) == ["anna", "annabel", "zed"]
    first = client.get("/api/v1/people/?q=ann&limit=2")
    assert handles(first) == ["anna", "annabel"]
    rest = client.get("/api/v1/people/", {"q": "ann", "cursor": first.json()["next"]})
    assert (handles(rest), rest.json()["next"]) == (["zed"], None)


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("", "q"),
        ("?q=", "q"),
        ("?q=%00", "q"),
        ("?q=%1B", "q"),
        (f"?q={'a' * 61}", "q"),
        ("?q=a&limit=0", "limit"),
        ("?q=a&limit=-1", "limit"),
        ("?q=a&limit=99999999999999", "limit"),
        ("?q=a&cursor=forged", "cursor"),
    ],
)
def test_a_bad_search_names_its_field(query, field):
    answer = signed_in(person()).get(f"/api/v1/people/{query}")
    assert answer.status_code == 400
    assert list(answer.json()["fields"]) == [field]


def test_percent_signs_are_letters_like_others_in_a_search():
    person("ada")
    assert handles(signed_in(person()).get("/api/v1/people/?q=%25")) == []


def test_lists_of_followers_cost_the_same_at_any_length(django_assert_num_queries):
    ada, viewer = person("ada"), person("viewer")
    for number in range(12):
        follow(person(f"fan_{number:02}"), ada)
    hidden = User.objects.get(handle="fan_05")
    services.block(hidden, viewer)
    client = signed_in(viewer)
    with django_assert_num_queries(3):  # the token, the person, the list
        first = client.get("/api/v1/people/ada/followers/?limit=6")
    assert handles(first) == [f"fan_{number:02}" for number in (11, 10, 9, 8, 7, 6)]
    rest = client.get("/api/v1/people/ada/followers/", {"cursor": first.json()["next"]})
    assert handles(rest) == [f"fan_{number:02}" for number in (4, 3, 2, 1, 0)]
    assert handles(client.get("/api/v1/people/fan_00/following/")) == ["ada"]
    assert first.json()["items"][0] == {"handle": "fan_11", "display_name": ""}


def test_a_cursor_of_one_list_is_not_one_of_another():
    ada = person("ada")
    for number in range(2):
        follow(person(f"fan_{number}"), ada)
    client = signed_in(ada)
    cursor = client.get("/api/v1/people/ada/followers/?limit=1").json()["next"]
    assert client.get("/api/v1/me/blocks/", {"cursor": cursor}).status_code == 400


def test_one_changes_name_and_bio_and_nothing_else():
    ada = person("ada")
    changed = signed_in(ada).patch(
        "/api/v1/me/",
        {"display_name": "Ada", "bio": "Line\nline", "handle": "bee", "birthdate": "1950-01-01"},
        format="json",
    )
    assert changed.status_code == 200
    ada.refresh_from_db()
    assert (ada.display_name, ada.bio, ada.handle) == ("Ada", "Line\nline", "ada")
    assert str(ada.birthdate) == "1990-05-17"


@pytest.mark.parametrize(
    "wish",
    [
        {"display_name": "a\x00"},
        {"display_name": "a" * 61},
        {"bio": "\x1b[31m"},
        {"bio": "b" * 301},
    ],
)
def test_bad_text_is_refused_by_field(wish):
    answer = signed_in(person()).patch("/api/v1/me/", wish, format="json")
    assert answer.status_code == 400
    assert list(answer.json()["fields"]) == list(wish)


def test_invites_show_who_took_them():
    ada, bee = person("ada"), person("bee")
    codes = [invite.code for invite in services.make_invites(2, giver=ada)]
    services.take_invite(bee, codes[0])
    shown = signed_in(ada).get("/api/v1/me/invites/").json()["items"]
    assert [(i["code"], i["taken"], i["taken_by"]) for i in shown] == [
        (codes[1], False, None),
        (codes[0], True, "bee"),
    ]
    assert signed_in(bee).get("/api/v1/me/invites/").json()["items"] == []


def test_everything_here_asks_for_a_token(client):
    person("ada")
    for path in ["me/", "me/export/", "me/devices/", "me/invites/", "me/mutuals/", "me/blocks/",
                 "me/notices/", "people/?q=a", "people/ada/", "people/ada/followers/"]:  # fmt: skip
        assert client.get(f"/api/v1/{path}").status_code == 401, path
