"""litellm, in an environment of its own, through its calls of videos."""

from __future__ import annotations

import os
import subprocess

import pytest

from tests.chaos.running import ROOT
from tests.clients.looking import check_film
from tests.clients.node import needed

pytestmark = [pytest.mark.slow, pytest.mark.once, pytest.mark.xdist_group("clients")]
PYTHON = ROOT / "var" / "clients" / "litellm" / "bin" / "python"
QUIET = {"LITELLM_LOCAL_MODEL_COST_MAP": "True", "LITELLM_TELEMETRY": "False"}


def test_litellm_goes_through_its_calls(server, clip, tmp_path):
    needed(PYTHON.exists(), "litellm")
    there = {"BASE": server.wire, "KEY": server.key("litellm")}
    done = subprocess.run(
        [PYTHON, ROOT / "tests/clients/litellm/drive.py", clip, tmp_path],
        env=os.environ | QUIET | there, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, (done.stdout + done.stderr)[-6000:]
    films = sorted(tmp_path.glob("*.mp4"))
    assert len(films) == 4  # made, remixed, edited, extended
    for film in films:
        size, seconds = film.stem.split("-")[:2]
        check_film(film.read_bytes(), size, float(seconds))
