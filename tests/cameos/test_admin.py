"""The moderators' queue, as a browser drives it."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from cameos import services
from cameos.models import Cameo, Capture
from cameos.states import CameoState
from sora_social import storage
from sora_social.audit import AuditRecord
from sora_social.outbox import OutboxEvent
from tests.cameos.making import cameo_in
from tests.people import moderator, person

pytestmark = pytest.mark.django_db
LIST = "admin:cameos_cameo_changelist"


@pytest.fixture
def waiting() -> Cameo:
    cameo = cameo_in(CameoState.REVIEW, person("ada"))
    asked = cameo.challenges.create(nonce="n", turns=[], digits="123", expires_at=cameo.made_at)
    Capture.objects.create(
        challenge=asked, sha256="0" * 64, passed=True, doubts=["blurry", "like_another"]
    )
    return cameo


@pytest.fixture
def desk() -> Client:
    return signed_in(moderator("mod"))


def signed_in(user) -> Client:
    browser = Client()
    browser.force_login(user)
    return browser


def do(desk: Client, action: str, cameo: Cameo, reason: str = "") -> str:
    sent = {"action": action, "_selected_action": [str(cameo.pk)], "reason": reason}
    return desk.post(reverse(LIST), sent, follow=True).content.decode()


def test_the_queue_shows_the_frames_side_by_side_and_doubts_in_words(desk, waiting):
    page = desk.get(reverse(LIST), {"state": "review"}).content.decode()
    frames = [
        reverse("admin:cameo-frame", args=[picture.pk]) for picture in waiting.references.all()
    ]
    assert [page.count(frame) for frame in frames] == [1, 1, 1]
    assert "blurry, looks like another cameo" in page
    picture = desk.get(frames[0])
    assert picture["Content-Type"] == "image/webp"
    assert picture["Cache-Control"].startswith("private, no-store")
    assert picture.getvalue() == storage.fetch(services.reference_keys(waiting)[0])
    assert AuditRecord.objects.filter(kind="cameo.seen").count() == 1


def test_one_cameo_can_be_read_but_its_template_cannot(desk, waiting):
    page = desk.get(reverse("admin:cameos_cameo_change", args=[waiting.pk])).content.decode()
    assert "blurry" in page
    assert "wrapped" not in page.lower()
    assert waiting.pack_id not in page


def test_approving_makes_it_active(desk, waiting):
    do(desk, "approve", waiting)
    assert Cameo.objects.get(pk=waiting.pk).state == CameoState.ACTIVE
    told = OutboxEvent.objects.get(user_id=waiting.owner_id, kind="cameo_reviewed")
    assert told.payload["approved"] is True


def test_rejecting_wants_a_reason_and_drops_the_likeness(
    desk, waiting, django_capture_on_commit_callbacks
):
    keys = services.reference_keys(waiting)
    assert "Say why." in do(desk, "reject", waiting)
    with django_capture_on_commit_callbacks(execute=True):
        do(desk, "reject", waiting, "The face is covered.")
    cameo = Cameo.objects.get(pk=waiting.pk)
    assert (cameo.state, cameo.reason) == (CameoState.DRAFT, "The face is covered.")
    assert (cameo.template, cameo.wrapped_key) == (None, None)
    assert not any(map(storage.exists, keys))


@pytest.mark.parametrize("state", [s for s in CameoState if s != CameoState.REVIEW])
def test_only_what_waits_for_review_is_reviewed(desk, state):
    cameo = cameo_in(state, person())
    for action in ("approve", "reject"):
        assert "not possible" in do(desk, action, cameo, "because")
    assert Cameo.objects.get(pk=cameo.pk).state == state


def test_nobody_reviews_their_own(waiting):
    waiting.owner.is_staff = waiting.owner.is_superuser = True
    waiting.owner.save()
    page = do(signed_in(waiting.owner), "approve", waiting)
    assert "Nobody reviews a cameo of their own." in page
    assert Cameo.objects.get(pk=waiting.pk).state == CameoState.REVIEW


def test_others_see_neither_queue_nor_frames(waiting, client):
    frame = reverse("admin:cameo-frame", args=[waiting.references.first().pk])
    for browser in (client, signed_in(person()), signed_in(waiting.owner)):
        for path in (reverse(LIST), frame):
            assert browser.get(path).status_code in (302, 403, 404)


def test_the_leaves_can_be_read(desk, waiting):
    assert desk.get(reverse("admin:cameos_consent_changelist")).status_code == 200
