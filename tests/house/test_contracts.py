"""Every contract of the house is kept, and each is seen to fail when it is broken once."""

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("sora_social", "cameos", "generation", "feed", "ranking")
CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"][
    "contracts"
]

# contract: (module that is changed, what it wrongly imports)
BREACHES = {
    "videos-go-down": ("cameos/services.py", "import generation.services"),
    "ranking-goes-down": ("ranking/services.py", "import feed.models"),
    "ranking-knows-items": ("generation/services.py", "import ranking.services"),
    "cameos-are-not-ranked": ("ranking/services.py", "import cameos.models"),
    "door-torch": ("generation/services.py", "def late():\n    import torch"),
    "door-faces": ("cameos/services.py", "def late():\n    import insightface"),
    "door-speech": ("cameos/services.py", "def late():\n    import pocketsphinx"),
    "door-c2pa": ("generation/claims.py", "def late():\n    import c2pa"),
    "door-channels": ("generation/services.py", "import channels.layers"),
    "room-cameos": ("generation/services.py", "import cameos.likeness"),
    "room-generation": ("feed/services.py", "import generation.dispatch"),
    "room-ranking": ("feed/page.py", "import ranking.slate"),
    "proof-stands-apart": ("ranking/services.py", "import ranking.evaluation.offpolicy"),
    "worlds-know-no-ranker": ("ranking/evaluation/worlds/world.py", "import ranking.slate"),
    "policies-know-no-world": (
        "ranking/evaluation/policies/lists.py",
        "import ranking.evaluation.worlds",
    ),
    "pure-lattice": ("cameos/consent.py", "import django.db"),
    "pure-engine": ("generation/engine/types.py", "import django.conf"),
}


@pytest.fixture(scope="module")
def house(tmp_path_factory) -> Path:
    """A copy of the house that may be damaged."""
    copy = tmp_path_factory.mktemp("house")
    shutil.copy(ROOT / "pyproject.toml", copy)
    for package in PACKAGES:
        shutil.copytree(
            ROOT / package, copy / package, ignore=shutil.ignore_patterns("small", "__pycache__")
        )
    return copy


def lint(house: Path, *contracts: str) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    for contract in contracts:
        command += ["--contract", contract]
    return subprocess.run(command, cwd=house, capture_output=True, text=True, check=False)


def test_every_contract_is_kept(house):
    found = lint(house)
    assert (found.returncode, f"{len(CONTRACTS)} kept, 0 broken" in found.stdout) == (
        0,
        True,
    ), found.stdout


def test_every_contract_has_its_breach():
    assert set(BREACHES) == {contract["id"] for contract in CONTRACTS}


@pytest.mark.parametrize("contract", BREACHES)
def test_a_breach_is_seen(house, contract):
    name, wrong = BREACHES[contract]
    module = house / name
    kept = module.read_text()
    module.write_text(f"{kept}\n\n{wrong}\n")
    try:
        found = lint(house, contract)
    finally:
        module.write_text(kept)
    assert (found.returncode, "0 kept, 1 broken" in found.stdout) == (1, True), found.stdout
