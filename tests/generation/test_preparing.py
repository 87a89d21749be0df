"""What a process that renders imports: nothing that no model needs."""

import json
import shutil
import subprocess
import sys

import pytest
from django.conf import settings

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("engine")]
HEAVY = (  # what nothing that renders needs, and imports of torch and diffusers would bring along
    "boto3", "botocore", "django", "matplotlib", "onnx", "onnxruntime", "pandas",
    "peft", "scipy", "skimage", "sklearn", "tensorflow", "torchaudio", "torchvision",
)  # fmt: skip
LIBRARIES = ("diffusers", "torch", "transformers")

IMPORTS = """
import json, sys
from pathlib import Path
import generation.rendering_child
from generation.engine.preparing import prepare
from generation.engine.shelf import Shelf
folder = Path(sys.argv[1])
prepare([folder])
prepared = set(sys.modules)
if sys.argv[2:]:
    Shelf(0).take(folder)
print(json.dumps([[n for n in sys.modules if sys.modules[n]], [*set(sys.modules) - prepared]]))
"""


def imported(folder, *also):
    """What a process that renders has imported at the end, and what of it after preparing."""
    order = [sys.executable, "-c", IMPORTS, str(folder), *also]
    told = subprocess.run(order, capture_output=True, check=True, cwd=settings.BASE)
    return json.loads(told.stdout)


def test_what_nobody_needs_is_not_imported_and_the_rest_beforehand():
    at_the_end, late = imported(settings.GENERATION_MODEL, "load")
    assert {name for name in at_the_end if name.partition(".")[0] in HEAVY} == set()
    assert set(LIBRARIES) <= set(at_the_end)
    assert len([name for name in late if name.partition(".")[0] in LIBRARIES]) <= 20, sorted(late)


def test_a_scheduler_that_asks_for_beta_curves_has_scipy(tmp_path):
    folder = tmp_path / "model"
    shutil.copytree(settings.GENERATION_MODEL, folder)
    config = folder / "scheduler" / "scheduler_config.json"
    config.write_text(json.dumps(json.loads(config.read_text()) | {"use_beta_sigmas": True}))
    assert "scipy.stats" in imported(folder)[0]
