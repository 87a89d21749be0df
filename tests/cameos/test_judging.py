"""What becomes of a capture once it was looked at."""

from __future__ import annotations

import secrets
from datetime import timedelta

import pytest
from django.utils.timezone import now

from cameos import services, waiting
from cameos.judging import conclude
from cameos.lookalikes import alike
from cameos.models import Cameo, Capture
from cameos.states import CameoState
from cameos.verifying import FAILED, Finding
from sora_social import storage
from sora_social.audit import AuditRecord
from sora_social.outbox import OutboxEvent
from tests.cameos.making import active_cameo, draft_cameo, head, likeness, template
from tests.cameos.test_enrolment import FTYP
from tests.people import person

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("pack")]


@pytest.fixture
def capture(tmp_path) -> Capture:
    return captured(draft_cameo(person()), tmp_path)


def captured(cameo: Cameo, folder) -> Capture:
    clip = folder / secrets.token_hex(4)
    clip.write_bytes(FTYP + secrets.token_bytes(64))
    asked = services.challenge(cameo)
    services.answer(asked, clip)
    return Capture.objects.get(challenge=asked)


def passed(seed: int = 1, doubts: tuple[str, ...] = ()) -> Finding:
    pictures = tuple(head(seed, position) for position in range(3))
    return Finding(True, (), doubts, template(seed), pictures)


def cameo_of(capture: Capture) -> Cameo:
    return Cameo.objects.get(pk=capture.challenge.cameo_id)


def told(capture: Capture) -> list[tuple[str, list[str]]]:
    events = OutboxEvent.objects.filter(user_id=cameo_of(capture).owner_id)
    return [(event.kind, event.payload["reasons"]) for event in events.order_by("pk")]


def test_a_capture_that_passes_makes_the_cameo_active(capture):
    conclude(capture, passed())
    cameo = cameo_of(capture)
    assert cameo.state == CameoState.ACTIVE
    keys = services.reference_keys(cameo)
    assert [storage.fetch(key) for key in keys] == list(passed().pictures)
    assert not storage.exists(capture.key)
    assert told(capture) == [("cameo_verified", [])]


def test_the_template_is_not_readable_at_rest(capture):
    conclude(capture, passed())
    plain = template(1).astype("<f2").tobytes()
    assert plain[:64] not in bytes(cameo_of(capture).template)


def test_a_refused_capture_goes_back_to_a_draft_with_its_reasons(capture):
    conclude(capture, Finding(False, ("wrong_turns", "still_photo")))
    cameo = cameo_of(capture)
    assert (cameo.state, cameo.refusals) == (CameoState.DRAFT, ["wrong_turns", "still_photo"])
    assert (cameo.template, services.reference_keys(cameo)) == (None, [])
    assert not storage.exists(capture.key)
    assert told(capture) == [("cameo_refused", ["wrong_turns", "still_photo"])]


def test_doubts_go_to_a_moderator_and_are_not_told(capture):
    conclude(capture, passed(doubts=("blurry",)))
    assert cameo_of(capture).state == CameoState.REVIEW
    assert told(capture) == [("cameo_in_review", [])]


def test_an_operator_may_have_every_capture_reviewed(capture, settings):
    settings.CAMEO_REVIEW = "always"
    conclude(capture, passed())
    assert cameo_of(capture).state == CameoState.REVIEW


# --- faces enrolled before ---


def test_a_face_enrolled_by_another_goes_to_a_moderator(capture, pack):
    other = active_cameo(person())
    Cameo.objects.filter(pk=other.pk).update(**likeness(other, 1, pack.id))
    conclude(capture, passed(seed=1))
    assert cameo_of(capture).state == CameoState.REVIEW
    assert Capture.objects.get(pk=capture.pk).doubts == ["very_like_another"]
    assert told(capture) == [("cameo_in_review", [])]


def test_strangers_and_other_packs_and_oneself_are_no_duplicates(capture, pack):
    stranger, foreign = active_cameo(person()), active_cameo(person())
    Cameo.objects.filter(pk=stranger.pk).update(**likeness(stranger, 2, pack.id))
    Cameo.objects.filter(pk=foreign.pk).update(**likeness(foreign, 1, "other pack"))
    mine = cameo_of(capture)
    Cameo.objects.filter(pk=mine.pk).update(**likeness(mine, 1, pack.id))
    assert alike(mine, template(1), pack)[0] == []


def test_a_search_that_cannot_read_somebody_is_a_doubt(capture, pack):
    broken = active_cameo(person())
    sealed = likeness(broken, 1, pack.id) | {"wrapped_key": b"not a key" * 8}
    Cameo.objects.filter(pk=broken.pk).update(**sealed)
    assert alike(cameo_of(capture), template(1), pack)[0] == ["search_incomplete"]


# --- workers that come twice, late or never ---


def test_of_two_conclusions_the_first_holds_and_leaves_no_file_of_the_other(capture):
    conclude(capture, passed())
    before = sorted(storage.keys_under("cameos"))
    conclude(capture, Finding(False, ("no_face",)))
    conclude(capture, passed(seed=2))
    assert cameo_of(capture).state == CameoState.ACTIVE
    assert sorted(storage.keys_under("cameos")) == before
    assert told(capture) == [("cameo_verified", [])]


def test_a_cameo_revoked_meanwhile_stays_revoked(capture, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        services.revoke(cameo_of(capture))
    assert not storage.exists(capture.key)
    conclude(Capture.objects.get(pk=capture.pk), passed())
    cameo = cameo_of(capture)
    assert (cameo.state, cameo.wrapped_key) == (CameoState.REVOKED, None)
    assert list(storage.keys_under(f"cameos/{cameo.pk}")) == []
    assert services.resume_verifying() == 0


def test_a_capture_that_another_worker_has_is_left_alone(capture):
    Capture.objects.filter(pk=capture.pk).update(claimed_until=now() + timedelta(minutes=1))
    services.verify(str(capture.pk))
    assert Capture.objects.get(pk=capture.pk).passed is None


def test_a_lost_hint_is_sent_again_and_a_fresh_one_is_not(capture):
    assert services.resume_verifying() == 0
    Capture.objects.filter(pk=capture.pk).update(sent_at=now() - timedelta(minutes=1))
    assert services.resume_verifying() == 1
    assert services.resume_verifying() == 0


def test_a_capture_over_which_workers_die_is_given_up(capture):
    Capture.objects.filter(pk=capture.pk).update(
        tries=waiting.MOST_TRIES, claimed_until=now() - timedelta(minutes=1)
    )
    services.verify(str(capture.pk))
    assert (cameo_of(capture).state, cameo_of(capture).refusals) == (CameoState.DRAFT, [FAILED])


def test_a_clip_that_got_lost_is_a_failed_check(capture):
    storage.drop(capture.key)
    services.verify(str(capture.pk))
    assert cameo_of(capture).refusals == [FAILED]


def test_no_similarity_is_written_down_anywhere(capture, pack):
    other = active_cameo(person())
    Cameo.objects.filter(pk=other.pk).update(**likeness(other, 1, pack.id))
    conclude(capture, passed(seed=1))
    bodies = [*AuditRecord.objects.values_list("body", flat=True)]
    bodies += OutboxEvent.objects.values_list("payload", flat=True)
    assert not [value for body in bodies for value in body.values() if isinstance(value, float)]
    assert not [body for body in bodies if "like_another" in str(body)]
