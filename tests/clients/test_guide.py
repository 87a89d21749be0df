"""The examples of docs/api.md, run as they stand."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest

from tests.chaos.running import ROOT
from tests.clients.looking import check_film
from tests.clients.node import node, workshop

pytestmark = [pytest.mark.long, pytest.mark.once, pytest.mark.xdist_group("clients")]
GUIDE = (ROOT / "docs" / "api.md").read_text()
CHAPTER = GUIDE.partition("## Clients of OpenAI's Videos API")[2]


def example(language: str) -> str:
    """The first of the chapter in that language."""
    return re.search(rf"```{language}\n(.*?)```", CHAPTER, re.DOTALL)[1]


@pytest.fixture
def there(server):
    """What an example finds in its environment."""

    def found(handle: str) -> dict[str, str]:
        key = server.key(handle)
        named = {"HOST": server.base, "KEY": key}
        return os.environ | named | {"OPENAI_BASE_URL": server.wire, "OPENAI_API_KEY": key}

    return found


def check(folder, *command, env):
    """It ends well, and leaves the video that it asked for."""
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True)
    assert done.returncode == 0, (done.stdout + done.stderr)[-4000:]
    check_film((folder / "ball.mp4").read_bytes(), "1280x720", 4.0)


def test_curl(there, tmp_path):
    check(tmp_path, "bash", "-euc", example("sh"), env=there("guide_curl"))


def test_python(there, tmp_path):
    check(tmp_path, sys.executable, "-c", example("python"), env=there("guide_python"))


def test_node(there, tmp_path):
    shop = workshop(tmp_path)
    (shop / "example.js").write_text(example("js"))
    check(shop, node(), "example.js", env=there("guide_node"))
