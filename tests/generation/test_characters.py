"""Characters in jobs: used by whom they let in, stopped with credits back, dark when down."""

from __future__ import annotations

import pytest

from cameos import services as cameos
from cameos.errors import TooManyCameos, UnknownCameo
from cameos.models import Character
from cameos.states import CharacterAudience
from feed import services as feed
from feed.cards import cards
from feed.models import Post
from generation import batching, credits, dispatch, media, orders, services
from generation.characters import character_of
from generation.errors import CharacterClosed, NotPossible, WishRefused
from generation.models import CharacterUse, Job, Output
from generation.prompting import Asked, Level, compose
from generation.states import JobState
from sora_social import storage
from sora_social.moderation.models import Subject
from sora_social.moderation.services import lift, take_down
from sora_social.users import services as users
from tests.cameos.characters import ready
from tests.cameos.making import active_cameo
from tests.faces import lite
from tests.generation import invariants
from tests.generation.making import done_output, queued_job, stored, submit
from tests.generation.test_prompting import ANY, DRAWN
from tests.people import make_mutual, moderator, person

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("pack")]
PRIVATE, MUTUALS = CharacterAudience.PRIVATE, CharacterAudience.MUTUALS


@pytest.fixture(scope="session")
def pack():
    return lite().pack


@pytest.fixture(autouse=True)
def _everything_adds_up():
    yield
    invariants.check()


@pytest.fixture
def pet() -> Character:
    return ready(person(), "rex", instructions="a grey dog")


def output_with(author, *characters: Character, **made) -> Output:
    """A finished video with characters in it."""
    job = queued_job(author, **made)
    for position, character in enumerate(characters):
        CharacterUse.objects.create(job=job, character=character, position=position)
    token = dispatch.claim(job.pk)
    assert dispatch.finish(job.pk, token, stored(job.pk, token)) == JobState.DONE
    return Output.objects.get(job=job)


def state_of(job: Job) -> tuple[str, str]:
    return Job.objects.values_list("state", "reason").get(pk=job.pk)


# --- submit ---


def test_a_prompt_puts_characters_into_a_job_in_its_order_once_each(pet):
    author = person()
    cup = ready(author, "cup", PRIVATE)
    job = submit(author, "@CUP falls on @rex, @rex barks")
    uses = [(use.character, use.position, use.inherited) for use in job.character_uses.all()]
    assert uses == [(cup, 0, False), (pet, 1, False)]


def test_what_one_may_not_use_cannot_be_told_from_what_is_not_there(pet):
    users.block(pet.owner, blocked := person())
    for author, handle in ((blocked, "rex"), (person(), "rexx")):
        with pytest.raises(UnknownCameo) as no:
            submit(author, f"@{handle} runs")
        assert no.value.facts == {"handle": handle}
    assert Job.objects.count() == 0


def test_mutuals_may_use_it_while_they_are(pet):
    cameos.change_character(pet, audience=MUTUALS)
    friend = person()
    make_mutual(pet.owner, friend)
    assert submit(friend, "@rex runs").state == JobState.QUEUED
    users.unfollow(pet.owner, friend)
    with pytest.raises(UnknownCameo):
        submit(friend, "@rex runs", key="another")


def test_three_together_are_enough_and_the_model_may_take_fewer(pet, monkeypatch):
    author = person()
    for handle in ("one", "two", "three"):
        ready(author, handle)
    with pytest.raises(TooManyCameos):
        submit(author, "@one @two @three @rex")
    most = services.capabilities().max_references
    ada = active_cameo(author, handle="ada")
    source = output_with(author, *Character.objects.exclude(pk=pet.pk))
    with pytest.raises(NotPossible) as no:
        submit(author, f"@{ada.handle} runs with @rex", task="restyle", source=source)
    assert (no.value.facts["field"], no.value.facts["possible"]) == ("prompt", most)


def test_a_retry_finds_its_job_even_after_the_character_is_private(pet):
    author = person()
    job = submit(author, "@rex runs")
    cameos.change_character(pet, audience=PRIVATE)
    assert submit(author, "@rex runs").pk == job.pk


# --- what the model gets ---


def test_pictures_of_people_come_before_those_of_characters(pet):
    author = person()
    ada = active_cameo(author, handle="ada")
    job = submit(author, "@rex meets @ada")
    keys = [cameos.reference_keys(ada)[0], cameos.character_picture(pet)]
    assert orders.keys_of(job)["references"] == keys
    words = compose(orders.asked_words(job), DRAWN)
    assert words.slots == ("ada", "rex")
    assert words.prompt.startswith("person two meets person one. person two a grey dog")


def test_production_models_read_what_it_is():
    asked = Asked(
        "@ada throws @cup at @rex, @rex runs",
        handles=("ada",),
        characters=(("rex", "pet"), ("cup", "object")),
        level=Level.OFF,
    )
    said = compose(asked, ANY).prompt
    assert said == "a person throws an object at an animal, the animal runs"


def test_a_job_with_a_character_rides_with_nobody(pet):
    alone, other = submit(person(), "@rex runs"), submit(person(), "a red ball")
    shapes = {one.pk: one.shape for one in batching._waiting(dispatch.free())}
    assert (shapes[alone.pk], shapes[other.pk] is None) == (None, False)


# --- dispatch ---


@pytest.mark.parametrize(
    "end",
    [
        lambda pet, author: cameos.change_character(pet, audience=PRIVATE),
        lambda pet, author: cameos.pause_character(pet),
        lambda pet, author: cameos.remove_character(pet),
        lambda pet, author: users.block(pet.owner, author),
        lambda pet, author: users.suspend(pet.owner),
        lambda pet, author: users.delete_account(pet.owner),
        lambda pet, author: take_down(Subject.CHARACTER, str(pet.pk), moderator(), "test"),
    ],
    ids=["private", "paused", "removed", "blocked", "suspended", "account gone", "down"],
)
def test_a_queued_job_ends_with_its_character_and_the_credit_comes_back(pet, end):
    author = person()
    job = submit(author, "@rex runs")
    end(pet, author)
    dispatch.sweep()
    assert state_of(job)[0] == JobState.CANCELLED
    account = credits.account_of(author)
    assert (account.available, account.reserved) == (30, 0)


def test_a_running_job_stops_at_its_next_beat_and_says_why(pet):
    author = person()
    job = submit(author, "@rex runs")
    token = dispatch.claim(job.pk)
    assert dispatch.beat(job.pk, token)
    cameos.remove_character(pet)
    assert not dispatch.beat(job.pk, token)
    assert dispatch.finish(job.pk, token, stored(job.pk, token)) == JobState.CANCELLED
    assert state_of(job) == (JobState.CANCELLED, "character")


# --- publish and serve ---


def test_what_is_published_stays_when_its_character_is_narrowed_or_removed(pet):
    author, viewer = person(), person()
    posts = [feed.publish(author, output_with(author, pet).pk) for _ in range(2)]
    for narrow in (
        lambda: cameos.change_character(pet, audience=PRIVATE),
        lambda: cameos.pause_character(pet),
        lambda: cameos.remove_character(pet),
        lambda: users.delete_account(pet.owner),
    ):
        narrow()
        assert Post.objects.listed_for(viewer).count() == len(posts)
    feed.change(posts[0], audience="followers")  # its author may still show it to fewer
    assert Post.objects.listed_for(viewer).count() == 1


def test_a_draft_stays_its_authors_but_is_not_published_any_more(pet):
    author = person()
    output = output_with(author, pet)
    cameos.change_character(pet, audience=PRIVATE)
    assert Output.objects.by(author).cleared().get() == output
    with pytest.raises(CharacterClosed) as no:
        feed.publish(author, output.pk)
    assert no.value.facts == {"field": "draft"}
    assert Post.objects.count() == 0


def test_a_takedown_darkens_all_it_is_in_and_the_end_of_it_shows_that_again(pet):
    author, viewer, judge = person(), person(), moderator()
    post = feed.publish(author, output_with(author, pet).pk)
    remix = output_with(viewer, pet, parents=[post.output])
    token = media.urls(post.output, viewer)["video"].split("/")[-2]
    down = take_down(Subject.CHARACTER, str(pet.pk), judge, "test")
    assert Output.objects.cleared().count() == 0
    assert Post.objects.visible_to(author).count() == 0
    with pytest.raises(services.NotFound):
        media.read(token, "video.mp4")
    lift(down, judge)
    assert Output.objects.cleared().filter(pk__in=[post.output_id, remix.pk]).count() == 2
    assert Post.objects.visible_to(viewer).get() == post


def test_a_card_names_those_that_its_viewer_may_use(pet):
    author, friend, stranger = person(), person(), person()
    make_mutual(pet.owner, friend)
    feed.publish(author, output_with(author, pet).pk)
    cameos.change_character(pet, audience=MUTUALS)
    seen = [
        cards(viewer, Post.objects.all())[0]["characters"]
        for viewer in (pet.owner, friend, stranger)
    ]
    assert seen == [[{"handle": "rex"}], [{"handle": "rex"}], []]


# --- remix ---


def test_a_remix_takes_the_characters_along(pet):
    author, other = person(), person()
    post = feed.publish(author, output_with(author, pet).pk)
    job = feed.remix(other, post, "a-key", {"prompt": "in the rain"})
    assert [(use.character, use.inherited) for use in job.character_uses.all()] == [(pet, True)]
    cameos.change_character(pet, audience=PRIVATE)
    dispatch.sweep()
    assert state_of(job) == (JobState.CANCELLED, "character")


@pytest.mark.parametrize(
    "end",
    [
        lambda pet: cameos.change_character(pet, audience=PRIVATE),
        lambda pet: cameos.remove_character(pet),
        lambda pet: users.delete_account(pet.owner),
    ],
    ids=["private", "removed", "account gone"],
)
def test_what_has_somebody_elses_shut_character_in_it_is_not_remixed(pet, end):
    author, other = person(), person()
    post = feed.publish(author, output_with(author, pet).pk)
    end(pet)
    for who in (author, other):
        with pytest.raises(CharacterClosed) as no:
            feed.remix(who, post, "a-key", {"prompt": "in the rain"})
        assert no.value.facts == {}  # it may be one that nobody else is to know of
    assert CharacterUse.objects.filter(inherited=True).count() == 0


def test_the_owner_remixes_a_video_with_the_own_private_character(pet):
    author = person()
    post = feed.publish(author, output_with(author, pet).pk)
    cameos.change_character(pet, audience=PRIVATE)
    job = feed.remix(pet.owner, post, "a-key", {"prompt": "in the rain"})
    assert job.state == JobState.QUEUED


# --- out of a video ---


def long_output(author, *characters: Character, **made) -> Output:
    output = output_with(author, *characters, **made)
    Output.objects.filter(pk=output.pk).update(seconds=9.0)
    output.refresh_from_db()
    return output


def told(**more) -> dict:
    return {"handle": "tom", "kind": "drawn", "start": 1.0, "seconds": 3.0} | more


def test_a_part_of_ones_own_video_becomes_a_character():
    author = person()
    output = long_output(author)
    made = character_of(author, output, **told())
    assert (made.output_id, made.start, made.seconds) == (output.pk, 1.0, 3.0)
    assert storage.fetch(made.clip_key) == storage.fetch(output.video_key)
    assert character_of(author, output, **told()).pk == made.pk


@pytest.mark.parametrize(
    ("more", "field", "rule"),
    [
        ({"seconds": 1.9}, "seconds", "too_short"),
        ({"seconds": 4.1}, "seconds", "too_long"),
        ({"seconds": float("nan")}, "seconds", "too_short"),
        ({"start": 6.2}, "start", "beyond_the_end"),
        ({"start": -1.0}, "start", "beyond_the_end"),
        ({"start": float("nan")}, "start", "beyond_the_end"),
    ],
)
def test_a_part_has_two_to_four_seconds_of_what_there_is(more, field, rule):
    author = person()
    with pytest.raises(WishRefused) as no:
        character_of(author, long_output(author), **told(**more))
    assert (no.value.facts["field"], no.value.facts["rule"]) == (field, rule)


def test_nobodys_likeness_and_nobody_elses_character_is_copied(pet):
    author = person()
    ada = active_cameo(author, handle="ada")
    own = ready(author, "own_pet")
    for output in (long_output(author, cameos=[ada]), long_output(author, pet)):
        with pytest.raises(WishRefused) as no:
            character_of(author, output, **told())
        assert no.value.facts == {"field": "output", "rule": "somebody_in_it"}
    assert character_of(author, long_output(author, own), **told()).state == "making"


def test_a_still_is_no_clip():
    author = person()
    with pytest.raises(WishRefused) as no:
        character_of(author, done_output(author, still=True), **told())
    assert no.value.facts["rule"] == "not_a_clip"


def test_an_export_tells_of_characters_in_ones_jobs(pet):
    author = person()
    submit(author, "@rex runs")
    parts = dict(services.personal_data(author))
    assert b'"characters": [\n      "rex"\n    ]' in parts["generation/jobs.json"]
