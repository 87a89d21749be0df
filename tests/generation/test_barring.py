import threading
from io import BytesIO

import numpy as np
import pytest
from django.core.management import call_command
from django.db import connection, transaction
from PIL import Image

from feed import services as feed
from generation import barring, dispatch, layers, looks
from generation.engine.drawn.clips import FPS
from generation.models import Job, Output, Print
from generation.screening import Sign
from sora_social import storage
from sora_social.audit import AuditRecord
from sora_social.moderation import services
from sora_social.moderation.filing import Said
from sora_social.moderation.models import Bar, Case, Takedown
from sora_social.uploads import UploadRefused
from tests.generation.copies import begun, clip, finished, forget, made
from tests.generation.making import submit
from tests.people import moderator, person

pytestmark = pytest.mark.django_db
TEXT = "This is me undressed and I never allowed it."


@pytest.fixture(autouse=True)
def _nothing_barred():
    forget()


def claimed(output: Output, **changes: object) -> Case:
    """An intimate-image claim with everything that makes it credible."""
    said = {"name": "Ann Example", "email": "ann@example.org", "good_faith": True} | changes
    told = Said("intimate", TEXT, **said)
    return services.report_as_stranger("output", output.down_id, told).case


def down() -> set[str]:
    return set(Takedown.objects.of("output"))


def test_every_output_is_kept_with_what_it_looks_like():
    output = finished(person(), 1)
    assert len(Print.objects.get(output=output).prints) % 32 == 0


def test_a_claim_sweeps_identical_and_near_copies_and_nothing_else():
    ada, bee = person(), person()
    output, same, turned = finished(ada, 1), finished(bee, 1), finished(bee, 1, turned=True)
    others = [finished(bee, seed) for seed in (2, 3)]
    case = claimed(output)
    assert down() == {output.down_id}
    assert barring.sweep() == 2
    assert down() == {output.down_id, same.down_id, turned.down_id}
    assert not {one.down_id for one in others} & down()
    found = AuditRecord.objects.filter(kind="copy_found").values_list("body__subject_id", flat=True)
    assert set(found) == {same.down_id, turned.down_id}
    assert set(case.against.all()) == {ada, bee}
    assert barring.sweep() == 0


def test_what_was_made_before_there_were_hashes_is_hashed_and_hidden(capsys):
    ada, bee = person(), person()
    output, same, turned = finished(ada, 1), finished(bee, 1), finished(bee, 1, turned=True)
    other, gone = finished(bee, 2), finished(bee, 3)
    Print.objects.exclude(output=output).delete()
    for older in (same, turned):
        Output.objects.filter(pk=older.pk).update(sha256="")
    storage.drop_prefix(gone.folder)
    claimed(output)
    barring.sweep()
    assert down() == {output.down_id}
    call_command("hash_outputs")
    assert "4 hashed, 2 copies of what is barred" in capsys.readouterr().out
    assert down() == {output.down_id, same.down_id, turned.down_id}
    assert not barring.unseen().exists()
    assert Print.objects.get(output=gone).prints == b""
    assert Print.objects.get(output=other).prints


def test_a_copy_that_finishes_later_never_is():
    ada, bee = person(), person()
    case = claimed(finished(ada, 1))
    barring.sweep()
    for turned in (False, True):
        assert finished(bee, 1, turned=turned) is None
    job = Job.objects.filter(author=bee).latest("made_at")
    assert (job.state, job.reason) == ("blocked", "barred_copy")
    assert (job.verdict["rule"], job.verdict["because"][0]["layer"]) == ("barred_copy", "copies")
    assert finished(bee, 2) is not None
    rows = AuditRecord.objects.filter(kind="copy_barred", case=str(case.pk))
    assert [row.actor_id for row in rows] == [bee.pk, bee.pk]


def test_a_false_claim_is_undone_with_everything_it_hid():
    ada, bee, judge = person(), person(), moderator()
    output, same = finished(ada, 1), finished(bee, 1)
    case = claimed(output)
    barring.sweep()
    services.claim(case, judge)
    services.decide(case, judge, "keep", "not_borne_out")
    assert down() == set()
    assert not Bar.objects.standing().exists()
    assert finished(bee, 1) is not None
    assert Output.objects.cleared().filter(pk=same.pk).exists()


def test_what_another_decision_took_down_stays_down_when_the_claim_was_wrong():
    ada, bee, judge = person(), person(), moderator()
    output, same = finished(ada, 1), finished(bee, 1)
    case = claimed(output)
    barring.sweep()
    other = services.report(person(), "output", same.down_id, "violence")
    services.claim(other, judge)
    services.decide(other, judge, "take_down", "violence")
    services.claim(case, judge)
    services.decide(case, judge, "keep", "not_borne_out")
    assert down() == {same.down_id}
    assert Takedown.objects.standing().get().reason == "violence"


def test_a_decision_for_a_barring_reason_bars_without_a_claim():
    ada, judge = person(), moderator()
    output = finished(ada, 1)
    case = services.report(person(), "output", output.down_id, "minor")
    services.claim(case, judge)
    services.decide(case, judge, "take_down", "minor")
    assert finished(ada, 1) is None
    assert finished(ada, 2) is not None


def test_a_post_takes_its_video_along_and_an_overturned_appeal_brings_both_back():
    ada, judge, other = person(), moderator(), moderator()
    output = finished(ada, 1)
    post = feed.publish(ada, output.pk)
    case = services.report(
        person(), "post", post.down_id, "intimate", TEXT, name="Ann", good_faith=True
    )
    assert (set(Takedown.objects.of("post")), down()) == ({post.down_id}, {output.down_id})
    services.claim(case, judge)
    services.decide(case, judge, "take_down", "intimate")
    assert {one.reason for one in Takedown.objects.standing()} == {"intimate"}
    services.appeal(ada, Case.objects.get(pk=case.pk), "It is a drawing.")
    case.refresh_from_db()
    services.claim(case, other)
    services.settle(case, other, "overturned", "within_rules")
    assert not Takedown.objects.standing().exists()
    assert finished(ada, 1) is not None


def test_a_barred_picture_is_refused_when_it_is_sent(tmp_path):
    output = finished(person(), 1)
    path = tmp_path / "picture.png"
    Image.fromarray(clip(1)[8]).resize((400, 400)).save(path)
    author = person()
    submit(author, key="a", first_frame=path)
    claimed(output)
    with pytest.raises(UploadRefused) as refused:
        submit(author, key="b", first_frame=path)
    assert refused.value.fields() == {
        "first_frame": ["This is like something that was taken down, and may not come back."]
    }


def test_a_picture_that_came_in_before_is_not_rendered_from(tmp_path):
    path = tmp_path / "picture.webp"
    written = BytesIO()
    Image.fromarray(clip(1)[8]).save(written, "WEBP", quality=90)
    path.write_bytes(written.getvalue())
    job, _ = begun(person())
    given = {"first_frame": [path]}, tmp_path, None  # nobody is asked: there is no model
    assert layers.of_inputs(job, *given) == []
    claimed(finished(person(), 1))
    assert layers.of_inputs(job, *given) == [Sign("barred", "copies", "first_frame", {"at": 0.0})]


def test_a_copy_is_known_by_the_second_at_which_it_is_seen():
    job, _ = begun(person())
    claimed(finished(person(), 1))
    shown = np.concatenate([clip(2)[:2], clip(1)])
    seen = looks.Looks(np.arange(len(shown)) / FPS, shown)
    (sign,) = barring.signs_in(seen, "video", job)
    assert sign.facts["at"] + 0.005 >= 2 / FPS


def test_what_was_made_before_hashes_were_kept_is_barred_by_its_file():
    output, same = finished(person(), 1), finished(person(), 1)
    Print.objects.all().delete()
    claimed(output)
    assert barring.sweep() == 1
    assert down() == {output.down_id, same.down_id}


def test_a_sweep_that_cannot_read_the_file_goes_by_what_is_known():
    output, same = finished(person(), 1), finished(person(), 1)
    for key in output.keys:
        storage.drop(key)
    claimed(output)
    assert barring.sweep() == 1
    assert down() == {output.down_id, same.down_id}


@pytest.mark.django_db(transaction=True)
def test_of_a_takedown_and_a_copy_that_finishes_meanwhile_the_copy_never_stays():
    """Whoever comes first: the copy is stopped by the bar, or there to be swept."""
    ada, bee = person(), person()
    output = finished(ada, 1)
    job, token = begun(bee)
    copy = made(job, token, 1)
    start = threading.Barrier(2)

    def finish() -> None:
        start.wait()
        dispatch.finish(job.pk, token, [copy])
        connection.close()

    def claim() -> None:
        start.wait()
        claimed(output)
        connection.close()

    threads = [threading.Thread(target=act) for act in (finish, claim)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    barring.sweep()
    assert set(Output.objects.values_list("down_id", flat=True)) == down()


@pytest.mark.services
@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer anyway")
def test_a_claim_waits_for_a_copy_that_is_just_finishing():
    """The worst moment: the copy has asked the bars, and is not committed when the claim comes."""
    ada, bee = person(), person()
    output = finished(ada, 1)
    job, token = begun(bee)
    copy = made(job, token, 1)

    def claim() -> None:
        claimed(output)
        connection.close()

    claiming = threading.Thread(target=claim)
    with transaction.atomic():
        dispatch.finish(job.pk, token, [copy])
        claiming.start()
        claiming.join(1.0)
        assert claiming.is_alive()
    claiming.join()
    assert barring.sweep() == 1
    assert set(Output.objects.values_list("down_id", flat=True)) == down()
