"""The life of a cameo, without its enrolment."""

from __future__ import annotations

import json

import pytest
from django.db import IntegrityError, transaction

from cameos import services
from cameos.errors import AdultsOnly, HandleTaken, OneCameoEach
from cameos.likeness import Sealed, TemplateUnreadable, unseal
from cameos.lookalikes import house_key
from cameos.models import Cameo, Consent
from cameos.states import Audience, Basis, CameoState, ConsentState
from sora_social import audit, storage
from sora_social.audit import AuditRecord
from sora_social.errors import IllegalMove
from tests.cameos.making import DRAWN_PACK, active_cameo, cameo_in
from tests.people import person, teen

pytestmark = pytest.mark.django_db


def granted(cameo, requester):
    leave = services.request_leave(requester, cameo)
    return services.grant(leave, cameo.owner)


# --- opening ---


def test_a_cameo_takes_its_owners_handle_and_begins_narrow():
    cameo = services.open_cameo(person("ada"))
    assert (cameo.handle, cameo.state, cameo.audience) == ("ada", "draft", "only_me")


@pytest.mark.parametrize("who", [teen, lambda: person(birthdate=None)])
def test_only_adults_open_a_cameo(who):
    with pytest.raises(AdultsOnly):
        services.open_cameo(who())


def test_one_cameo_each_and_another_after_it_is_revoked():
    ada = person()
    first = services.open_cameo(ada)
    with pytest.raises(OneCameoEach):
        services.open_cameo(ada, "another_one")
    services.revoke(first)
    assert services.open_cameo(ada).handle == ada.handle


def test_a_handle_of_another_cameo_or_person_is_taken():
    services.open_cameo(person("ada"), "countess")
    for handle in ("countess", "ada"):
        with pytest.raises(HandleTaken):
            services.open_cameo(person(), handle)


def test_the_database_holds_the_last_line():
    cameo = active_cameo(person())
    for change in ({"wrapped_key": None}, {"state": CameoState.REVOKED}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Cameo.objects.filter(pk=cameo.pk).update(**change)


# --- narrowing ---


def test_every_narrowing_counts_the_epoch_up_and_widening_does_not():
    cameo = active_cameo(person(), Audience.APPROVED)
    epochs = [cameo.epoch]
    for audience in (Audience.EVERYONE, Audience.MUTUALS, Audience.MUTUALS, Audience.ONLY_ME):
        epochs.append(services.set_terms(cameo, audience=audience).epoch)
    assert epochs == [1, 1, 2, 2, 3]
    assert services.pause(cameo).epoch == 4
    assert services.resume(cameo).epoch == 4


def test_taking_a_leave_back_counts_the_epoch_up():
    cameo = active_cameo(person())
    leave = granted(cameo, person())
    services.revoke_leave(leave, cameo.owner)
    assert Cameo.objects.get(pk=cameo.pk).epoch == 2


@pytest.mark.parametrize("state", [CameoState.REVIEW, CameoState.VERIFYING, CameoState.DRAFT])
def test_resuming_is_no_way_around_the_check(state):
    cameo = cameo_in(state, person())
    with pytest.raises(IllegalMove):
        services.resume(cameo)
    assert Cameo.objects.get(pk=cameo.pk).state == state


# --- the end ---


def test_revoking_destroys_key_template_pictures_and_leaves(django_capture_on_commit_callbacks):
    cameo, friend = active_cameo(person()), person()
    held, asked = granted(cameo, friend), services.request_leave(person(), cameo)
    sealed = Sealed(key=b"", body=bytes(cameo.template))
    keys = services.reference_keys(cameo)
    assert len(keys) == 3
    assert all(map(storage.exists, keys))

    with django_capture_on_commit_callbacks(execute=True):
        services.revoke(cameo)

    now = Cameo.objects.get(pk=cameo.pk)
    assert (now.state, now.template, now.wrapped_key) == (CameoState.REVOKED, None, None)
    assert services.reference_keys(now) == []
    assert not any(map(storage.exists, keys))
    assert list(storage.keys_under(f"cameos/{cameo.pk}")) == []
    assert Consent.objects.get(pk=held.pk).state == ConsentState.REVOKED
    assert Consent.objects.get(pk=asked.pk).state == ConsentState.DECLINED
    assert not Consent.objects.live().filter(cameo=cameo).exists()
    with pytest.raises(TemplateUnreadable):  # a copy of the body in a backup is of no use
        unseal(sealed, cameo=str(cameo.pk), pack=DRAWN_PACK, house_key=house_key())


def test_a_revocation_that_is_rolled_back_keeps_the_files(django_capture_on_commit_callbacks):
    cameo = active_cameo(person())
    keys = services.reference_keys(cameo)
    with django_capture_on_commit_callbacks(execute=True), transaction.atomic():
        services.revoke(cameo)
        transaction.set_rollback(True)
    assert all(map(storage.exists, keys))


def test_forgetting_a_person_revokes_cameos_and_gives_leaves_back(
    django_capture_on_commit_callbacks,
):
    ada, friend = person(), person()
    mine, theirs = active_cameo(ada), active_cameo(friend)
    keys = services.reference_keys(mine)
    held = granted(theirs, ada)
    with django_capture_on_commit_callbacks(execute=True):
        services.forget(ada)
    assert Cameo.objects.get(pk=mine.pk).state == CameoState.REVOKED
    assert not any(map(storage.exists, keys))
    assert Consent.objects.get(pk=held.pk).state == ConsentState.REVOKED


def test_the_export_has_cameos_leaves_and_pictures_but_no_template():
    ada = person("ada")
    cameo = active_cameo(ada)
    granted(cameo, person("bob"))
    Consent.objects.create(cameo=cameo, requester=ada, basis=Basis.OWN, state="granted")
    parts = dict(services.personal_data(ada))
    about = json.loads(parts["cameos/cameos.json"])
    assert [row["handle"] for row in about] == ["ada"]
    assert {name for row in about for name in row} & {"template", "wrapped_key", "pack_id"} == set()
    assert [row["requester"] for row in json.loads(parts["cameos/leaves.json"])] == ["bob"]
    assert [parts[f"cameos/ada-{n}.webp"] for n in (1, 2, 3)] == services.reference_keys(cameo)


def test_decisions_stand_in_an_unbroken_audit_chain():
    cameo = active_cameo(person())
    leave = granted(cameo, person())
    services.revoke_leave(leave, cameo.owner)
    services.set_terms(cameo, audience=Audience.EVERYONE)
    services.revoke(cameo)
    assert list(AuditRecord.objects.order_by("pk").values_list("kind", flat=True)) == [
        "cameo.opened",
        "cameo.released",
        "consent.requested",
        "consent.granted",
        "consent.revoked",
        "cameo.terms",
        "cameo.revoked",
    ]
    assert audit.verify() == AuditRecord.objects.order_by("-pk").first().digest
