"""Where feeds end, and what may be offered: by what is new, by age, by the hour, by leave."""

from __future__ import annotations

import datetime
from random import Random

import pytest

from cameos.models import Audience
from feed import endings
from feed.catalog import STORE
from feed.endings import LENGTH, ends, is_night, is_young
from feed.outcomes import settle_nudges
from ranking.history import History, Page, Past
from ranking.models import NudgeTrial, ServedPage
from ranking.services import Chosen
from tests.cameos.making import active_cameo
from tests.feed.making import ids, posted
from tests.generation.making import done_output, queued_job
from tests.people import make_mutual, person, signed_in, teen

pytestmark = pytest.mark.django_db
HOME, LATEST = "/api/v1/feed/home/", "/api/v1/feed/latest/"
NOON = datetime.datetime(2026, 6, 1, 12, tzinfo=datetime.UTC)


class Coin(Random):
    """It always falls for an invitation, and for the arm that is believed best."""

    def random(self):
        return 0.0


@pytest.fixture(autouse=True)
def _noon(time_machine, monkeypatch):
    time_machine.move_to(NOON)
    monkeypatch.setattr("ranking.inviting._CHANCE", Coin())


def many(count, **made):
    made = [posted(person(), **made) for _ in range(count)]
    STORE.drop()
    return made


def kinds(answer):
    return [item["kind"] for item in answer["items"]]


def nudge_of(answer):
    return next((item for item in answer["items"] if item["kind"] == "nudge"), None)


def served(viewer, count, minutes_ago=11):
    """The viewer's session has shown them so many items."""
    at = datetime.datetime.now(datetime.UTC) - datetime.timedelta(minutes=minutes_ago)
    ServedPage.objects.create(
        viewer=viewer.pk, session="now", surface="latest", at=at, items=list(range(count))
    )
    return signed_in(viewer)


def past(items, moment=NOON):
    return History(moment, "s", moment, Past.of([Page("s", moment, "home", list(range(items)))]))


# --- nothing new ----------------------------------------------------------------------------------


def test_a_feed_ends_where_nothing_is_new_and_goes_on_for_who_asks():
    posts, client = many(4), signed_in(person())
    assert len(client.get(HOME).json()["items"]) == 5
    posts += many(2)
    answer = client.get(HOME, {"limit": 3}).json()
    assert (kinds(answer)[-1], answer["items"][-1]["arm"]) == ("end", "caught-up")
    assert (answer["next"], answer["more"] is None) == (None, False)
    rest = client.get(HOME, {"limit": 3, "cursor": answer["more"]}).json()
    assert sorted(ids(answer) + ids(rest)) == sorted(post.pk for post in posts)


def test_an_end_is_certain_and_stands_in_no_log_of_chances():
    many(1)
    assert kinds(signed_in(person()).get(HOME).json()) == ["post", "end"]
    row = ServedPage.objects.get()
    assert (row.nudge_arm, row.nudge_propensity) == ("", None)
    assert not NudgeTrial.objects.exists()


# --- young people ---------------------------------------------------------------------------------


@pytest.mark.parametrize("path", [HOME, LATEST])
def test_a_teens_feed_ends_after_a_while_and_goes_on_only_when_asked(path):
    many(6)
    client = served(teen(), LENGTH - 4)
    answer = client.get(path, {"limit": 4}).json()
    assert (kinds(answer)[-1], answer["next"]) == ("end", None)
    assert answer["items"][-1]["arm"] == "take-a-break"
    again = client.get(path, {"limit": 2, "cursor": answer["more"]}).json()
    assert set(ids(again)) & set(ids(answer)) == set()
    assert len(ids(again)) == 2


def test_an_adults_list_does_not_end_before_its_end():
    many(6)
    answer = served(person(), LENGTH - 4).get(LATEST, {"limit": 4}).json()
    assert (kinds(answer), answer["more"]) == (["post"] * 4, None)


def test_however_small_the_pages_the_end_comes_after_so_many_items():
    young = teen()
    for size in (1, 7, 20):
        count, stops = 0, 0
        while stops < 3:
            stops += ends(young, past(count), "home", size)
            count += size
        assert 0 <= count - 3 * LENGTH < size


@pytest.mark.parametrize(("hour", "night"), [(21, False), (22, True), (3, True), (7, False)])
def test_at_night_every_page_of_a_young_person_is_the_last(hour, night):
    moment = NOON.replace(hour=hour)
    assert is_night(teen(), moment) is night
    assert ends(teen(), past(0, moment), "home", 5) is night
    assert ends(person(), past(0, moment), "home", 5) is False


def test_the_night_is_where_the_person_is():
    young = teen()
    young.timezone = "Asia/Tokyo"
    assert (is_night(young, NOON), is_night(young, NOON.replace(hour=14))) == (False, True)
    young.timezone = "Nowhere/Atall"  # known to another machine, once
    assert not is_night(young, NOON)


def test_who_never_said_their_age_is_young_and_lists_of_something_do_not_end():
    assert [is_young(person(birthdate=born)) for born in (None, datetime.date(1990, 1, 1))] == [
        True,
        False,
    ]
    assert [ends(teen(), past(LENGTH - 1), which, 5) for which in ("profile", "home")] == [
        False,
        True,
    ]


@pytest.mark.parametrize(("before", "found"), [(12, None), (LENGTH, "try-this")])
def test_young_people_are_invited_only_after_an_end(before, found):
    many(3)
    answer = served(teen(), before).get(HOME, {"limit": 2}).json()
    assert (nudge_of(answer) or {"arm": None})["arm"] == found


def test_at_night_young_people_are_not_invited_at_all(time_machine):
    time_machine.move_to(NOON.replace(hour=23))
    many(3)
    answer = served(teen(), LENGTH).get(HOME, {"limit": 2}).json()
    assert kinds(answer) == ["post", "post", "end"]


@pytest.mark.parametrize("who", [person, teen])
def test_after_a_long_while_a_rest_is_offered_and_nothing_else(who):
    many(3)
    answer = served(who(), 110).get(HOME, {"limit": 2}).json()
    assert {name: nudge_of(answer)[name] for name in ("arm", "prompt", "post")} == {
        "arm": "take-a-break",
        "prompt": None,
        "post": None,
    }


# --- what is offered is what one may use ----------------------------------------------------------


def offered(viewer):
    """The arms that could be drawn now, by what they hand over."""
    from feed.invitations import Sight, offers  # noqa: PLC0415 -- private to feed
    from feed.page import _begin, _show  # noqa: PLC0415

    now = datetime.datetime.now(datetime.UTC)
    before = History(now, "s", now - datetime.timedelta(minutes=5), Past.of([]))
    STORE.drop()
    _, placed, shown = _show(viewer, _begin(viewer, before, Chosen()), 0, 20)
    sight = Sight(viewer, before, placed, shown)
    return {arm.value: handed for arm, handed in offers(sight).items()}


def test_a_draft_that_was_never_posted_can_be_finished():
    viewer = person()
    many(1)
    posted(viewer, prompt="posted already")
    draft = done_output(viewer, prompt="a half-made dream")
    assert offered(viewer)["finish-your-draft"] == {
        "draft": str(draft.pk),
        "prompt": "a half-made dream",
    }


def test_a_draft_whose_leave_is_gone_or_that_is_old_is_not_offered(time_machine):
    viewer, lender = person(), person()
    many(1)
    cameo = active_cameo(lender, Audience.EVERYONE)
    done_output(viewer, cameos=[cameo])
    cameo.move("revoked", wrapped_key=None)
    time_machine.move_to(NOON - datetime.timedelta(days=15))
    done_output(viewer)
    time_machine.move_to(NOON)
    assert "finish-your-draft" not in offered(viewer)


def test_a_friends_post_is_offered_only_where_everybody_in_it_lets_one_remix():
    viewer, friend = person(), person()
    make_mutual(viewer, friend)
    strict = active_cameo(person(), Audience.EVERYONE, remix=Audience.ONLY_ME)
    closed = posted(friend, cameos=[strict])
    assert "remix-your-friend" not in offered(viewer)
    free = posted(friend, prompt="anybody's")
    assert offered(viewer)["remix-your-friend"] == {"post": str(free.pk), "prompt": "anybody's"}
    assert closed.pk != free.pk


def test_a_friends_cameo_is_offered_once_it_is_lent_and_until_it_was_used():
    viewer, friend, stranger = person(), person(), person()
    many(1)
    make_mutual(viewer, friend)
    active_cameo(stranger, Audience.EVERYONE)
    assert "cameo-invite" not in offered(viewer)
    cameo = active_cameo(friend, Audience.MUTUALS)
    assert offered(viewer)["cameo-invite"] == {
        "cameo": cameo.handle,
        "prompt": f"@{cameo.handle} ",
    }
    queued_job(viewer, [cameo])
    assert "cameo-invite" not in offered(viewer)


def test_a_prompt_that_names_somebody_is_no_template():
    viewer, bee = person(), person("bee")
    cameo = active_cameo(bee, Audience.EVERYONE)
    posted(person(), prompt="@bee dances", cameos=[cameo])
    assert "try-this" not in offered(viewer)
    plain = posted(person(), prompt="a cat dances")
    assert offered(viewer)["try-this"]["post"] == str(plain.pk)


# --- what came of it ------------------------------------------------------------------------------


@pytest.mark.parametrize(("minutes", "created"), [(-2, False), (9, True), (11, False)])
def test_what_is_made_within_ten_minutes_is_told_from_our_own_rows(time_machine, minutes, created):
    viewer = person()
    many(3)
    client = served(viewer, 10)
    if minutes < 0:  # earlier, in another session, or there would be no invitation
        time_machine.move_to(NOON - datetime.timedelta(hours=5))
        queued_job(viewer)
        time_machine.move_to(NOON)
    assert nudge_of(client.get(HOME).json())
    if minutes > 0:
        time_machine.move_to(NOON + datetime.timedelta(minutes=minutes))
        queued_job(viewer)
    time_machine.move_to(NOON + datetime.timedelta(minutes=31))
    assert (settle_nudges(), settle_nudges()) == (1, 0)
    trial = NudgeTrial.objects.get()
    assert (trial.created, trial.reward, trial.shown) == (created, float(created), True)


@pytest.mark.parametrize("zone", ["Europe/Nowhere", "../../etc/passwd", "x" * 41, 7])
def test_a_time_zone_that_there_is_not_is_refused(zone):
    answer = signed_in(person()).patch("/api/v1/me/", {"timezone": zone}, format="json")
    assert (answer.status_code, list(answer.json()["fields"])) == (400, ["timezone"])


def test_a_time_zone_can_be_said_and_taken_back():
    client = signed_in(person())
    for zone in ("Europe/Berlin", ""):
        answer = client.patch("/api/v1/me/", {"timezone": zone}, format="json")
        assert (answer.status_code, answer.json()["timezone"]) == (200, zone)


def test_the_rules_are_published_as_numbers():
    assert (endings.LENGTH, endings.NIGHT) == (40, (22, 7))
