"""Node, and what is installed for it beside its lockfile (`make clients`)."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).parent / "node"
PACKAGES = HERE / "node_modules"


def needed(found: bool, what: str) -> None:
    """Skip where it is not installed; never where CLIENTS=1 says that it has to be."""
    if not found:
        said = f"{what} is not installed: `make clients`"
        pytest.fail(said) if os.environ.get("CLIENTS") == "1" else pytest.skip(said)


def node() -> str:
    """The pinned Node, or on other machines than Linux the one that is there."""
    pinned = next(PACKAGES.glob("node-*/bin/node"), None)
    return str(pinned or shutil.which("node"))


def run(folder: Path, *command: str, **settings: str) -> str:
    """Run a script in a folder; what it printed."""
    done = subprocess.run(
        [node(), *command], cwd=folder, env=os.environ | settings, capture_output=True, text=True
    )
    assert done.returncode == 0, (done.stdout + done.stderr)[-6000:]
    return done.stdout


def workshop(folder: Path, *scripts: str) -> Path:
    """A folder with scripts of ours and the packages that they import."""
    needed(PACKAGES.is_dir(), "Node's part of the tests")
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "tsconfig.json", *scripts):
        shutil.copy(HERE / name, folder)
    (folder / "node_modules").symlink_to(PACKAGES)
    return folder


def compiled(folder: Path) -> None:
    """`tsc --strict`, beside the sources."""
    run(folder, "node_modules/typescript/bin/tsc", "--project", ".")
