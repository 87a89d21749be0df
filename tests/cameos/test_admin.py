"""Likenesses and leaves at the console, as a browser reads them."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from cameos import services
from cameos.models import Cameo, Capture
from cameos.states import CameoState
from sora_social import storage
from sora_social.audit import AuditRecord
from tests.cameos.making import cameo_in
from tests.people import at_console, moderator, person

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
    return at_console(moderator("mod"))


def test_the_list_shows_the_frames_side_by_side_and_doubts_in_words(desk, waiting):
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


def test_every_look_at_a_likeness_is_recorded(desk, waiting):
    for picture in waiting.references.all():
        desk.get(reverse("admin:cameo-frame", args=[picture.pk]))
    seen = AuditRecord.objects.filter(kind="cameo.seen").order_by("pk")
    assert [row.body["position"] for row in seen] == [0, 1, 2]
    assert {row.body["cameo"] for row in seen} == {str(waiting.pk)}


def test_one_cameo_can_be_read_but_its_template_cannot(desk, waiting):
    page = desk.get(reverse("admin:cameos_cameo_change", args=[waiting.pk])).content.decode()
    assert "blurry" in page
    assert "wrapped" not in page.lower()
    assert waiting.pack_id not in page


def test_others_see_neither_list_nor_frames(waiting, client):
    frame = reverse("admin:cameo-frame", args=[waiting.references.first().pk])
    for user in (None, person(), waiting.owner, moderator()):  # a password alone is not enough
        if user:
            client.force_login(user)
        for path in (reverse(LIST), frame):
            assert client.get(path).status_code == 302


def test_the_leaves_can_be_read(desk, waiting):
    assert desk.get(reverse("admin:cameos_consent_changelist")).status_code == 200
