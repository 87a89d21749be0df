"""What people make, told to ranking: from our own rows, once, and to whom the credit goes."""

from __future__ import annotations

import datetime
import uuid

import pytest

from cameos.states import Audience
from feed import learning, services
from feed.learning import KEPT_AFTER_S
from generation import services as generation
from generation.models import Job
from ranking.attribution import LATE_S
from ranking.examples import examples
from ranking.features import FEATURES, PLACE
from ranking.models import Creation, Engagement, Made, NudgeTrial, Profile, ServedPage
from ranking.network import HEADS
from ranking.profiles import lately
from ranking.promotion import train
from ranking.registry import REGISTRY
from ranking.types import Arm
from sora_social.ids import seconds_of, snowflake_at, uuid7
from sora_social.moderation.services import report
from tests.cameos.making import active_cameo
from tests.feed.making import ids, posted, remixed
from tests.feed.test_home import EVENTS, HOME, event
from tests.generation.making import done_output, queued_job
from tests.people import make_mutual, person, signed_in

pytestmark = pytest.mark.django_db
MINUTE = datetime.timedelta(minutes=1)
NOW = datetime.datetime.now


def many(count: int) -> list:
    return [posted(person(), prompt=f"a cat number {n}") for n in range(count)]


def served(viewer) -> tuple[str, list[int]]:
    answer = signed_in(viewer).get(HOME).json()
    return answer["page"], ids(answer)


def say(viewer, page, *events) -> dict:
    answer = signed_in(viewer).post(EVENTS, {"page": page, "events": list(events)}, format="json")
    return answer.json()


def earlier(minutes: float, viewer) -> None:
    """Everything served to the viewer, and done by them, that much before."""
    for row in [*ServedPage.objects.filter(viewer=viewer.pk), *Engagement.objects.all()]:
        row.at -= minutes * MINUTE
        row.save(update_fields=["at"])


def credited(kind: str = Made.GENERATE) -> dict[int, float]:
    rows = Creation.objects.filter(kind=kind, item__isnull=False)
    return dict(rows.values_list("item", "credit"))


# --- the whole way --------------------------------------------------------------------------------


def test_what_people_make_of_their_feed_orders_the_next(monkeypatch):
    """People are served, remix what comes from their templates, and a model learns it."""
    monkeypatch.setattr("ranking.promotion.LEAST", 30)
    monkeypatch.setattr("ranking.promotion.LEAST_MADE", 5)
    posts = many(8)
    for viewer in [person() for _ in range(6)]:
        page, shown = served(viewer)
        say(viewer, page, *(event(post=post) for post in shown))
        queued_job(viewer, parents=[posts[0].output])
    learning.attribute()
    model = train(NOW(datetime.UTC) + 61 * MINUTE)
    assert (model.examples, model.promoted) == (38, True)
    REGISTRY.drop()  # every process looks once a minute
    answer = signed_in(person()).get(HOME).json()
    assert answer["policy"] == ServedPage.objects.get(pk=answer["page"]).policy == model.name
    assert len(ids(answer)) == 8


# --- who is owed ----------------------------------------------------------------------------------


def test_a_remix_is_owed_to_what_it_was_made_of_and_nothing_else():
    viewer, posts = person(), many(4)
    page, shown = served(viewer)
    say(viewer, page, *(event(post=post) for post in shown))
    queued_job(viewer, parents=[posts[1].output])
    learning.attribute()
    assert credited() == credited(Made.REMIX) == {posts[1].pk: 1.0}
    row = Creation.objects.get(kind=Made.REMIX)
    assert (str(row.page), row.position) == (page, shown.index(posts[1].pk))


def test_what_was_made_of_nothing_is_owed_to_what_was_seen_last_and_half_to_each_before():
    viewer = person()
    many(8)
    page, shown = served(viewer)
    for post in shown[:7]:
        say(viewer, page, event(post=post))
    queued_job(viewer)
    learning.attribute()
    assert credited() == {post: 0.5**back for back, post in enumerate(shown[6:1:-1])}


@pytest.mark.parametrize(("minutes", "owed"), [(9, 1), (11, 0)])
def test_what_was_seen_longer_than_ten_minutes_ago_inspired_nothing(minutes, owed):
    viewer = person()
    many(3)
    page, shown = served(viewer)
    say(viewer, page, event(post=shown[0]))
    earlier(minutes, viewer)
    queued_job(viewer)
    learning.attribute()
    assert len(credited()) == owed
    assert Creation.objects.filter(viewer=viewer.pk, place=0).count() == 1


def test_what_was_served_and_not_seen_inspired_nothing():
    viewer = person()
    many(3)
    served(viewer)
    queued_job(viewer)
    learning.attribute()
    assert credited() == {}


def test_what_others_saw_is_not_owed():
    viewer, other = person(), person()
    many(3)
    page, shown = served(other)
    say(other, page, event(post=shown[0]))
    queued_job(viewer)
    learning.attribute()
    assert credited() == {}


def test_posts_kept_drafts_cameos_likes_and_reports_are_rows_of_their_own():
    viewer, friend = person(), person()
    make_mutual(viewer, friend)
    post = posted(friend)
    page, _ = served(viewer)
    say(viewer, page, event(post=post.pk))
    remixed(viewer, post, cameos=[active_cameo(friend, Audience.EVERYONE)])
    services.like(viewer, post)
    report(viewer, "post", str(post.pk), "violence")
    learning.attribute()
    before = set(Creation.objects.filter(item=post.pk).values_list("kind", flat=True))
    learning.attribute(Creation.objects.first().at.timestamp() + KEPT_AFTER_S + 60)
    after = set(Creation.objects.filter(item=post.pk).values_list("kind", flat=True))
    assert (after - before, after) == ({Made.KEEP}, set(Made))


def test_what_was_thrown_away_within_the_hour_was_not_kept():
    viewer = person()
    generation.discard(done_output(viewer))
    learning.attribute(NOW().timestamp() + KEPT_AFTER_S + 60)
    assert set(Creation.objects.values_list("kind", flat=True)) == {Made.GENERATE}


def test_the_final_of_a_preview_is_not_made_anew():
    viewer = person()
    preview = done_output(viewer)
    queued_job(viewer, final_of=preview)
    learning.attribute()
    assert Creation.objects.get(kind=Made.GENERATE).subject == str(preview.job_id)


# --- once, and from our own rows ------------------------------------------------------------------


def test_telling_it_again_changes_nothing():
    viewer, post = person(), posted(person())
    served(viewer)
    remixed(viewer, post)
    services.like(viewer, post)
    first = learning.attribute()
    made, known = list(Creation.objects.order_by("pk").values()), Profile.objects.get(pk=viewer.pk)
    assert (first > 0, learning.attribute(), learning.attribute()) == (True, 0, 0)
    assert list(Creation.objects.order_by("pk").values()) == made
    assert Profile.objects.get(pk=viewer.pk).creations == known.creations == pytest.approx(1)


def test_what_was_cut_off_in_the_middle_is_told_the_next_time(monkeypatch):
    viewer, post = person(), posted(person())
    remixed(viewer, post)
    services.like(viewer, post)

    def die(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("ranking.attribution._remember_deeds", die)
        with pytest.raises(KeyboardInterrupt):
            learning.attribute()
    assert not Creation.objects.exists()
    learning.attribute()
    assert set(Creation.objects.filter(viewer=viewer.pk).values_list("kind", flat=True)) >= {
        Made.GENERATE, Made.REMIX, Made.POST, Made.LIKE,
    }  # fmt: skip


def test_a_row_that_was_committed_late_is_found():
    viewer = person()
    learning.attribute()
    job = queued_job(viewer)
    moment = NOW().timestamp() + 60
    Job.objects.filter(pk=job.pk).update(author=person())  # seen by nobody while it is told
    assert learning.attribute(moment) == 1
    late = queued_job(viewer)
    assert learning.attribute(moment) == 1
    assert Creation.objects.filter(subject=str(late.pk)).exists()


def test_a_thousand_creations_that_a_client_reports_change_nothing():
    viewer = person()
    many(3)
    page, shown = served(viewer)
    for start in range(0, 1000, 100):
        events = [event("composer_open", shown[0]) for _ in range(start, start + 100)]
        assert say(viewer, page, *events) == {"accepted": 100}
    refused = say(viewer, page, event("create", shown[0]))
    learning.attribute()
    found = examples(NOW(datetime.UTC) + 61 * MINUTE)
    assert list(refused["fields"]) == ["events.0.kind"]
    own = Creation.objects.filter(viewer=viewer.pk)
    assert (own.count(), found.happened()[HEADS.index("create")]) == (0, 0)


def test_a_like_that_only_a_client_speaks_of_is_none():
    viewer = person()
    many(2)
    page, shown = served(viewer)
    say(viewer, page, event("like", shown[0]))
    assert examples(NOW(datetime.UTC) + 61 * MINUTE).happened()[HEADS.index("like")] == 0


# --- what is learned from -------------------------------------------------------------------------


def test_a_page_teaches_up_to_where_it_was_seen():
    viewer = person()
    many(6)
    page, shown = served(viewer)
    say(viewer, page, event("view", shown[0], value=30), event("share", shown[2]))
    say(viewer, page, event("hide", shown[3], reason="upsetting"), event("share", shown[2]))
    found = examples(NOW(datetime.UTC) + 61 * MINUTE)
    labels = {head: found.labels[:, at].tolist() for at, head in enumerate(HEADS)}
    assert (len(found), labels["share"], labels["hide"]) == (4, [0, 0, 1, 0], [0, 0, 0, 1])
    assert labels["watch"][0] == 1
    assert [label != label for label in labels["watch"]] == [False, True, True, True]
    assert found.found[:, PLACE].round(2).tolist() == pytest.approx([0, 0.69, 1.1, 1.39], abs=0.01)
    sources = [at for at, name in enumerate(FEATURES) if name.startswith("from_")]
    assert found.found[:, sources].sum() == 4


def test_a_page_that_nobody_looked_at_or_that_is_too_young_teaches_nothing():
    viewer = person()
    many(3)
    page, shown = served(viewer)
    assert len(examples(NOW(datetime.UTC) + 61 * MINUTE)) == 0
    say(viewer, page, event(post=shown[0]))
    assert len(examples(NOW(datetime.UTC))) == 0
    assert len(examples(NOW(datetime.UTC) + 61 * MINUTE)) == 1


def nudged(viewer):
    moment = NOW(datetime.UTC)
    NudgeTrial.objects.create(
        page=uuid7(), viewer=viewer.pk, at=moment, ends_at=moment + 10 * MINUTE,
        arm=Arm.TRY_THIS, shown=True, chance=0.5,
    )  # fmt: skip


def test_what_a_nudge_may_have_caused_is_left_out():
    viewer, posts = person(), many(3)
    page, shown = served(viewer)
    say(viewer, page, *(event(post=post) for post in shown))
    for somebody in (viewer, person()):
        nudged(somebody)
    queued_job(viewer, parents=[posts[0].output])
    later, shown_later = served(viewer)
    say(viewer, later, event(post=shown_later[0]))
    learning.attribute()
    found = examples(NOW(datetime.UTC) + 61 * MINUTE)
    assert (len(found), found.happened()[HEADS.index("create")]) == (3, 0)
    assert Creation.objects.filter(kind=Made.REMIX).count() == 1


def test_one_person_weighs_no_more_than_a_thousand_impressions():
    viewer = person()
    many(2)
    page, shown = served(viewer)
    say(viewer, page, *(event(post=post) for post in shown))
    row = ServedPage.objects.get(pk=page)
    for _ in range(999):
        row.pk = None
        row.pk = uuid.uuid4()
        row.save(force_insert=True)
        Engagement.objects.create(
            client_event=uuid.uuid4(), viewer=viewer.pk, page_id=row.pk, item=shown[1],
            position=1, kind="seen",
        )  # fmt: skip
    found = examples(NOW(datetime.UTC) + 61 * MINUTE)
    assert (len(found), found.weight.sum()) == (2000, pytest.approx(1000))


# --- profiles -------------------------------------------------------------------------------------


def test_what_somebody_makes_and_watches_is_known_when_they_are_served():
    viewer, posts = person(), many(3)
    page, shown = served(viewer)
    say(viewer, page, *(event("view", post, value=12) for post in shown))
    queued_job(viewer, prompt="a cat on the roof", parents=[posts[0].output])
    moment = NOW().timestamp()
    learning.attribute(moment + LATE_S + 1)
    known = lately(viewer.pk, moment)
    assert (known.creations, known.served) == (
        pytest.approx(1, abs=0.01),
        pytest.approx(3, abs=0.01),
    )
    assert (known.created @ known.created, known.watched @ known.watched > 1) == (
        pytest.approx(1, abs=0.01), True,
    )  # fmt: skip
    assert set(known.authors) == {posts[0].author_id}
    habits = known.habits(moment - 60, 5)
    assert (habits.made_now, known.habits(moment + 60, 5).made_now) == (True, False)


def test_a_profile_loses_half_of_itself_in_ten_days():
    viewer = person()
    queued_job(viewer)
    learning.attribute()
    at = Profile.objects.get(pk=viewer.pk).at
    assert lately(viewer.pk, at + 10 * 86_400).creations == pytest.approx(0.5)


def test_an_event_is_taken_in_once_however_often_that_is_asked():
    viewer = person()
    many(2)
    page, shown = served(viewer)
    say(viewer, page, event("view", shown[0], value=5))
    moment = NOW().timestamp() + LATE_S + 1
    learning.attribute(moment)
    learning.attribute(moment + 1)
    assert lately(viewer.pk, moment).served == pytest.approx(1, abs=0.01)


def test_a_person_who_leaves_takes_it_along():
    viewer = person()
    queued_job(viewer)
    learning.attribute()
    from ranking.services import forget  # noqa: PLC0415 -- the only test that needs it

    forget(viewer)
    assert not Creation.objects.exists()
    assert not Profile.objects.exists()


# --- clocks and places ----------------------------------------------------------------------------


@pytest.mark.parametrize("clock", ["2009-01-01T00:00:00Z", "2039-01-01T00:00:00Z"])
def test_a_clock_that_is_wrong_is_held_between_served_and_now(clock):
    viewer = person()
    many(1)
    page, shown = served(viewer)
    say(viewer, page, event(post=shown[0], at=clock))
    row = Engagement.objects.get()
    assert ServedPage.objects.get(pk=page).at <= row.at <= NOW(datetime.UTC)
    assert abs(seconds_of(row.id) - row.at.timestamp()) < 60
    assert row.id > snowflake_at(row.at.timestamp() - 60)


def test_where_an_item_stood_is_said_by_the_log_not_the_client():
    viewer = person()
    many(3)
    page, shown = served(viewer)
    say(viewer, page, event(post=shown[2], position=0))
    assert Engagement.objects.get().position == 2
