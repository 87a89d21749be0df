"""The challenge and its answer, up to the check itself."""

from __future__ import annotations

import secrets
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from threading import Barrier

import pytest
import time_machine
from django.conf import settings
from django.db import connection
from django.utils.timezone import now

from cameos import services
from cameos.errors import (
    CaptureLocked,
    CaptureReplayed,
    ChallengeExpired,
    ChallengeSuperseded,
    ChallengeUnknown,
    ChallengeUsed,
    LikenessOff,
)
from cameos.judging import conclude
from cameos.models import Cameo, Capture, Challenge
from cameos.states import CameoState
from cameos.verifying import Finding
from sora_social import storage
from sora_social.errors import IllegalMove
from sora_social.uploads import CLIP, UploadRefused
from tests.cameos.making import cameo_in, draft_cameo
from tests.people import person

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("pack")]
FTYP = b"\0\0\0\x18ftypisom\0\0\x02\0isomiso2"


@pytest.fixture
def cameo() -> Cameo:
    return draft_cameo(person())


@pytest.fixture
def film(tmp_path):
    """Something that calls itself a clip, new each time."""

    def film(head: bytes = FTYP, tail: bytes | None = None) -> Path:
        path = tmp_path / secrets.token_hex(4)
        path.write_bytes(head + (secrets.token_bytes(64) if tail is None else tail))
        return path

    return film


def fail(cameo: Cameo, clip: Path) -> None:
    """A capture that is refused."""
    asked = services.challenge(cameo)
    services.answer(asked, clip)
    conclude(Capture.objects.get(challenge=asked), Finding(False, ("wrong_turns",)))
    cameo.refresh_from_db()


def quarantined() -> list[str]:
    return list(storage.keys_under("quarantine"))


def test_a_challenge_asks_for_three_turns_and_three_digits_soon(cameo):
    asked = services.challenge(cameo)
    assert sorted(asked.turns) == ["left", "right", "up"]
    assert len(set(asked.digits)) == 3
    assert asked.digits.isdigit()
    left = asked.expires_at - now()
    assert timedelta(seconds=118) < left <= timedelta(seconds=settings.CHALLENGE_SECONDS)


def test_an_answer_waits_in_quarantine_for_its_check(cameo, film):
    clip = film()
    answered = services.answer(services.challenge(cameo), clip, mirrored=True)
    assert answered.state == CameoState.VERIFYING
    capture = Capture.objects.get(challenge__cameo=cameo)
    assert (capture.passed, capture.mirrored) == (None, True)
    assert storage.fetch(capture.key) == clip.read_bytes()


def test_a_challenge_is_answered_once(cameo, film):
    asked = services.challenge(cameo)
    services.answer(asked, film())
    with pytest.raises(ChallengeUsed):
        services.answer(Challenge.objects.get(pk=asked.pk), film())
    assert Capture.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_two_answers_at_once_one_gets_in(cameo, film):
    asked, together = services.challenge(cameo), Barrier(2)

    def answer(clip: Path) -> str:
        mine = Challenge.objects.get(pk=asked.pk)
        together.wait(timeout=30)
        try:
            return services.answer(mine, clip).state
        except ChallengeUsed as refused:
            return refused.code
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        answers = sorted(pool.map(answer, [film(), film()]))
    assert answers == ["challenge_used", "verifying"]
    assert Capture.objects.count() == 1


def test_a_challenge_expires(cameo, film):
    asked = services.challenge(cameo)
    late = now() + timedelta(seconds=settings.CHALLENGE_SECONDS + 1)
    with time_machine.travel(late), pytest.raises(ChallengeExpired):
        services.answer(asked, film())
    assert Cameo.objects.get(pk=cameo.pk).state == CameoState.DRAFT


def test_a_new_challenge_takes_the_place_of_the_older(cameo, film):
    older, newer = services.challenge(cameo), services.challenge(cameo)
    with pytest.raises(ChallengeSuperseded):
        services.answer(older, film())
    assert services.answer(newer, film()).state == CameoState.VERIFYING


def test_a_challenge_of_another_cameo_is_unknown(cameo):
    other = services.challenge(draft_cameo(person()))
    for nonce in (other.nonce, "made up", ""):
        with pytest.raises(ChallengeUnknown):
            services.challenge_of(cameo, nonce)


def test_no_clip_is_taken_twice_not_even_of_another_person(cameo, film):
    clip = film()
    services.answer(services.challenge(cameo), clip)
    other = draft_cameo(person())
    before = quarantined()
    with pytest.raises(CaptureReplayed):
        services.answer(services.challenge(other), clip)
    assert Cameo.objects.get(pk=other.pk).state == CameoState.DRAFT
    assert quarantined() == before


@pytest.mark.parametrize(
    ("head", "tail", "rule"),
    [
        (b"dear diary", b"", "not_a_video"),
        (b"", b"", "empty"),
        (b"#EXTM3U\n", b"file:///etc/passwd", "playlist"),
        (b"\x89PNG\r\n\x1a\n", b"", "not_a_video"),
    ],
)
def test_what_is_plainly_no_clip_costs_no_challenge(cameo, film, head, tail, rule):
    asked = services.challenge(cameo)
    with pytest.raises(UploadRefused) as refused:
        services.answer(asked, film(head, tail))
    assert (refused.value.facts["rule"], list(refused.value.fields())) == (rule, ["clip"])
    assert services.answer(asked, film()).state == CameoState.VERIFYING


def test_a_clip_of_too_many_bytes_is_turned_away(cameo, film):
    asked, clip = services.challenge(cameo), film()
    with clip.open("r+b") as file:
        file.truncate(CLIP.bytes + 1)
    with pytest.raises(UploadRefused) as refused:
        services.answer(asked, clip)
    assert refused.value.facts["rule"] == "too_large"


def test_three_failures_lock_the_person_out_for_a_while(cameo, film):
    for _ in range(settings.CAPTURE_ATTEMPTS):
        fail(cameo, film())
    with pytest.raises(CaptureLocked) as locked:
        services.challenge(cameo)
    assert 0 < locked.value.facts["retry_after"] <= settings.CAPTURE_LOCK.total_seconds() + 1
    with time_machine.travel(now() + timedelta(seconds=locked.value.facts["retry_after"])):
        assert services.challenge(cameo).used_at is None


def test_a_new_cameo_does_not_open_the_lock(cameo, film):
    for _ in range(settings.CAPTURE_ATTEMPTS):
        fail(cameo, film())
    services.revoke(cameo)
    with pytest.raises(CaptureLocked):
        services.challenge(draft_cameo(cameo.owner))


def test_replays_and_unfinished_checks_count_as_they_should(cameo, film):
    fail(cameo, clip := film())
    for _ in range(2):
        with pytest.raises(CaptureReplayed):
            services.answer(services.challenge(cameo), clip)
    with pytest.raises(CaptureLocked):
        services.challenge(cameo)


@pytest.mark.parametrize(
    "state", [s for s in CameoState if s not in (CameoState.DRAFT, CameoState.ACTIVE)]
)
def test_only_a_draft_or_an_active_cameo_is_challenged(state):
    with pytest.raises(IllegalMove):
        services.challenge(cameo_in(state, person()))


def test_without_a_pack_likeness_is_off(cameo, film, settings, tmp_path):
    asked = services.challenge(cameo)
    settings.LIKENESS_MODEL_PACK = tmp_path / "none"
    with pytest.raises(LikenessOff):
        services.challenge(cameo)
    with pytest.raises(LikenessOff) as off:
        services.answer(asked, film())
    assert off.value.facts == {}  # no path of ours reaches a client
    assert Challenge.objects.get(pk=asked.pk).used_at is None


@pytest.mark.django_db
def test_challenges_cannot_be_drawn_until_one_fits_a_clip_filmed_before():
    cameo = draft_cameo(person())
    for _ in range(settings.CAPTURE_DRAWS):
        services.challenge(cameo)
    with pytest.raises(CaptureLocked) as refused:
        services.challenge(cameo)
    assert 0 < refused.value.facts["retry_after"] <= settings.CAPTURE_LOCK.total_seconds() + 1
