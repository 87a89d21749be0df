"""A folder that breaks a rule is named and not loaded; nothing of it runs."""

import hashlib
import json
import pickle
import shutil
import struct
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from generation.engine.loading import BadModel, examine, weights_hash
from generation.engine.render import load
from tests.generation.engine.tiny import stable_audio, wan

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("engine")]
WEIGHTS = "vae/diffusion_pytorch_model.safetensors"


class Runs:
    """A pickle of this writes a file as it is read."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return Path.touch, (self.path,)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    folder = wan.save(tmp_path_factory.mktemp("whole"))
    stable_audio.save(folder / "soundtrack")
    return folder


@pytest.fixture
def folder(whole, tmp_path):
    return shutil.copytree(whole, tmp_path / "model")


def refused(folder):
    """The rule that the folder breaks, for loading it as well."""
    with pytest.raises(BadModel) as no:
        examine(folder)
    with pytest.raises(BadModel) as neither:
        load(folder)
    assert neither.value.rule == no.value.rule
    return no.value


def rewritten(path, **changes):
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def listed(folder, *names):
    """Write the manifest of these files, as sha256sum does."""
    lines = [f"{hashlib.sha256((folder / n).read_bytes()).hexdigest()}  {n}\n" for n in names]
    (folder / "sora.sha256").write_text("".join(lines))


def weights_of(folder):
    return [path.relative_to(folder).as_posix() for path in folder.rglob("*.safetensors")]


def test_a_whole_folder_is_described(folder):
    found = examine(folder)
    assert (found.class_name, found.soundtrack) == ("WanVACEPipeline", "StableAudioPipeline")
    assert found.weights_hash == weights_hash(folder)
    assert found.weights_bytes == sum((folder / n).stat().st_size for n in weights_of(folder))
    assert found.listed is False


def test_a_folder_is_examined_without_torch(folder):
    script = (
        "import sys; from pathlib import Path;"
        "from generation.engine.loading import examine;"
        f"print(examine(Path({str(folder)!r})).class_name,"
        " {'torch', 'diffusers', 'transformers', 'safetensors'} & set(sys.modules))"
    )
    said = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert said.stdout.split() == ["WanVACEPipeline", "set()"]


def test_the_hash_is_of_names_and_bytes(folder):
    before = weights_hash(folder)
    (folder / WEIGHTS).rename(folder / "vae" / "other.safetensors")
    renamed = weights_hash(folder)
    changed = folder / "transformer" / "diffusion_pytorch_model.safetensors"
    changed.write_bytes(changed.read_bytes()[:-1] + b"\1")
    assert len({before, renamed, weights_hash(folder)}) == 3


# --- the index ---


def test_a_folder_without_an_index(tmp_path):
    assert refused(tmp_path).rule == "no_index"


@pytest.mark.parametrize("text", ["{", "[]", "\xff", "[" * 100_000])
def test_an_index_that_cannot_be_read(folder, text):
    (folder / "model_index.json").write_bytes(text.encode("latin-1"))
    assert refused(folder).rule == "unreadable_index"


def test_an_unknown_class_is_named_with_what_is_known(folder):
    rewritten(folder / "model_index.json", _class_name="NoSuchPipeline")
    bad = refused(folder)
    assert (bad.rule, bad.what) == ("unknown_class", "NoSuchPipeline")
    assert "WanVACEPipeline" in bad.possible


def test_a_soundtrack_of_an_unknown_class(folder):
    rewritten(folder / "soundtrack" / "model_index.json", _class_name="WanVACEPipeline")
    assert refused(folder).rule == "unknown_class"


def test_a_soundtrack_that_the_card_names_and_is_not_there(folder):
    rewritten(folder / "sora.json", soundtrack="nowhere")
    assert refused(folder).rule == "missing_part"


def test_a_missing_part(folder):
    shutil.rmtree(folder / "vae")
    assert refused(folder).rule == "missing_part"


# --- code ---


@pytest.mark.parametrize(
    "part", [["os", "system"], ["generation.engine.render", "Engine"], ["my_vae", "Vae"]]
)
def test_a_part_of_a_strange_library(folder, part):
    rewritten(folder / "model_index.json", vae=part)
    assert refused(folder).rule == "custom_code"


def test_a_pipeline_that_is_a_file(folder):
    rewritten(folder / "model_index.json", _class_name=["pipeline", "WanVACEPipeline"])
    assert refused(folder).rule == "custom_code"


@pytest.mark.parametrize("name", ["pipeline.py", "vae/wan.py", "soundtrack/x.so"])
def test_code_in_the_folder(folder, name):
    (folder / name).write_text("raise SystemExit")
    assert refused(folder).rule == "custom_code"


@pytest.mark.parametrize("name", ["text_encoder/config.json", "modular_config.json"])
def test_a_config_that_names_code(folder, name):
    (folder / name).write_text(json.dumps({"auto_map": {"AutoModel": "x.Model"}}))
    assert refused(folder).rule == "custom_code"


@pytest.mark.parametrize(
    "name", ["vae/diffusion_pytorch_model.bin", "extra.PT", "soundtrack/a.pkl"]
)
def test_pickled_weights_are_refused_unread(folder, tmp_path, name):
    (folder / name).write_bytes(pickle.dumps(Runs(tmp_path / "it ran")))
    assert refused(folder).rule == "pickled"
    assert not (tmp_path / "it ran").exists()


# --- weights ---


@pytest.mark.parametrize("length", [0, 7, 20, 5_000])
def test_weights_cut_short(folder, length):
    path = folder / WEIGHTS
    path.write_bytes(path.read_bytes()[:length])
    assert refused(folder).rule == "cut_short"


def test_weights_with_more_behind_them(folder):
    with (folder / WEIGHTS).open("ab") as file:
        file.write(b"more")
    assert refused(folder).rule == "cut_short"


def test_a_header_longer_than_the_file(folder):
    (folder / WEIGHTS).write_bytes(struct.pack("<Q", 2**63) + b"{}")
    assert refused(folder).rule == "cut_short"


@pytest.mark.parametrize("header", [b"nonsense", b'{"a": {}}', b'{"a": 7}', b"[]"])
def test_a_header_that_cannot_be_read(folder, header):
    (folder / WEIGHTS).write_bytes(struct.pack("<Q", len(header)) + header)
    assert refused(folder).rule == "unreadable_weights"


def test_a_network_without_weights(folder):
    (folder / WEIGHTS).unlink()
    assert refused(folder).rule == "no_weights"


def test_a_missing_shard(folder):
    index = {"weight_map": {"a": "model-00001-of-00002.safetensors"}}
    (folder / "text_encoder" / "model.safetensors.index.json").write_text(json.dumps(index))
    assert refused(folder).rule == "missing_shard"


# --- the manifest ---


def test_a_manifest_vouches_for_the_weights(folder):
    listed(folder, *weights_of(folder), "model_index.json")
    assert examine(folder).listed is True


@pytest.mark.parametrize("name", [WEIGHTS, "model_index.json"])
def test_a_wrong_hash(folder, name):
    listed(folder, *weights_of(folder), "model_index.json")
    content = (folder / name).read_bytes()
    flipped = b"\0" if content[-1:] == b"\1" else b"\1"
    (folder / name).write_bytes(content + b" " if name.endswith("json") else content[:-1] + flipped)
    bad = refused(folder)
    assert (bad.rule, Path(bad.what).name) == ("wrong_hash", Path(name).name)


def test_weights_the_manifest_does_not_know(folder):
    listed(folder, *[name for name in weights_of(folder) if name != WEIGHTS])
    assert refused(folder).rule == "not_listed"


def test_a_listed_file_that_is_gone(folder):
    listed(folder, *weights_of(folder), "tokenizer/tokenizer.json")
    (folder / "tokenizer" / "tokenizer.json").unlink()
    assert refused(folder).rule == "missing_file"


def test_a_manifest_that_cannot_be_read(folder):
    (folder / "sora.sha256").write_text("not a hash at all\n")
    assert refused(folder).rule == "unreadable_manifest"


# --- links ---


@pytest.mark.parametrize("of_a_folder", [False, True])
def test_a_link_out_of_the_folder(folder, tmp_path, of_a_folder):
    outside = tmp_path / "outside"
    shutil.copytree(folder / "vae", outside)
    inside = folder / "vae" if of_a_folder else folder / WEIGHTS
    shutil.rmtree(inside) if of_a_folder else inside.unlink()
    inside.symlink_to(outside if of_a_folder else outside / inside.name)
    assert refused(folder).rule == "link_outside"


def test_a_link_within_the_folder_is_followed(folder):
    (folder / WEIGHTS).rename(folder / "vae" / "kept.safetensors")
    (folder / WEIGHTS).symlink_to(folder / "vae" / "kept.safetensors")
    assert examine(folder).class_name == "WanVACEPipeline"


def test_a_part_named_outside_the_folder(folder):
    shutil.copytree(folder / "vae", folder.parent / "vae")
    rewritten(folder / "model_index.json", **{"../vae": ["diffusers", "AutoencoderKLWan"]})
    assert refused(folder).rule == "link_outside"


# --- the command ---


def test_check_model_says_what_a_folder_is(folder, capsys):
    call_command("check_model", folder)
    said = dict(line.split(maxsplit=1) for line in capsys.readouterr().out.splitlines())
    assert (said["class"], said["soundtrack"]) == ("WanVACEPipeline", "StableAudioPipeline")
    assert said["weights"].endswith(weights_hash(folder))
    assert {"text", "inpaint", "references"} <= set(said["modes"].split())


def test_check_model_names_the_broken_rule(folder):
    (folder / "x.ckpt").touch()
    with pytest.raises(CommandError, match=r"pickled: .*x\.ckpt"):
        call_command("check_model", folder)


def test_check_model_looks_at_the_shipped_model_unless_told(capsys):
    call_command("check_model")
    assert capsys.readouterr().out.startswith("class         LTX2InContextPipeline\n")
