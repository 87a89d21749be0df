"""After another model pack was chosen: likenesses are embedded anew from their kept pictures."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import onnx
import pytest
from django.core.cache import cache
from django.db.models.functions import Now

from cameos import repacking, services
from cameos.enrolment import current_pack
from cameos.errors import ConsentRequired
from cameos.faces import Pack
from cameos.firewall import who_is_in
from cameos.lookalikes import unsealed
from cameos.models import Cameo, ReferencePicture, Repacking
from cameos.pack.card import write_card
from cameos.pack.check import photograph
from cameos.pictures import as_webp
from cameos.states import CameoState
from cameos.types import Verdict
from sora_social import storage
from sora_social.audit import AuditRecord
from sora_social.ids import uuid7
from sora_social.outbox import OutboxEvent
from tests.cameos.making import active_cameo, enrol
from tests.faces import astronaut_film, astronaut_template
from tests.people import person

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
pytestmark = [pytest.mark.django_db, pytest.mark.slow, pytest.mark.xdist_group("engine")]


@pytest.fixture
def cameo(pack) -> Cameo:
    """Somebody enrolled in the pack that is to be replaced, with the picture that was kept."""
    made = enrol(person("ada"), astronaut_template(), pack)
    made.references.all().delete()
    picture(made, as_webp(photograph()))
    return made


@pytest.fixture(scope="module")
def opposite(tmp_path_factory, pack) -> Path:
    """Another pack: whoever is embedded by it looks the other way."""
    folder = tmp_path_factory.mktemp("packs") / "opposite"
    shutil.copytree(pack.folder, folder)
    path = folder / "w600k_lbp512.onnx"
    model = onnx.load(path)
    (shown,) = model.graph.output
    model.graph.node[-1].output[0] = "before"
    model.graph.node.append(onnx.helper.make_node("Neg", ["before"], [shown.name], name="nNeg"))
    onnx.save(model, path)
    card = json.loads((folder / "pack.json").read_text())
    del card["files"]
    write_card(folder, card)
    return folder


@pytest.fixture
def other_pack(cameo, opposite, settings) -> Pack:
    """The operator has chosen it, after the cameo was enrolled."""
    settings.LIKENESS_MODEL_PACK = opposite
    cache.delete("cameos.repacking")
    return current_pack()


def picture(cameo: Cameo, content: bytes) -> None:
    key = f"cameos/{cameo.pk}/{uuid7()}.webp"
    stored = storage.put_bytes(key, content)
    ReferencePicture.objects.create(cameo=cameo, position=0, key=key, sha256=stored.sha256)


def sweep() -> int:
    cache.delete("cameos.repacking")
    return repacking.move_to_current_pack()


def anew(cameo: Cameo) -> Cameo:
    return Cameo.objects.get(pk=cameo.pk)


def begun() -> Repacking:
    """The one that a sweep has begun."""
    assert sweep() == 1
    return Repacking.objects.get()


def test_a_kept_picture_is_embedded_in_the_pack_of_today(cameo, other_pack):
    older = unsealed(cameo)
    services.repack(str(begun().pk))
    moved = anew(cameo)
    assert (moved.pack_id, moved.state) == (other_pack.id, CameoState.ACTIVE)
    assert bytes(moved.wrapped_key) != bytes(cameo.wrapped_key)
    assert float(unsealed(moved) @ -older) > 0.9
    assert (Repacking.objects.count(), sweep()) == (0, 0)
    told = AuditRecord.objects.get(kind="cameo.repacked")
    assert told.body == {"cameo": str(cameo.pk), "pack": other_pack.id}


def test_every_face_is_held_until_everybody_is_in_the_pack_of_today(cameo, other_pack):
    before = who_is_in(astronaut_film(), [])
    assert [one.verdict for one in before.seen] == [Verdict.UNMATCHED]
    assert (before.unsure, before.is_doubtful) == (True, True)
    row = begun()
    assert who_is_in(astronaut_film(), []).is_doubtful
    services.repack(str(row.pk))
    after = who_is_in(astronaut_film(), [])
    assert [(one.verdict, one.cameo) for one in after.seen] == [(Verdict.MATCH, cameo.pk)]
    assert not after.unsure


def test_where_nobody_is_in_another_pack_there_is_nothing_to_do(cameo, settings):
    assert sweep() == 0
    assert not Repacking.objects.exists()


def test_without_a_pack_nothing_is_begun(cameo, settings, tmp_path):
    settings.LIKENESS_MODEL_PACK = tmp_path
    assert sweep() == 0


def test_of_two_workers_one_looks_and_a_lost_one_is_followed(cameo, other_pack):
    row = begun()
    Repacking.objects.update(claimed_until=Now() + timedelta(minutes=1))
    services.repack(str(row.pk))
    assert anew(cameo).pack_id == cameo.pack_id
    Repacking.objects.update(claimed_until=Now() - timedelta(minutes=1), sent_at=LONG_AGO)
    assert sweep() == 1  # sent again
    services.repack(str(row.pk))
    assert anew(cameo).pack_id == other_pack.id


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (lambda cameo: storage.drop(cameo.references.get().key), "picture_not_kept"),
        (lambda cameo: cameo.references.update(sha256="0" * 64), "picture_not_kept"),
        (lambda cameo: cameo.references.all().delete(), "no_face"),
        (lambda cameo: Repacking.objects.update(tries=3), "check_failed"),
    ],
)
def test_what_shows_nobody_is_given_up_once_and_its_owner_reminded(cameo, other_pack, spoil, why):
    row = begun()
    spoil(cameo)
    services.repack(str(row.pk))
    assert (anew(cameo).pack_id, sweep()) == (cameo.pack_id, 0)
    assert AuditRecord.objects.get(kind="cameo.not_repacked").body["why"] == why
    assert services.remind_of_lapses() == 1
    assert [event.kind for event in OutboxEvent.objects.filter(kind="cameo_lapses")] != []
    with pytest.raises(ConsentRequired):
        services.leaves_for(other := person(), {anew(cameo): services.use_of(other)})
    assert who_is_in(astronaut_film(), []).is_doubtful


def test_a_picture_without_a_face_is_given_up(cameo, other_pack):
    cameo.references.all().delete()
    picture(cameo, as_webp(np.full((128, 128, 3), 200, np.uint8)))
    services.repack(str(begun().pk))
    assert Repacking.objects.get().given_up


def test_a_likeness_revoked_meanwhile_stays_revoked(cameo, other_pack, monkeypatch):
    row = begun()
    look = repacking.watcher.watch

    def revoked_in_between(path, pack):
        services.revoke(anew(cameo))
        return look(path, pack)

    monkeypatch.setattr(repacking.watcher, "watch", revoked_in_between)
    services.repack(str(row.pk))
    assert (anew(cameo).wrapped_key, Repacking.objects.count()) == (None, 0)


def test_a_third_pack_is_another_try(cameo, other_pack):
    Repacking.objects.create(cameo=cameo, pack_id="e" * 64, given_up=True)
    Repacking.objects.create(cameo=active_cameo(person()), pack_id="e" * 64)
    assert sweep() == 2  # the other one has pictures of its own
    assert set(Repacking.objects.filter(given_up=False).values_list("pack_id", flat=True)) == {
        other_pack.id
    }


def test_not_more_than_a_few_are_under_way(cameo, other_pack, monkeypatch):
    monkeypatch.setattr(repacking, "AT_ONCE", 2)
    for _ in range(2):
        active_cameo(person())
    assert (sweep(), sweep()) == (2, 0)
