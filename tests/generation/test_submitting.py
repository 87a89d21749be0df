"""What a submit promises: once per key, with everybody's leave, everything or nothing."""

import threading

import pytest
from celery import Celery
from django.db import connection
from PIL import Image

from cameos import services as cameos
from cameos.errors import ConsentRequired, TooManyCameos, UnknownCameo
from generation import credits, dispatch, services
from generation.errors import (
    EngineMissing,
    KeyMissing,
    KeyReused,
    NotEnoughCredits,
    NotPossible,
    TooManyJobs,
)
from generation.models import CameoUse, Job, LedgerEntry
from generation.pace import queue_position
from generation.states import JobState
from sora_social.errors import NotFound
from sora_social.uploads import UploadRefused
from tests.cameos.making import active_cameo
from tests.generation import invariants
from tests.generation.making import done_output, submit
from tests.people import make_mutual, person

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _everything_adds_up():
    yield
    invariants.check()


@pytest.fixture
def picture(tmp_path):
    path = tmp_path / "frame.png"
    Image.new("RGB", (200, 100), "teal").save(path)
    return path


def test_a_submit_queues_a_job_and_reserves_its_credit():
    author = person()
    job = submit(author)
    assert (job.state, job.fresh, job.cost) == (JobState.QUEUED, True, 1)
    account = credits.account_of(author)
    assert (account.available, account.reserved) == (29, 1)


def test_what_is_left_open_is_the_models_usual():
    able = services.capabilities()
    job = submit(person())
    assert ((job.width, job.height), job.seconds) == (able.sizes[0], 2.0)
    assert 0 <= job.seed < 2**31


def test_a_given_seed_is_kept_and_zero_is_one():
    assert submit(person(), seed=0).seed == 0


# --- idempotency ---


def test_the_same_key_with_the_same_wish_is_the_same_job():
    author = person()
    first, again = submit(author), submit(author)
    assert (first.pk, again.fresh) == (again.pk, False)
    assert LedgerEntry.objects.filter(kind="reserve").count() == 1


def test_the_same_key_with_another_wish_is_refused(picture):
    author = person()
    job = submit(author)
    for other in ({"prompt": "x"}, {"seed": 4}, {"seconds": 1.0}, {"first_frame": picture}):
        with pytest.raises(KeyReused) as no:
            submit(author, **other)
        assert no.value.facts == {"job": str(job.pk)}


def test_the_same_key_of_two_people_is_two_jobs():
    assert submit(person()).pk != submit(person()).pk


def test_a_retry_finds_its_job_even_after_the_leave_is_gone():
    author, cameo = person(), active_cameo(person(), audience="everyone")
    job = submit(author, f"@{cameo.handle} waves")
    cameos.pause(cameo)
    assert submit(author, f"@{cameo.handle} waves").pk == job.pk


@pytest.mark.parametrize("key", ["", "k" * 256, "a\x00b", "a\nb\x1b"])
def test_a_key_is_1_to_255_plain_characters(key):
    with pytest.raises(KeyMissing):
        submit(person(), key=key)


@pytest.mark.django_db(transaction=True)
def test_ten_racing_submits_with_one_key_are_one_job():
    author, gate, found = person(), threading.Barrier(10), []

    def run():
        try:
            gate.wait()
            found.append(submit(author))
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(10)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert len(found) == 10
    assert len({job.pk for job in found}) == 1
    assert sum(job.fresh for job in found) == 1


# --- leave ---


def test_every_cameo_in_the_prompt_stands_on_its_owners_leave():
    author, friend = person(), person()
    mine = active_cameo(author, audience="only_me")
    theirs = active_cameo(friend, audience="mutuals")
    make_mutual(author, friend)
    job = submit(author, f"@{theirs.handle} and @{mine.handle.upper()} and @{theirs.handle} dance")
    uses = [(use.cameo, use.consent.requester, use.inherited) for use in job.uses.all()]
    assert uses == [(theirs, author, False), (mine, author, False)]


def test_without_leave_nothing_is_saved():
    author, cameo = person(), active_cameo(person(), audience="mutuals")
    with pytest.raises(ConsentRequired):
        submit(author, f"@{cameo.handle} waves")
    assert (Job.objects.count(), LedgerEntry.objects.filter(kind="reserve").count()) == (0, 0)


def test_an_unknown_cameo_is_named():
    with pytest.raises(UnknownCameo) as no:
        submit(person(), "@nobody_here waves")
    assert (no.value.field, no.value.facts["handle"]) == ("prompt", "nobody_here")


def test_four_cameos_are_too_many():
    handles = " ".join(f"@{active_cameo(person(), audience='everyone').handle}" for _ in range(4))
    with pytest.raises(TooManyCameos):
        submit(person(), handles)


# --- remixes ---


def test_a_remix_inherits_whoever_is_in_its_source():
    author, friend = person(), person()
    cameo = active_cameo(friend, audience="everyone")
    source = done_output(author, [cameo])
    job = submit(person(), "in the snow", source=source)
    assert [(use.cameo, use.inherited) for use in job.uses.all()] == [(cameo, True)]
    assert [step.output for step in job.sources.all()] == [source]
    assert CameoUse.objects.get(job=job).consent.requester == job.author


def test_a_remix_needs_the_remixers_own_leave():
    author, friend = person(), person()
    cameo = active_cameo(friend, audience="mutuals")
    make_mutual(author, friend)
    source = done_output(author, [cameo])
    with pytest.raises(ConsentRequired):
        submit(person(), "in the snow", source=source)


def test_whoever_is_inherited_and_named_is_in_it_once():
    author, cameo = person(), active_cameo(person(), audience="everyone")
    source = done_output(author, [cameo])
    job = submit(author, f"@{cameo.handle} in the snow", source=source)
    uses = [(use.cameo, use.inherited, use.named) for use in job.uses.all()]
    assert uses == [(cameo, True, True)]


def test_to_name_somebody_does_not_get_around_who_may_remix_them():
    author, cameo = person(), active_cameo(person(), audience="everyone", remix="only_me")
    source = done_output(author, [cameo])
    for prompt in ("in the snow", f"@{cameo.handle} in the snow"):
        with pytest.raises(ConsentRequired):
            submit(author, prompt, key=prompt, source=source)
    assert submit(author, f"@{cameo.handle} in the snow", key="anew").pk


def test_more_people_than_the_model_holds_are_refused():
    author = person()
    found = [active_cameo(person(), audience="everyone") for _ in range(4)]
    source = done_output(author, found[:3])
    with pytest.raises(NotPossible) as no:
        submit(author, f"@{found[3].handle} joins", source=source)
    assert no.value.facts == {"field": "prompt", "asked": 4, "possible": 3}


def test_a_dark_source_cannot_be_remixed():
    author, cameo = person(), active_cameo(person(), audience="everyone")
    source = done_output(author, [cameo])
    cameos.pause(cameo)
    with pytest.raises(NotFound):
        submit(author, "in the snow", source=source)


# --- what the model can do ---


@pytest.mark.parametrize(
    ("wish", "field"),
    [
        ({"width": 100, "height": 100}, "size"),
        ({"seconds": 3600.0}, "seconds"),
        ({"seconds": -1.0}, "seconds"),
        ({"seconds": float("nan")}, "seconds"),
        ({"seconds": float("inf")}, "seconds"),
        ({"style": "no such style"}, "style"),
        ({"shots": [{"prompt": "x", "seconds": 3600.0}]}, "shots"),
        ({"shots": [{"prompt": "x", "seconds": 1.0}] * 50}, "shots"),
    ],
)
def test_what_the_model_cannot_do_is_refused_with_what_it_can(wish, field):
    with pytest.raises(NotPossible) as no:
        submit(person(), **wish)
    assert no.value.facts["field"] == field
    assert no.value.facts["possible"]


def test_without_a_model_nothing_is_queued(settings, tmp_path):
    settings.GENERATION_MODEL = tmp_path
    with pytest.raises(EngineMissing):
        submit(person())


# --- the first frame ---


def test_a_first_frame_is_made_anew_and_kept_with_the_job(picture, files):
    before = files("frames")
    job = submit(person(), first_frame=picture)
    assert job.first_frame.startswith("frames/")
    assert files("frames") == before + 1


def test_a_first_frame_of_a_refused_submit_leaves_no_file(picture, files, settings):
    settings.JOBS_AT_ONCE, before = 0, files("frames")
    with pytest.raises(TooManyJobs):
        submit(person(), first_frame=picture)
    assert files("frames") == before


def test_a_first_frame_that_is_no_picture_is_refused(tmp_path):
    path = tmp_path / "frame.png"
    path.write_text("not a picture")
    with pytest.raises(UploadRefused) as no:
        submit(person(), first_frame=path)
    assert no.value.facts == {"field": "first_frame", "rule": "not_a_picture"}


# --- limits ---


def test_a_person_has_so_many_jobs_at_once_and_no_more(settings):
    author = person()
    for number in range(settings.JOBS_AT_ONCE):
        submit(author, key=f"key-{number}")
    with pytest.raises(TooManyJobs):
        submit(author, key="one more")
    services.cancel(Job.objects.first())
    assert submit(author, key="one more").fresh


def test_a_person_without_credits_makes_nothing(settings):
    settings.FREE_DAILY_CREDITS = 0
    with pytest.raises(NotEnoughCredits):
        submit(person())
    assert Job.objects.count() == 0


def test_the_queue_has_an_order():
    first, second = submit(person()), submit(person())
    assert [queue_position(job) for job in (first, second)] == [1, 2]
    services.cancel(first)
    first.refresh_from_db()
    assert [queue_position(job) for job in (first, second)] == [None, 1]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("url", ["redis://127.0.0.1:1/0", "amqp://guest:guest@127.0.0.1:1//"])
def test_a_dead_broker_fails_no_submit(monkeypatch, url):
    """The real client against a port where nothing listens; the sweep sends the hint again."""
    monkeypatch.delenv("CELERY_BROKER_URL", raising=False)
    dead = Celery("dead", broker=url)
    dead.conf.broker_transport_options = {"max_retries": 1, "interval_start": 0}
    monkeypatch.setattr(dispatch, "celery", dead)
    job = submit(person())
    assert Job.objects.get(pk=job.pk).dispatched_at is None
