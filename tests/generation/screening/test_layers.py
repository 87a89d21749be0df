"""Layers of screening beside words, in the life of a job: what is rendered, what is sent, what a
model reads. The models are tiny checkpoints in the child that renders."""

import numpy as np
import pytest
from PIL import Image

from generation import layers, looks
from generation.installed import labels_are_known
from generation.models import Output
from generation.rendering import RenderFailed
from generation.screening import Said, Sign, verdicts
from generation.states import JobState
from tests.generation import invariants
from tests.generation.making import queued_job, submit
from tests.generation.screening import tiny
from tests.generation.screening.running import run
from tests.people import person, signed_in

pytestmark = [pytest.mark.xdist_group("engine"), pytest.mark.django_db(transaction=True)]
SURE = {"normal": -4.0, "nsfw": 4.0}
SIZE = {"width": 192, "height": 192, "tier": "draft"}
HARMLESS = {"normal": 4.0, "nsfw": -4.0}


@pytest.fixture(autouse=True)
def _everything_adds_up():
    yield
    invariants.check()


def test_what_is_rendered_is_looked_at_and_the_verdict_names_rule_second_and_model(
    settings, tmp_path
):
    settings.SCREENING_PICTURES = tiny.pictures(tmp_path, SURE)
    job = run(queued_job(author := person(), **SIZE))
    said = signed_in(author).get(f"/api/v1/jobs/{job.pk}/").json()
    (because,) = said["verdict"]["because"]
    assert (said["state"], said["reason"]) == ("blocked", "explicit")
    assert (because["layer"], because["field"], because["label"]) == ("pictures", "video", "nsfw")
    assert 0 <= because["at"] <= job.seconds
    assert because["score"] == pytest.approx(0.9997, abs=1e-3)
    assert because["model"].startswith(f"{tmp_path.name}@")
    assert not Output.objects.exists()
    assert signed_in(author).get("/api/v1/me/credits/").json()["reserved"] == 0


def test_what_a_model_finds_harmless_is_made(settings, tmp_path):
    settings.SCREENING_PICTURES = tiny.pictures(tmp_path, HARMLESS)
    assert run(queued_job(person(), **SIZE)).state == JobState.DONE
    assert Output.objects.get().screened != ""


@pytest.fixture
def sent(tmp_path):
    path = tmp_path / "sent.png"
    Image.fromarray(np.random.default_rng(1).integers(0, 256, (64, 64, 3), np.uint8)).save(path)
    return path


def test_what_was_sent_is_looked_at_before_anything_is_rendered(settings, tmp_path, sent):
    settings.SCREENING_PICTURES = tiny.pictures(tmp_path / "model", SURE)
    job = run(submit(person(), first_frame=sent, attested=True))
    assert (job.state, job.reason) == (JobState.BLOCKED, "explicit")
    assert job.verdict["because"][0]["field"] == "first_frame"
    assert job.stage == "screen"


def test_a_label_that_the_policy_does_not_know_stops_everything(settings, tmp_path, sent):
    labels = {"normal": 4.0, "frobnicated": -4.0}
    settings.SCREENING_PICTURES = tiny.pictures(tmp_path / "model", labels)
    job = run(submit(person(), first_frame=sent, attested=True))
    assert (job.state, job.reason) == (JobState.FAILED, "unknown_label")


def test_a_model_reads_what_no_list_of_words_knows(settings, tmp_path):
    settings.SCREENING_TEXTS = tiny.texts(tmp_path, {"ok": -4.0, "hate": 4.0})
    job = run(queued_job(person(), **SIZE))
    assert (job.state, job.reason) == (JobState.BLOCKED, "hate")
    assert {one["layer"] for one in job.verdict["because"]} == {"texts"}


def test_of_a_film_the_frame_that_has_most_of_it_is_named(settings, tmp_path):
    settings.SCREENING_PICTURES = tmp_path
    seen = looks.Looks(np.array([0.0, 0.5, 1.0]), np.zeros((3, 8, 8, 3), np.uint8))
    seen.save(tmp_path)
    said = {"scores": [{"nsfw": 0.1}, {"nsfw": 0.97}, {"nsfw": 0.7}], "weights_hash": "ab"}
    found = layers.of_made(None, tmp_path / "video.mp4", lambda order: said)
    assert [(sign.group, sign.facts["at"]) for sign in found] == [
        ("sexual", 0.5),
        ("explicit", 0.5),
    ]


def test_what_is_spoken_is_read_and_the_verdict_names_the_second(settings, tmp_path):
    settings.SCREENING_SPEECH = tiny.speech(tmp_path, "white power")
    job = run(queued_job(person(), seconds=3.0, **SIZE))
    assert (job.state, job.reason) == (JobState.BLOCKED, "hate")
    (because,) = job.verdict["because"]
    assert (because["layer"], because["field"], because["at"]) == ("words", "spoken", 0.0)
    assert because["text"] == "white power"


def test_words_and_pictures_break_a_rule_together():
    seen = [Sign("sexual", "pictures", "video", {"at": 1.0}), Sign("minors", "words", "prompt")]
    (verdict,) = verdicts(seen, with_likeness=False)
    assert (verdict.rule, verdict.layers) == ("minors", {"words", "pictures"})


def test_nothing_is_asked_where_there_is_no_model(settings):
    settings.SCREENING_TEXTS = None
    assert layers.of_texts([Said("prompt", "a fox")], None) == []


def test_a_score_below_the_threshold_says_nothing(settings, tmp_path):
    settings.SCREENING_TEXTS = tmp_path
    answer = {"scores": [{"hate": 0.79}], "weights_hash": "ab"}
    assert layers.of_texts([Said("prompt", "a fox")], lambda order: answer) == []
    with pytest.raises(RenderFailed):
        layers.of_texts(
            [Said("prompt", "a fox")],
            lambda order: answer | {"scores": [{"unheard_of": 0.0}]},
        )


def test_a_process_does_not_start_with_labels_that_the_policy_does_not_know(settings, tmp_path):
    settings.SCREENING_PICTURES = tiny.pictures(tmp_path / "p", {"normal": 0, "frobnicated": 0})
    settings.SCREENING_TEXTS = tiny.guard(tmp_path / "g", "safe")
    (error,) = labels_are_known()
    assert (error.id, "frobnicated" in error.msg) == ("generation.E202", True)
    settings.SCREENING_PICTURES = tmp_path / "nothing"
    assert [one.id for one in labels_are_known()] == ["generation.E201"]
