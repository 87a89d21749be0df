"""Heavy libraries stay out of a web process, and the environment is read in one place."""

import ast
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
HEAVY = ("torch", "diffusers", "transformers", "insightface", "onnxruntime", "onnx", "cv2",
         "pocketsphinx", "c2pa")  # fmt: skip
START = """
import json, sys
from sora_social.{door} import application
from tests.house.routes import routes
routes()
print(json.dumps([name for name in {heavy!r} if name in sys.modules]))
"""


@pytest.mark.parametrize("door", ["wsgi", "asgi"])
def test_a_web_process_starts_without_the_heavy_libraries(door):
    broker = {"CELERY_BROKER_URL": "amqp://guest:guest@127.0.0.1:1//"}  # no worker in this process
    secrets = {"SECRET_KEY": "x" * 50, "CAMEO_KEK": "y" * 50, "CONSENT_KEY": "z" * 50}
    done = subprocess.run(
        [sys.executable, "-c", START.format(door=door, heavy=HEAVY)],
        cwd=ROOT, env=os.environ | broker | secrets, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert json.loads(done.stdout.strip().splitlines()[-1]) == []


def modules():
    for package in ("sora_social", "cameos", "generation", "feed", "ranking"):
        yield from (ROOT / package).rglob("*.py")


def reads_environment(path: Path) -> bool:
    return any(
        isinstance(node, ast.Attribute) and node.attr in {"environ", "getenv"}
        for node in ast.walk(ast.parse(path.read_text()))
    )


def test_the_environment_is_read_in_the_settings_alone():
    readers = {str(path.relative_to(ROOT)) for path in modules() if reads_environment(path)}
    assert readers - ENTRANCES == {"sora_social/settings.py"}


# Where a process begins it names the settings module, hands an environment to a child, or tells
# a library how to behave before it loads.
ENTRANCES = {
    "generation/engine/render.py",
    "generation/engine/families/placing.py",
    "generation/engine/train.py",
    "generation/rendering.py",
    "generation/rendering_child.py",
    "sora_social/asgi.py",
    "sora_social/wsgi.py",
    "sora_social/celery.py",
    "sora_social/secrets.py",
}
