"""The child that renders, with the real model: warm, stoppable, killable, gone with its parent."""

import math
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from django.conf import settings
from PIL import Image
from safetensors.torch import load_file, save_file

from generation import looks, rendering
from generation.engine.capabilities import capabilities_of
from generation.rendering import Child, Children, RenderFailed, RenderLost, RenderStopped
from generation.renditions import FILES

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("engine")]
PATIENCE = 60  # seconds
LENGTH = 9  # frames of one second


def plain(**changes):
    """A request as the pipeline sends it."""
    able = capabilities_of(settings.GENERATION_MODEL)
    width, height = able.sizes[0]
    usual = {
        "prompt": "a red ball on a beach",
        "seed": 3,
        "width": width,
        "height": height,
        "frames": able.frames_for(1),
        "fps": able.fps,
        "steps": 2,
        "guidance": able.guidance,
        "references": [],
    }
    return usual | changes


def request(**changes):
    return {"do": "render", "requests": [plain(**changes)]}


def frames(rendered):
    return [item["frames"] for item in rendered["items"]]


def ask(child, order, lost=None, on_step=lambda done, of: None):
    return child.ask(order, on_step, lost or threading.Event())


def gone(pid):
    """Whether the process ends within our patience."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        try:
            if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
                return True
        except FileNotFoundError:
            return True
        time.sleep(0.05)
    return False


@pytest.fixture(scope="module")
def warm():
    child = Child(settings.GENERATION_MODEL)
    ask(child, {"do": "load"})
    yield child
    child.kill()


@pytest.fixture
def cold():
    child = Child(settings.GENERATION_MODEL)
    yield child
    child.kill()


def test_it_renders_step_by_step_and_writes_its_files(warm, tmp_path):
    steps = []
    rendered = ask(warm, request(), on_step=lambda done, of: steps.append((done, of)))
    assert (frames(rendered), len(rendered["weights_hash"])) == ([LENGTH], 64)
    assert steps == [(0, 1), (1, 2), (2, 2)]
    encoded = ask(warm, {"do": "encode", "item": 0, "folder": str(tmp_path)})
    assert encoded["seconds"] == pytest.approx(1 + 1 / 8)
    written = {FILES[name].file for name in encoded["renditions"]}
    assert {path.name for path in tmp_path.iterdir()} == written | {looks.FILE}


def test_variants_are_rendered_in_one_forward_and_encoded_one_by_one(warm, tmp_path):
    order = {"do": "render", "requests": [plain(seed=seed) for seed in (3, 4)]}
    steps = []
    both = ask(warm, order, on_step=lambda done, of: steps.append((done, of)))["items"]
    assert [item["together"] for item in both] == [2, 2]
    assert steps == [(0, 1), (1, 2), (2, 2)]
    assert [item["seed"] for item in both] == [3, 4]
    for number, item in enumerate(both):
        ask(warm, {"do": "raw", "item": number, "file": str(tmp_path / f"{number}.npy")})
        raw = np.load(tmp_path / f"{number}.npy")
        alone = ask(warm, request(seed=item["seed"]))
        ask(warm, {"do": "raw", "item": 0, "file": str(tmp_path / "alone.npy")})
        assert alone["items"][0]["together"] == 1
        assert np.abs(raw.astype(int) - np.load(tmp_path / "alone.npy")).max() <= 1
        ask(warm, order)


def test_variants_with_a_first_frame_are_rendered_one_after_the_other(warm, tmp_path):
    Image.new("RGB", (96, 96), "teal").save(tmp_path / "frame.png")
    steps, framed = [], {"first_frame": str(tmp_path / "frame.png")}
    order = {"do": "render", "requests": [plain(seed=seed, **framed) for seed in (3, 4)]}
    both = ask(warm, order, on_step=lambda done, of: steps.append((done, of)))["items"]
    assert [item["together"] for item in both] == [1, 1]
    assert steps == [(0, 1), (1, 4), (2, 4), (3, 4), (4, 4)]


def test_the_same_request_has_the_same_fingerprint_and_another_seed_another(warm):
    first, same, other = (
        ask(warm, request(seed=seed))["items"][0]["frames_sha256"] for seed in (3, 3, 4)
    )
    assert (first == same, first == other) == (True, False)


def test_one_that_cannot_be_made_takes_nobody_along(warm):
    order = {"do": "render", "requests": [plain(), plain(width=100)]}
    made, refused = warm.obey(order, lambda done, of: None, threading.Event())["items"]
    assert (made["frames"], refused["failed"]) == (LENGTH, "unsupported")


def test_a_still_is_a_picture(warm, tmp_path):
    assert frames(ask(warm, request(frames=1))) == [1]
    encoded = ask(warm, {"do": "encode", "item": 0, "folder": str(tmp_path)})
    assert (encoded["kind"], encoded["seconds"]) == ("still", 0.0)


def test_numbers_that_are_not_finite_are_no_picture(settings, tmp_path):
    folder = tmp_path / "broken"
    shutil.copytree(settings.GENERATION_MODEL, folder)
    weights = next((folder / "transformer").glob("*.safetensors"))
    spoilt = {name: value * math.nan for name, value in load_file(weights).items()}
    save_file(spoilt, weights, {"format": "pt"})
    child = Child(folder)
    with pytest.raises(RenderFailed) as no:
        ask(child, request())
    child.kill()
    assert (no.value.reason, no.value.retry) == ("not_a_picture", False)


def test_it_stops_between_two_steps_and_stays_warm(warm):
    lost, pid = threading.Event(), warm.process.pid
    began = time.monotonic()
    with pytest.raises(RenderStopped):
        ask(warm, request(steps=200), lost, on_step=lambda done, of: done == 2 and lost.set())
    assert time.monotonic() - began < PATIENCE
    assert frames(ask(warm, request())) == [LENGTH]
    assert (warm.process.pid, warm.process.poll()) == (pid, None)


def test_a_stop_that_comes_too_late_does_not_stop_the_next_order(warm):
    ask(warm, request())
    warm._say({"do": "stop"})
    assert frames(ask(warm, request())) == [LENGTH]


def test_what_the_model_cannot_do_is_no_reason_to_try_again(warm):
    with pytest.raises(RenderFailed) as no:
        ask(warm, request(width=100, height=100))
    assert (no.value.reason, no.value.retry) == ("unsupported", False)
    assert frames(ask(warm, request())) == [LENGTH]


def test_an_encoding_into_nowhere_fails_and_the_child_lives(warm):
    ask(warm, request())
    with pytest.raises(RenderFailed):
        ask(warm, {"do": "encode", "item": 0, "folder": "/nowhere"})
    assert warm.usable


def test_a_killed_child_is_a_lost_try(cold):
    threading.Timer(0.5, lambda: os.kill(cold.process.pid, signal.SIGKILL)).start()
    with pytest.raises(RenderLost, match="exit -9"):
        ask(cold, request(steps=200))
    assert not cold.usable


def test_a_child_that_does_not_stop_is_killed(cold):
    os.kill(cold.process.pid, signal.SIGSTOP)
    lost = threading.Event()
    lost.set()
    began = time.monotonic()
    with pytest.raises(RenderStopped):
        ask(cold, request(), lost)
    assert time.monotonic() - began < rendering.GRACE + 3
    assert cold.process.poll() == -signal.SIGKILL


def test_a_render_that_takes_too_long_is_killed(cold, settings):
    settings.RENDER_TIMEOUT_S = 0.2
    with pytest.raises(RenderFailed, match="timeout"):
        ask(cold, request())
    assert cold.process.poll() == -signal.SIGKILL


def test_a_child_keeps_to_its_memory(settings):
    settings.RENDER_MEMORY_MB = 400  # not enough to load torch
    child = Child(settings.GENERATION_MODEL)
    with pytest.raises((RenderFailed, RenderLost)):
        ask(child, request())
    child.kill()


def test_a_broken_model_fails_and_says_how(settings, tmp_path):
    folder = tmp_path / "cut"
    shutil.copytree(settings.GENERATION_MODEL, folder)
    weights = next((folder / "transformer").glob("*.safetensors"))
    os.truncate(weights, weights.stat().st_size // 2)
    child = Child(folder)
    with pytest.raises(RenderFailed, match=weights.name) as no:
        ask(child, {"do": "load"})
    child.kill()
    assert (no.value.reason, no.value.retry) == ("bad_model", False)


def test_another_model_in_the_folder_means_another_child(settings, tmp_path):
    folder = tmp_path / "model"
    shutil.copytree(settings.GENERATION_MODEL, folder)
    settings.GENERATION_MODEL = folder
    children, lost = Children(1), threading.Event()
    with children.borrow(lost) as first:
        assert first.usable
    with children.borrow(lost) as same:
        assert same is first
    os.utime(folder / "model_index.json", ns=(1, 1))
    with children.borrow(lost) as other:
        assert other is not first
    assert first.process.poll() == -signal.SIGKILL
    children.kill()
    assert gone(other.process.pid)


def test_so_many_children_and_no_more():
    children, lost = Children(1), threading.Event()
    with children.borrow(lost):
        threading.Timer(0.2, lost.set).start()
        with pytest.raises(RenderStopped), children.borrow(lost):
            pytest.fail("a second child")
    children.kill()


def test_the_child_knows_no_secret(cold):
    known = Path(f"/proc/{cold.process.pid}/environ").read_bytes()
    for name in (
        b"SECRET_KEY",
        b"CAMEO_KEK",
        b"CONSENT_KEY",
        b"DATABASE_URL",
        b"DJANGO_SETTINGS_MODULE",
    ):
        assert name not in known


PARENT = """
import os, django
django.setup()
from django.conf import settings
from generation.rendering import Child
print(Child(settings.GENERATION_MODEL).process.pid, flush=True)
os.kill(os.getpid(), 9)
"""


def test_the_child_dies_with_its_parent():
    parent = subprocess.run([sys.executable, "-c", PARENT], capture_output=True, check=False)
    assert parent.returncode == -signal.SIGKILL
    assert gone(int(parent.stdout))
