import json
import os
import shutil

import numpy as np
import pytest

from cameos.faces import PackBroken, PackMissing, read_pack
from cameos.pack.build import build
from cameos.pack.check import check
from cameos.pack.fetch import FetchFailed
from cameos.pack.flatbuffer import Table
from cameos.pack.landmarks import OF_MESH
from cameos.pack.lbp import KINDS, _kinds


@pytest.fixture
def copy(pack, tmp_path):
    """The lite pack in a folder that may be spoilt."""
    return shutil.copytree(pack.folder, tmp_path / "pack")


def test_the_lite_pack_passes_its_check(pack):
    assert check(pack.folder) == []


def test_the_lite_pack_may_inform_but_never_block(pack):
    assert pack.strength == "continuity"
    assert pack.thresholds.firewall_block == np.inf
    assert (pack.folder / "LICENSE").read_text().strip().startswith("Apache License")


def test_a_pack_that_is_right_is_not_built_again(pack):
    before = {path: path.stat().st_mtime_ns for path in pack.folder.rglob("*")}
    said = []
    assert build(pack.folder, say=said.append) == pack
    assert {path: path.stat().st_mtime_ns for path in pack.folder.rglob("*")} == before
    assert said == [f"The lite pack is in place: {pack.folder}"]


def test_a_spoilt_pack_is_built_anew_the_same(pack, copy):
    (copy / "1k3d68.onnx").write_bytes(b"")
    assert build(copy, say=lambda line: None).id == pack.id
    assert check(copy) == []
    assert sorted(path.name for path in copy.parent.iterdir()) == [".pack.lock", "pack"]


def test_without_a_package_host_nothing_is_left_behind(tmp_path, monkeypatch):
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.delenv("PIP_FIND_LINKS", raising=False)
    with pytest.raises(FetchFailed) as failed:
        build(tmp_path / "pack", say=lambda line: None)
    assert "likeness stays off" in str(failed.value)
    assert [path.name for path in tmp_path.iterdir()] == [".pack.lock"]


def test_a_missing_pack_says_so(tmp_path):
    with pytest.raises(PackMissing):
        read_pack(tmp_path)
    assert check(tmp_path) == [f"{tmp_path} has no pack.json."]


@pytest.mark.parametrize("name", ["det_blazeface.onnx", "mesh/mesh468.onnx", "LICENSE"])
def test_a_changed_file_breaks_the_pack(copy, name):
    spoilt = bytearray((copy / name).read_bytes())
    spoilt[100] ^= 1
    (copy / name).write_bytes(spoilt)
    with pytest.raises(PackBroken) as broken:
        read_pack(copy)
    assert broken.value.facts["file"] == name
    assert name in check(copy)[0]


def test_a_missing_file_breaks_the_pack(copy):
    (copy / "w600k_lbp512.onnx").unlink()
    with pytest.raises(PackBroken):
        read_pack(copy)


def test_a_model_the_card_does_not_list_breaks_the_pack(copy):
    shutil.copy(copy / "1k3d68.onnx", copy / "another.onnx")
    with pytest.raises(PackBroken) as broken:
        read_pack(copy)
    assert broken.value.facts["file"] == "another.onnx"


@pytest.mark.parametrize(
    "card", ["", "[]", "{}", '{"files": {}}', '{"files": {}, "strength": "sure"}']
)
def test_a_card_that_makes_no_sense_breaks_the_pack(tmp_path, card):
    (tmp_path / "pack.json").write_text(card)
    with pytest.raises(PackBroken):
        read_pack(tmp_path)


def test_a_wrong_length_of_templates_is_found(copy):
    card = json.loads((copy / "pack.json").read_text())
    (copy / "pack.json").write_text(json.dumps(card | {"dim": 128}))
    assert check(copy) == ["Templates have 512 numbers, the card says 128."]


def test_packs_of_other_models_have_other_names(pack, copy):
    card = json.loads((copy / "pack.json").read_text())
    card["files"]["det_blazeface.onnx"] = card["files"].pop("1k3d68.onnx")
    shutil.copy(copy / "1k3d68.onnx", copy / "det_blazeface.onnx")
    (copy / "1k3d68.onnx").unlink()
    (copy / "pack.json").write_text(json.dumps(card))
    assert read_pack(copy).id != pack.id


# --- the converter's parts ---


def test_there_are_58_uniform_patterns_and_the_rest():
    kinds = _kinds()
    assert len(kinds) == 256
    assert sorted(set(kinds)) == list(range(KINDS))
    assert kinds.count(KINDS - 1) == 256 - 58


def test_the_68_landmarks_are_different_points_of_the_mesh():
    assert len(OF_MESH) == len(set(OF_MESH)) == 68
    assert max(OF_MESH) < 468


def test_an_absent_slot_of_a_flat_table_reads_as_nothing():
    layout = (6).to_bytes(2, "little") + (8).to_bytes(2, "little") + (4).to_bytes(2, "little")
    table = (8).to_bytes(4, "little") + (7).to_bytes(4, "little", signed=True)
    buffer = (12).to_bytes(4, "little") + layout + b"\0\0" + table
    root = Table.root(buffer)
    assert root.number(0) == 7
    assert root.number(1) == 0
    assert root.vector(1).size == 0
    assert root.table(1) is None
