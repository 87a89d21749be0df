"""Nobody's face comes out of a job without their leave: what a worker does with whom it sees."""

import json
import shutil
from contextlib import ExitStack

import cv2
import numpy as np
import pytest

from cameos import services as cameos
from cameos.models import Cameo
from cameos.states import CameoState
from generation import dispatch, orders, services
from generation.checking import check_output, check_pictures
from generation.errors import Blocked
from generation.execution import execute
from generation.models import Job, Output
from generation.pipeline import prefix_of
from generation.states import JobState, Task
from generation.types import Made
from sora_social import storage
from sora_social.audit import AuditRecord
from sora_social.moderation.models import Case, CaseKind
from tests.cameos.making import active_cameo, enrol
from tests.faces import (
    astronaut_film,
    astronaut_template,
    astronaut_turning,
    drawn_film,
    drawn_template,
)
from tests.faces.drawn import drawn_turning
from tests.generation import invariants
from tests.generation.making import queued_job
from tests.people import person

pytestmark = [
    pytest.mark.slow,
    pytest.mark.xdist_group("engine"),
    pytest.mark.django_db(transaction=True),
]


@pytest.fixture(autouse=True)
def _everything_adds_up():
    yield
    invariants.check()


@pytest.fixture(scope="session")
def pack():
    from tests.faces import lite  # noqa: PLC0415 -- built on first use

    return lite().pack


@pytest.fixture
def astronaut(pack):
    """Somebody enrolled, whom anybody may use."""
    return enrol(person(), astronaut_template(), pack)


@pytest.fixture
def _deciding(settings, tmp_path, pack):
    """The pack may decide, from a similarity of 0.6 on."""
    folder = tmp_path / "deciding"
    shutil.copytree(pack.folder, folder)
    card = json.loads((folder / "pack.json").read_text())
    card["strength"] = "recognition"
    card["thresholds"]["firewall_block"] = 0.6
    (folder / "pack.json").write_text(json.dumps(card))
    settings.LIKENESS_MODEL_PACK = folder


def showing(author, film, cameos=()):
    """A draft of the author's that shows this film, from before anybody in it enrolled."""
    job = queued_job(author, cameos)
    token = dispatch.claim(job.pk)
    folder = f"{prefix_of(job.pk, token)}/0"
    kept = storage.put(f"{folder}/video.mp4", film)
    size = {"width": 400, "height": 360, "seconds": 2.0}
    made = Made(folder=folder, renditions=["video"], **kept._asdict(), **size)
    assert dispatch.finish(job.pk, token, [made]) == JobState.DONE
    return Output.objects.get(job=job)


def stitched(author, *films, cameos=(), **wish):
    """A job made of films, through every step of the real pipeline; it needs no model."""
    pieces = [showing(author, film) for film in films]
    job = queued_job(author, cameos, task=Task.STITCH, **wish)
    job.sources.bulk_create(job.sources.model(job=job, output=one, role="stitch") for one in pieces)
    return run(job)


def run(job):
    execute()
    job.refresh_from_db()
    return job


def case_of(output):
    return Case.objects.get(subject="output", subject_id=str(output.pk), kind=CaseKind.FIREWALL)


# --- what comes out ---


def test_somebody_enrolled_who_gave_no_leave_is_held_back(astronaut):
    author = person()
    job = stitched(author, drawn_film(), astronaut_film())
    output = job.outputs.get()
    assert (job.state, output.is_held) == (JobState.DONE, True)
    assert not Output.objects.cleared().filter(pk=output.pk).exists()
    facts = case_of(output).facts
    found = {one["cameo"]: one for one in facts["findings"]}
    assert {who: one["verdict"] for who, one in found.items()} == {
        None: "unmatched",
        str(astronaut.pk): "match",
    }
    match = found[str(astronaut.pk)]
    assert 1 <= match["at"] < 2
    assert [0 <= share <= 1 for share in match["box"]] == [True] * 4
    assert match.keys() == {"at", "box", "verdict", "cameo"}
    assert (facts["strength"], facts["search_incomplete"]) == ("continuity", False)


def test_with_leave_it_passes(astronaut):
    job = stitched(person(), drawn_film(), astronaut_film(), cameos=[astronaut])
    assert (job.state, job.outputs.get().is_held) == (JobState.DONE, False)
    assert Case.objects.count() == 0


def doubts(author, film, cameos=()):
    """What a job of the author's that came to this film would be held for."""
    return check_output(queued_job(author, cameos), film, [])


def test_ones_own_face_passes(pack):
    author = person()
    enrol(author, astronaut_template(), pack)
    assert doubts(author, astronaut_film()) == {}


def test_a_face_enrolled_as_ones_own_but_not_proven_yet_clears_nothing(pack):
    author = person()
    own = enrol(author, astronaut_template(), pack, CameoState.REVIEW)
    assert doubts(author, astronaut_film())["findings"][0]["cameo"] == str(own.pk)


def test_strangers_that_a_model_invents_pass(astronaut):
    assert doubts(person(), drawn_film()) == {}


def test_who_revoked_is_known_no_more_and_who_enrolled_since_is(pack, astronaut):
    assert doubts(person(), drawn_film()) == {}
    cameos.revoke(Cameo.objects.get(pk=astronaut.pk))
    new = enrol(person(), drawn_template(), pack)
    assert doubts(person(), astronaut_film()) == {}
    assert doubts(person(), drawn_film())["findings"][0]["cameo"] == str(new.pk)


@pytest.mark.usefixtures("_deciding")
def test_a_pack_that_may_decide_stops_it_and_gives_the_credits_back(astronaut, files):
    job = stitched(person(), astronaut_film(), astronaut_film())
    assert (job.state, job.reason) == (JobState.BLOCKED, "likeness")
    assert (job.outputs.count(), files(f"renders/{job.pk}")) == (0, 0)
    assert (job.author.account.spent, job.author.account.reserved) == (2, 0)  # of the two pieces


def test_whom_nobody_can_compare_is_held_back(astronaut):
    active_cameo(person())  # of another pack
    assert doubts(person(), drawn_film())["search_incomplete"] is True


@pytest.mark.usefixtures("_deciding")
def test_a_template_that_does_not_open_loses_the_try_of_a_deciding_pack(astronaut):
    Cameo.objects.filter(pk=astronaut.pk).update(template=b"\0" * 1052)
    job = stitched(person(), drawn_film(), drawn_film())
    assert (job.state, job.losses, job.outputs.count()) == (JobState.QUEUED, 1, 0)


@pytest.mark.usefixtures("astronaut")
def test_without_a_pack_nothing_passes_while_anybody_is_enrolled(settings, tmp_path):
    settings.LIKENESS_MODEL_PACK = tmp_path
    job = stitched(person(), drawn_film(), drawn_film())
    assert (job.state, job.losses, job.outputs.count()) == (JobState.QUEUED, 1, 0)


def test_where_nobody_is_enrolled_nothing_is_looked_at(settings, tmp_path):
    settings.LIKENESS_MODEL_PACK = tmp_path
    assert doubts(person(), tmp_path / "no such film") == {}


# --- what goes in ---


@pytest.fixture
def pictured(tmp_path):
    """A job with an uploaded picture, as the API leaves it in the queue."""

    def submit(picture, author=None, **wish):
        path = tmp_path / "picture.png"
        cv2.imwrite(str(path), picture)
        able = services.capabilities()
        width, height = able.sizes[0]
        asked = {"width": width, "height": height, "seconds": 1.0, "tier": "draft"}
        key = "attested" if wish else "a-key"
        return services.submit(
            author or person(), key=key, prompt="the sea", first_frame=path, **asked | wish
        )

    return submit


def nobody():
    return np.full((120, 120, 3), 128, np.uint8)


def stranger():
    return drawn_turning(3, [(0, 0)])[0]


def known():
    return astronaut_turning()[0]


def test_a_picture_of_somebody_asks_for_an_attestation(pictured):
    job = run(pictured(stranger()))
    assert (job.state, job.reason) == (JobState.BLOCKED, "face_without_attestation")
    assert (job.author.account.spent, job.author.account.reserved) == (0, 0)


def test_with_it_the_job_goes_on_and_the_word_is_kept(pictured):
    job = run(pictured(stranger(), attested=True))
    assert (job.state, job.outputs.get().is_held) == (JobState.DONE, False)
    kept = AuditRecord.objects.get(kind="pictures.attested")
    assert (kept.actor_id, kept.body["key"], list(kept.body["pictures"])) == (
        job.author_id,
        "attested",
        ["first_frame"],
    )


def looked_at(job):
    """What is seen in a job's pictures before it is rendered."""
    with ExitStack() as opened:
        return check_pictures(job, orders.files_of(job, opened))


def test_a_picture_without_a_face_needs_none(pictured):
    assert looked_at(pictured(nobody())) == []
    assert AuditRecord.objects.filter(kind="pictures.attested").count() == 0


def test_a_mask_is_no_picture_of_anybody():
    job = queued_job(person(), task=Task.INPAINT, mask="frames/mask.webp")
    assert check_pictures(job, {"mask": [drawn_film()]}) == []
    assert check_output(job, drawn_film(), []) == {}


@pytest.fixture
def filmed():
    """A job that starts from an uploaded clip, as the API leaves it in the queue."""

    def submit(film, **wish):
        width, height = services.capabilities().sizes[0]
        asked = {"width": width, "height": height, "seconds": 1.0, "task": Task.RESTYLE}
        return services.submit(person(), key="a-key", prompt="the sea", clip=film, **asked | wish)

    return submit


def test_somebody_in_an_uploaded_clip_is_asked_for_as_in_a_picture(astronaut, filmed):
    with pytest.raises(Blocked, match="face_without_attestation"):
        looked_at(filmed(astronaut_film()))
    (suspect,) = looked_at(filmed(astronaut_film(), attested=True))
    assert (suspect["field"], suspect["cameo"]) == ("clip", str(astronaut.pk))


@pytest.mark.usefixtures("_deciding")
def test_a_pack_that_may_decide_refuses_the_clip_attested_or_not(astronaut, filmed):
    with pytest.raises(Blocked, match="likeness"):
        looked_at(filmed(astronaut_film(), attested=True))


def test_somebody_enrolled_in_a_picture_holds_back_what_comes_of_it(astronaut, pictured):
    output = run(pictured(known(), attested=True)).outputs.get()
    facts = case_of(output).facts
    (suspect,) = facts["pictures"]
    assert (suspect["field"], suspect["verdict"], suspect["cameo"]) == (
        "first_frame",
        "match",
        str(astronaut.pk),
    )
    assert output.is_held


@pytest.mark.usefixtures("_deciding")
def test_a_pack_that_may_decide_refuses_the_picture_attested_or_not(astronaut, pictured):
    job = run(pictured(known(), attested=True))
    assert (job.state, job.reason) == (JobState.BLOCKED, "likeness")


@pytest.mark.usefixtures("_deciding")
def test_such_a_pack_knows_the_author_who_attests_nothing(pack, pictured):
    author = person()
    enrol(author, astronaut_template(), pack)
    assert looked_at(pictured(known(), author)) == []


def test_a_pack_that_may_not_decide_clears_nobody(pack, pictured):
    author = person()
    enrol(author, astronaut_template(), pack)
    with pytest.raises(Blocked, match="face_without_attestation"):
        looked_at(pictured(known(), author))


def test_without_a_pack_every_picture_asks_for_an_attestation(settings, tmp_path, pictured):
    settings.LIKENESS_MODEL_PACK = tmp_path / "none"
    with pytest.raises(Blocked, match="face_without_attestation"):
        looked_at(pictured(nobody()))
    assert looked_at(pictured(nobody(), attested=True)) == []


def test_a_face_that_only_comes_out_is_held_back_where_nobody_attested(pictured):
    job = pictured(nobody())
    held = check_output(job, drawn_film(), [])
    assert [one["verdict"] for one in held["findings"]] == ["unmatched"]
    Job.objects.filter(pk=job.pk).update(attested=True)
    job.refresh_from_db()
    assert check_output(job, drawn_film(), []) == {}


def test_two_people_in_one_clip_who_both_gave_leave_pass(astronaut, pack):
    other = enrol(person(), drawn_template(), pack)
    for film in (drawn_film(), astronaut_film()):
        assert doubts(person(), film, [astronaut, other]) == {}
