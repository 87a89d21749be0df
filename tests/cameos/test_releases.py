"""What is agreed to before a face is shown."""

from __future__ import annotations

import hashlib
import json
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from cameos import releases, services
from cameos.errors import AdultsOnly, ReleaseOutdated, ReleaseRequired, ReleaseTextUnknown
from cameos.models import Cameo, Release
from cameos.models.release import ReleaseChanged
from cameos.releases import TEXTS, Text, current_text, texts
from cameos.states import Purpose
from sora_social.audit import AuditRecord
from sora_social.users.services import delete_account
from tests.cameos.making import active_cameo, agree, agreement, draft_cameo
from tests.people import person, signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("pack")]
# Of every text that was ever published. A line here is never changed: another wording is another
# version, in a file of its own.
PUBLISHED = {
    "enrolment-1.de.md": "ba023ef1bbbe10c4cec6c819cf8005b12f167623148d49f9db157ec95721047b",
    "enrolment-1.en.md": "af3cc887f4420438313008bf4565add7d08d475b4e1e64e7e9a98feb2c0650e6",
}


@pytest.fixture
def unsigned() -> Cameo:
    return services.open_cameo(person())


@pytest.fixture
def newer(monkeypatch) -> Text:
    """A second version is published."""
    text = Text(2, "en", "2" * 64, "Another wording.")
    monkeypatch.setattr(releases, "texts", lambda: texts() | {(2, "en"): text})
    return text


def test_a_published_text_never_changes():
    digests = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in TEXTS.iterdir()}
    assert digests == PUBLISHED


def test_every_published_text_is_known_by_its_digest():
    known = {f"enrolment-{text.version}.{text.locale}.md": text for text in texts().values()}
    assert {name: text.sha256 for name, text in known.items()} == PUBLISHED


@pytest.mark.parametrize(
    ("asked", "shown"), [("en", "en"), ("de", "de"), ("de-AT", "de"), ("fr", "en"), ("", "en")]
)
def test_the_text_comes_in_the_language_asked_for_or_in_english(asked, shown):
    assert current_text(asked).locale == shown


def test_anybody_may_read_the_text(client):
    answer = client.get("/api/v1/cameos/release-text/?locale=de")
    assert answer.status_code == 200
    read = answer.json()
    assert hashlib.sha256(read["text"].encode()).hexdigest() == read["sha256"]


def test_nobody_is_asked_before_they_agreed(unsigned):
    with pytest.raises(ReleaseRequired) as refused:
        services.challenge(unsigned)
    assert refused.value.facts == {"version": 1, "purposes": ["enrol", "safety_search", "use"]}
    agree(unsigned)
    assert services.challenge(unsigned).used_at is None


def test_a_release_says_who_agreed_to_what():
    cameo = draft_cameo(person())
    release = Release.objects.get(cameo_id=cameo.pk)
    text = current_text()
    assert (release.person, release.version, release.sha256) == (cameo.owner, 1, text.sha256)
    assert release.covers(*Purpose)
    record = AuditRecord.objects.get(kind="cameo.released")
    assert record.body["purposes"] == sorted(Purpose)


def test_a_release_of_another_cameo_counts_for_nothing(unsigned):
    earlier = Cameo.objects.get(pk=unsigned.pk)
    agree(earlier)
    services.revoke(earlier)
    with pytest.raises(ReleaseRequired):
        services.challenge(services.open_cameo(unsigned.owner))


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"adult": False}, AdultsOnly),
        ({"version": 2}, ReleaseOutdated),
        ({"sha256": "0" * 64}, ReleaseTextUnknown),
        ({"locale": "de"}, ReleaseTextUnknown),
        ({"purposes": ["enrol", "use"]}, ReleaseRequired),
        ({"purposes": []}, ReleaseRequired),
    ],
)
def test_what_is_no_release_is_refused(unsigned, change, error):
    with pytest.raises(error):
        services.sign(unsigned, **agreement() | change)
    assert not Release.objects.exists()


def test_a_newer_text_is_asked_for_at_the_next_capture_and_not_before(newer):
    cameo = active_cameo(person())
    Release.objects.all().delete()
    Release.objects.create(
        person=cameo.owner,
        cameo_id=cameo.pk,
        version=1,
        locale="en",
        sha256="1" * 64,
        purposes=15,
        adult=True,
    )
    assert Cameo.objects.usable_by(cameo.owner).get() == cameo
    with pytest.raises(ReleaseRequired) as refused:
        services.challenge(cameo)
    assert refused.value.facts["version"] == 2
    services.sign(cameo, **agreement() | {"version": 2, "sha256": newer.sha256})
    assert services.challenge(cameo).used_at is None


def test_what_was_agreed_to_is_never_changed():
    release = agree(draft_cameo(person()))
    release.purposes = 1
    with pytest.raises(ReleaseChanged):
        release.save()
    with pytest.raises(ReleaseChanged):
        Release.objects.filter(pk=release.pk).update(purposes=1)
    assert Release.objects.get(pk=release.pk).covers(*Purpose)


@pytest.mark.parametrize("wrong", [{"adult": False}, {"purposes": 0}])
def test_the_database_takes_no_release_of_a_child_or_for_nothing(unsigned, wrong):
    right = {"version": 1, "locale": "en", "sha256": "1" * 64, "purposes": 15, "adult": True}
    with pytest.raises(IntegrityError), transaction.atomic():
        Release.objects.create(person=unsigned.owner, cameo_id=unsigned.pk, **right | wrong)


def test_who_leaves_out_the_voice_takes_it_back():
    cameo = active_cameo(person())
    assert cameo.voice
    agree(cameo, [Purpose.ENROL, Purpose.SAFETY_SEARCH, Purpose.USE])
    assert Cameo.objects.get(pk=cameo.pk).voice is False
    with pytest.raises(ReleaseRequired) as refused:
        services.set_terms(cameo, voice=True)
    assert refused.value.facts["purposes"] == ["voice"]
    agree(cameo)
    assert services.set_terms(cameo, voice=True).voice


def test_who_leaves_out_the_use_is_only_protected():
    cameo = active_cameo(person())
    agree(cameo, [Purpose.ENROL, Purpose.SAFETY_SEARCH])
    assert Cameo.objects.get(pk=cameo.pk).protects_only


# --- what is kept ---


def test_the_proof_outlives_the_account_without_the_person():
    cameo = draft_cameo(person())
    delete_account(cameo.owner)
    kept = Release.objects.get()
    assert (kept.person, kept.cameo_id, kept.version) == (None, cameo.pk, 1)
    assert kept.left_at is not None
    assert services.forget_old_releases() == 0


def test_the_proof_is_forgotten_after_five_years(monkeypatch):
    cameo = draft_cameo(person())
    delete_account(cameo.owner)
    monkeypatch.setattr("cameos.models.release.KEPT", timedelta(seconds=-1))
    assert services.forget_old_releases() == 1
    assert not Release.objects.exists()


def test_ones_releases_are_in_the_export():
    cameo = draft_cameo(person())
    parts = dict(services.personal_data(cameo.owner))
    (row,) = json.loads(parts["cameos/releases.json"])
    assert (row["cameo_id"], row["version"], row["adult"]) == (str(cameo.pk), 1, True)
    assert row["purposes"] == sorted(Purpose)


# --- over HTTP ---


def test_agreeing_over_http_and_reading_it_again(unsigned):
    phone, where = signed_in(unsigned.owner), f"/api/v1/cameos/{unsigned.pk}/releases/"
    sent = agreement(["enrol", "safety_search", "use"])
    made = phone.post(where, sent, format="json")
    assert (made.status_code, made.data["purposes"]) == (201, ["enrol", "safety_search", "use"])
    assert [row["id"] for row in phone.get(where).data["items"]] == [made.data["id"]]


def test_nobody_agrees_for_somebody_else(unsigned):
    other = signed_in(person())
    where = f"/api/v1/cameos/{unsigned.pk}/releases/"
    assert other.post(where, agreement(), format="json").status_code == 404
    assert other.get(where).status_code == 404


def test_an_outdated_text_is_named(unsigned):
    sent = agreement() | {"version": 7}
    answer = signed_in(unsigned.owner).post(
        f"/api/v1/cameos/{unsigned.pk}/releases/", sent, format="json"
    )
    assert (answer.status_code, answer.json()["code"]) == (409, "release_outdated")
    assert answer.json()["facts"] == {"version": 1}
