"""Receipts of leaves, and the question that is asked beforehand."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from hypothesis import given
from hypothesis import strategies as st

from cameos import receipts, services
from cameos.models import Consent
from cameos.states import Audience
from sora_social.users import services as users
from tests.cameos.making import active_cameo
from tests.people import person, signed_in

pytestmark = pytest.mark.django_db
SECRET = "a secret of these tests"
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
)


@given(st.dictionaries(st.text(max_size=8), JSON, max_size=5))
def test_what_is_signed_is_genuine_and_survives_json(said):
    signed = json.loads(json.dumps(receipts.sign(said, SECRET)))
    assert receipts.is_genuine(signed, receipts.public_key(SECRET))
    assert not receipts.is_genuine(signed, receipts.public_key("another"))


@given(st.sampled_from(["consent", "state", "kind", "key", "signature", "new"]), JSON)
def test_what_is_changed_is_not_genuine(name, value):
    signed = receipts.sign({"consent": "1", "state": "granted"}, SECRET)
    changed = signed | {name: value}
    assert receipts.is_genuine(changed, receipts.public_key(SECRET)) == (changed == signed)


def a_leave():
    cameo, friend = active_cameo(person()), person()
    leave = services.grant(services.request_leave(friend, cameo), cameo.owner, contexts=["comedy"])
    return cameo, friend, leave


def test_both_sides_get_the_receipt_and_nobody_else():
    cameo, friend, leave = a_leave()
    path = f"/api/v1/consents/{leave.pk}/receipt/"
    for side in (cameo.owner, friend):
        receipt = signed_in(side).get(path).json()
        assert receipt["consent"] == str(leave.pk)
        assert receipt["contexts"] == ["comedy"]
        assert services.check_receipt(receipt) == {"genuine": True, "status": "live"}
    assert signed_in(person()).get(path).status_code == 404


def test_a_request_has_no_receipt_yet():
    cameo, friend = active_cameo(person()), person()
    leave = services.request_leave(friend, cameo)
    assert signed_in(friend).get(f"/api/v1/consents/{leave.pk}/receipt/").status_code == 404


def test_a_receipt_outlives_the_leave_and_the_server_says_so():
    cameo, friend, leave = a_leave()
    client = signed_in(friend)
    receipt = client.get(f"/api/v1/consents/{leave.pk}/receipt/").json()
    services.revoke_leave(leave, cameo.owner)
    asked = client.post("/api/v1/consents/check/", {"receipt": receipt}, format="json").json()
    assert asked == {"genuine": True, "status": "ended"}
    forged = receipt | {"requester": "somebody_else"}
    asked = client.post("/api/v1/consents/check/", {"receipt": forged}, format="json").json()
    assert asked == {"genuine": False, "status": "unknown"}


def test_the_file_alone_verifies_a_receipt_offline(tmp_path):
    _, friend, leave = a_leave()
    key = signed_in(friend).get("/api/v1/consents/key/").json()["public_key"]
    (tmp_path / "receipt.json").write_text(json.dumps(services.receipt_of(leave)))
    script = tmp_path / "receipts.py"
    script.write_bytes(Path(receipts.__file__).read_bytes())

    def verify() -> int:
        order = [sys.executable, "-I", str(script), str(tmp_path / "receipt.json"), key]
        return subprocess.run(order, cwd=tmp_path, capture_output=True, check=False).returncode

    assert verify() == 0
    (tmp_path / "receipt.json").write_text(
        json.dumps(services.receipt_of(leave) | {"voice": "yes"})
    )
    assert verify() == 1


def test_the_signing_key_is_a_secret_and_its_public_half_is_not():
    key = signed_in(person()).get("/api/v1/consents/key/").json()
    assert key == {"algorithm": "Ed25519", "public_key": services.public_key()}
    assert settings.CONSENT_KEY not in json.dumps(key)


# --- may I? ---------------------------------------------------------------------------------------


def asked(who, **question):
    response = signed_in(who).post("/api/v1/cameos/check/", question, format="json")
    assert response.status_code == 200, response.json()
    return response.json()


def test_whoever_may_is_told_so_and_nothing_is_written():
    cameo, friend = active_cameo(person(), Audience.EVERYONE), person()
    before = Consent.objects.count()
    assert asked(friend, cameos=[cameo.handle]) == {"allowed": True, "refusals": []}
    assert asked(cameo.owner, cameos=[cameo.handle], contexts=["politics"])["allowed"]
    assert Consent.objects.count() == before


def test_the_first_rule_that_says_no_is_named_with_whose_it_is():
    terms = {"contexts": 0, "surfaces": 0, "alteration": False}
    cameo, friend = active_cameo(person(), Audience.EVERYONE, **terms), person()
    said = asked(friend, cameos=[f"@{cameo.handle}"], contexts=["comedy"], surfaces=["public"])
    assert [(no["cameo"], no["rule"]) for no in said["refusals"]] == [(cameo.handle, "context")]
    assert asked(friend, cameos=[cameo.handle], alters=True)["refusals"][0]["rule"] == "alteration"


def test_an_answer_does_not_tell_who_is_enrolled():
    asker = person()
    hidden = active_cameo(person(), Audience.ONLY_ME)
    blocked = active_cameo(person(), Audience.EVERYONE)
    users.block(blocked.owner, asker)
    paused = active_cameo(person(), Audience.EVERYONE)
    services.pause(paused)
    named = [hidden.handle, blocked.handle, paused.handle, "nobody_at_all"]
    rules = [asked(asker, cameos=[handle])["refusals"][0]["rule"] for handle in named]
    assert rules == ["person"] * 4


def test_a_question_without_sense_names_its_field():
    client = signed_in(person())
    for wrong in (
        {"cameos": []},
        {"cameos": ["ann"], "contexts": ["nothing"]},
        {"cameos": "x" * 9},
    ):
        response = client.post("/api/v1/cameos/check/", wrong, format="json")
        assert response.status_code == 400
        assert response.json()["fields"].keys() <= {"cameos", "contexts"}
