"""Faces are not kept for nothing: what nobody finished or used is purged, with files and keys."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

import pytest
from django.conf import settings
from django.core.cache import cache
from django.utils.timezone import now

from cameos import services
from cameos.judging import conclude
from cameos.models import Cameo, Capture, Challenge, Erasure, Renewal
from cameos.states import CameoState
from sora_social import storage
from sora_social.audit import AuditRecord
from sora_social.ids import made_at, uuid7
from sora_social.moderation.models import Case
from sora_social.moderation.services import claim
from sora_social.outbox import OutboxEvent
from tests.cameos.making import active_cameo, cameo_in, draft_cameo, protecting_cameo
from tests.cameos.test_judging import captured, passed
from tests.people import moderator, person

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("pack")]
DAY = timedelta(days=1)
LONG_AGO = now() - settings.CAMEO_UNFINISHED - DAY
ALL = pytest.mark.django_db(transaction=True)


def sweep() -> int:
    cache.delete("cameos.purging")
    return services.purge_forgotten()


def left(cameo: Cameo, at: datetime = LONG_AGO) -> Cameo:
    """Nothing was done with it since then."""
    Cameo.objects.filter(pk=cameo.pk).update(state_changed_at=at)
    Challenge.objects.filter(cameo=cameo).update(made_at=at)
    return anew(cameo)


def anew(cameo: Cameo) -> Cameo:
    return Cameo.objects.get(pk=cameo.pk)


def files_of(cameo: Cameo) -> list[str]:
    return [*storage.keys_under("quarantine"), *storage.keys_under(f"cameos/{cameo.pk}")]


@pytest.fixture(autouse=True)
def _no_clips_of_others():
    storage.drop_prefix("quarantine")


@ALL
@pytest.mark.parametrize("state", ["draft", "verifying", "review"])
def test_an_enrolment_left_unfinished_is_purged_with_its_files_and_key(state, tmp_path):
    cameo = draft_cameo(person("ada"))
    capture = captured(cameo, tmp_path)
    if state != "verifying":
        conclude(capture, passed(doubts=("blurry",)))
    if state == "draft":
        services.reject(anew(cameo), moderator(), "unclear")
    cameo = left(cameo)
    assert (cameo.state, bool(files_of(cameo))) == (state, state != "draft")
    assert sweep() >= 1
    gone = anew(cameo)
    assert (gone.state, gone.wrapped_key, gone.template) == (CameoState.REVOKED, None, None)
    assert files_of(cameo) == []
    assert not Capture.objects.exclude(prints=b"").exists()
    assert not Case.objects.undecided().exists()
    assert Erasure.objects.filter(cameo_id=cameo.pk).exists()
    told = AuditRecord.objects.get(kind="cameo.purged")
    assert (told.actor_id, told.body) == (None, {"cameo": str(cameo.pk), "why": "unfinished"})
    assert OutboxEvent.objects.filter(kind="cameo_changed", payload__state="revoked").exists()
    assert services.open_cameo(cameo.owner).state == CameoState.DRAFT  # the handle is free


@pytest.mark.parametrize("state", ["draft", "verifying", "review"])
def test_what_is_not_so_old_stays(state):
    cameo = left(cameo_in(state, person()), LONG_AGO + 2 * DAY)
    assert (sweep(), anew(cameo).state) == (0, state)


def test_who_tries_again_is_waited_for():
    cameo = left(draft_cameo(person()))
    services.challenge(cameo)
    assert (sweep(), anew(cameo).state) == (0, CameoState.DRAFT)


def test_a_capture_that_is_judged_after_the_purge_comes_to_nothing(tmp_path):
    cameo = draft_cameo(person())
    capture = captured(cameo, tmp_path)
    left(cameo)
    assert sweep() == 1
    conclude(capture, passed())
    assert (anew(cameo).state, anew(cameo).wrapped_key) == (CameoState.REVOKED, None)
    assert list(storage.keys_under(f"cameos/{cameo.pk}")) == []


# --- what was never used ---


def lapsed(cameo: Cameo, ago: timedelta) -> Cameo:
    at = now() - ago
    Cameo.objects.filter(pk=cameo.pk).update(verified_at=at - DAY, lapses_at=at)
    return anew(cameo)


@pytest.mark.parametrize("state", ["active", "paused"])
def test_a_likeness_that_lapsed_a_year_ago_and_was_never_used_is_purged(state):
    cameo = lapsed(cameo_in(state, person()), settings.CAMEO_UNUSED + DAY)
    assert (sweep(), anew(cameo).state) == (1, CameoState.REVOKED)
    assert AuditRecord.objects.get(kind="cameo.purged").body["why"] == "never_used"


def test_a_likeness_that_was_used_protects_or_lapsed_lately_stays():
    used = lapsed(active_cameo(person(), "everyone"), settings.CAMEO_UNUSED + DAY)
    friend = person()
    services.request_leave(friend, used)
    protecting = lapsed(protecting_cameo(person()), settings.CAMEO_UNUSED + DAY)
    lately = lapsed(active_cameo(person()), settings.CAMEO_UNUSED - DAY)
    assert sweep() == 0
    assert {anew(one).state for one in (used, protecting, lately)} == {CameoState.ACTIVE}


# --- what else is over ---


@ALL
def test_a_likeness_shown_anew_that_nobody_decided_about_is_dropped_and_the_older_stays(tmp_path):
    cameo = active_cameo(person())  # in another pack, so that a moderator has to look
    conclude(captured(cameo, tmp_path), passed(2))
    shown = list(Renewal.objects.get(cameo=cameo).pictures)
    claim(Case.objects.undecided().get(), moderator())
    assert sweep() == 0
    Renewal.objects.update(made_at=LONG_AGO)
    assert sweep() == 1
    assert (Renewal.objects.count(), anew(cameo).wrapped_key) == (0, cameo.wrapped_key)
    assert [storage.exists(key) for key in shown] == [False] * len(shown)
    assert all(storage.exists(key) for key in services.reference_keys(cameo))
    assert not Case.objects.undecided().exists()


def test_what_is_known_of_refused_captures_is_forgotten(tmp_path):
    capture = captured(draft_cameo(person()), tmp_path)
    fresh = captured(draft_cameo(person()), tmp_path)
    Capture.objects.update(prints=b"12345678", passed=False)
    Capture.objects.filter(pk=capture.pk).update(made_at=LONG_AGO)
    assert sweep() == 1
    assert Capture.objects.exclude(prints=b"").get() == fresh


def test_clips_whose_upload_broke_off_are_dropped_and_those_that_wait_are_not(tmp_path):
    waiting = captured(draft_cameo(person()), tmp_path)
    stray, fresh = id_made(now() - 2 * timedelta(hours=1)), uuid7()
    old = id_made(now() - 3 * timedelta(hours=1))
    storage.drop(waiting.key)
    Capture.objects.filter(pk=waiting.pk).update(id=old)
    for pk in (stray, fresh, old):
        storage.put_bytes(f"quarantine/{pk}", b"clip")
    assert sweep() == 1
    assert set(storage.keys_under("quarantine")) == {f"quarantine/{fresh}", f"quarantine/{old}"}


def id_made(at: datetime) -> UUID:
    """An id as it would have been made then."""
    milliseconds = int(at.timestamp() * 1000)
    return UUID(int=milliseconds << 80 | uuid7().int & (1 << 80) - 1)


def test_an_id_tells_when_it_was_made():
    assert abs(made_at(uuid7()) - now()) < timedelta(seconds=5)


def test_it_is_asked_once_an_hour():
    left(draft_cameo(person()))
    left(draft_cameo(person()))
    assert sweep() == 2
    left(draft_cameo(person()))
    assert services.purge_forgotten() == 0
