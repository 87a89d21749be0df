"""A face becomes a cameo over HTTP: real clips, the real pack, the real child."""

from __future__ import annotations

import io
import time
from pathlib import Path

import av
import pytest
from celery.contrib.testing.worker import start_worker

from cameos import services, verifying
from cameos.models import Cameo, Capture, Challenge
from cameos.states import CameoState
from demo.capture import SOUND_RATE, capture_clip, write_clip
from demo.voice import spoken
from sora_social import storage
from sora_social.celery import app
from sora_social.uploads import read_clip
from tests.cameos.making import draft_cameo
from tests.cameos.test_origins import manifest
from tests.people import person, signed_in

pytestmark = [pytest.mark.slow, pytest.mark.django_db, pytest.mark.usefixtures("pack")]
TURNS, DIGITS = ("left", "up", "right"), "314"
PATIENCE = 90  # seconds


@pytest.fixture(scope="session")
def clip(tmp_path_factory, pack) -> Path:
    return capture_clip(TURNS, DIGITS, tmp_path_factory.mktemp("clips") / "capture.mp4")


def ask(cameo: Cameo, turns: tuple[str, ...] = TURNS) -> Challenge:
    """A challenge whose answer is known, so that one clip serves many tests."""
    asked = services.challenge(cameo)
    Challenge.objects.filter(pk=asked.pk).update(turns=list(turns), digits=DIGITS)
    return asked


def send(client, cameo: Cameo, nonce: str, content: bytes, **more: str):
    sent = {"nonce": nonce, "clip": io.BytesIO(content), **more}
    return client.post(f"/api/v1/cameos/{cameo.pk}/captures/", sent, format="multipart")


def looked_at(cameo: Cameo) -> Cameo:
    services.verify(str(Capture.objects.get(challenge__cameo=cameo, passed=None).pk))
    return Cameo.objects.get(pk=cameo.pk)


def test_from_sign_in_to_an_active_cameo(clip, django_capture_on_commit_callbacks):
    phone = signed_in(person("ada"))
    opened = phone.post("/api/v1/cameos/", {"display_name": "Ada"}, format="json")
    assert (opened.status_code, opened.data["state"]) == (201, "draft")
    where = f"/api/v1/cameos/{opened.data['id']}/"
    refused = phone.post(where + "challenges/")
    assert (refused.status_code, refused.json()["code"]) == (403, "release_required")
    text = phone.get("/api/v1/cameos/release-text/").data
    agreed = {name: text[name] for name in ("version", "locale", "sha256")} | {"adult": True}
    agreed["purposes"] = ["enrol", "safety_search", "use"]
    assert phone.post(where + "releases/", agreed, format="json").status_code == 201
    asked = phone.post(where + "challenges/").data
    assert sorted(asked) == ["digits", "expires_at", "language", "nonce", "turns"]

    filmed = capture_clip(asked["turns"], asked["digits"], clip.with_name("asked.mp4"))
    cameo = Cameo.objects.get(pk=opened.data["id"])
    answered = send(phone, cameo, asked["nonce"], filmed.read_bytes(), mirrored="false")
    assert (answered.status_code, answered.data["state"]) == (202, "verifying")
    assert looked_at(cameo).state == CameoState.ACTIVE

    shown = phone.get(where).data
    assert (shown["state"], shown["refusals"]) == ("active", [])
    pictures = phone.get(where + "references/").data["items"]
    assert len(pictures) == 3
    picture = phone.get(pictures[0]["url"])
    assert (picture["Content-Type"], picture["Cache-Control"]) == (
        "image/webp",
        "private, no-store",
    )
    assert picture.getvalue()[8:12] == b"WEBP"
    assert not storage.exists(Capture.objects.get(challenge__cameo=cameo).key)


def test_the_wrong_order_of_turns_is_refused_and_says_so(clip):
    cameo = draft_cameo(person())
    asked = ask(cameo, ("right", "up", "left"))
    phone = signed_in(cameo.owner)
    assert send(phone, cameo, asked.nonce, clip.read_bytes()).status_code == 202
    assert looked_at(cameo).state == CameoState.DRAFT
    assert phone.get(f"/api/v1/cameos/{cameo.pk}/").data["refusals"] == ["wrong_turns"]


def test_a_clip_that_cannot_be_decoded_is_refused_and_says_so(clip):
    cameo = draft_cameo(person())
    half = clip.read_bytes()[: clip.stat().st_size // 2]
    phone = signed_in(cameo.owner)
    assert send(phone, cameo, ask(cameo).nonce, half).status_code == 202
    assert looked_at(cameo).state == CameoState.DRAFT
    assert phone.get(f"/api/v1/cameos/{cameo.pk}/").data["refusals"] == ["not_decodable"]


def test_the_same_face_of_another_person_waits_for_a_moderator(clip):
    first, second = draft_cameo(person()), draft_cameo(person())
    send(signed_in(first.owner), first, ask(first).nonce, clip.read_bytes())
    assert looked_at(first).state == CameoState.ACTIVE
    again = capture_clip(("up", "left", "right"), DIGITS, clip.with_name("again.mp4")).read_bytes()
    asked = ask(second, ("up", "left", "right"))
    send(signed_in(second.owner), second, asked.nonce, again)
    assert looked_at(second).state == CameoState.REVIEW
    shown = signed_in(second.owner).get(f"/api/v1/cameos/{second.pk}/")
    assert "like_another" not in shown.content.decode()


def mute(clip: Path, to: Path) -> bytes:
    """The same pictures, without a sound track."""
    with av.open(str(clip)) as source, av.open(str(to), "w") as copy:
        stream = source.streams.video[0]
        track = copy.add_stream_from_template(stream)
        for packet in source.demux(stream):
            if packet.dts is not None:
                packet.stream = track
                copy.mux(packet)
    return to.read_bytes()


def in_a_mirror(clip: Path, to: Path) -> bytes:
    """Filmed off a screen, turned over and coded anew; with the voice that is asked for."""
    frames = [frame[:, ::-1] for frame in read_clip(clip).bgr]
    return write_clip(frames, to, voice=spoken(DIGITS, SOUND_RATE), crf=30).read_bytes()


def test_digits_that_were_not_said_are_refused_and_say_so(clip):
    cameo = draft_cameo(person())
    asked = ask(cameo)
    Challenge.objects.filter(pk=asked.pk).update(digits="805")
    send(signed_in(cameo.owner), cameo, asked.nonce, clip.read_bytes())
    assert looked_at(cameo).refusals == ["digits"]


def test_in_another_language_a_moderator_looks(clip):
    cameo = draft_cameo(person())
    phone = signed_in(cameo.owner)
    where = f"/api/v1/cameos/{cameo.pk}/challenges/"
    assert phone.post(where, {"language": "x"}, format="json").status_code == 400
    nonce = phone.post(where, {"language": "de-AT"}, format="json").data["nonce"]
    Challenge.objects.filter(nonce=nonce).update(turns=list(TURNS), digits="805")
    send(phone, cameo, nonce, clip.read_bytes())
    assert looked_at(cameo).state == CameoState.REVIEW
    assert Capture.objects.get().doubts == ["digits_unchecked"]


def test_without_a_recogniser_a_moderator_looks(clip, settings):
    settings.LIKENESS_ASR = "off"
    found = verifying.look(clip, TURNS, "805", mirrored=False)
    assert (found.passed, found.reasons, found.doubts) == (True, (), ("digits_unchecked",))


def test_a_clip_without_sound_is_refused_and_says_so(clip):
    silent = clip.with_name("mute.mp4")
    mute(clip, silent)
    assert verifying.look(silent, TURNS, DIGITS, mirrored=False).reasons == ("no_sound",)


def test_a_clip_that_says_a_machine_made_it_is_refused(clip):
    made = clip.with_name("made.mp4")
    made.write_bytes(clip.read_bytes() + manifest(b"trainedAlgorithmicMedia"))
    found = verifying.look(made, TURNS, DIGITS, mirrored=False)
    assert (found.passed, found.reasons, found.template) == (False, ("generated",), None)


def test_a_copy_of_an_earlier_capture_in_a_mirror_is_refused(clip):
    first, second = draft_cameo(person()), draft_cameo(person())
    send(signed_in(first.owner), first, ask(first).nonce, clip.read_bytes())
    assert looked_at(first).state == CameoState.ACTIVE
    copy = in_a_mirror(clip, clip.with_name("mirror.mp4"))
    send(signed_in(second.owner), second, ask(second).nonce, copy, mirrored="true")
    assert looked_at(second).refusals == ["replayed"]


def test_a_check_that_breaks_is_a_failed_one(clip, settings, tmp_path):
    settings.LIKENESS_MODEL_PACK = tmp_path / "gone meanwhile"
    assert verifying.look(clip, TURNS, "123", mirrored=False).reasons == (verifying.FAILED,)


@pytest.mark.django_db(transaction=True)
def test_a_worker_hears_of_a_capture_by_itself(clip):
    cameo = draft_cameo(person())
    asked = ask(cameo)
    with start_worker(app, pool="solo", perform_ping_check=False, shutdown_timeout=60):
        answered = send(signed_in(cameo.owner), cameo, asked.nonce, clip.read_bytes())
        assert answered.status_code == 202
        deadline = time.monotonic() + PATIENCE
        while cameo.state != CameoState.ACTIVE and time.monotonic() < deadline:
            time.sleep(0.1)  # between looks at the row, which is the truth
            cameo.refresh_from_db()
    assert cameo.state == CameoState.ACTIVE
