"""A try at a job from claim to end, with the real model in its child."""

import asyncio
import os
import signal
import threading
import time
from dataclasses import replace

import av
import pytest
from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from PIL import Image

from cameos import services as cameos
from generation import marks, pipeline, rendering, services
from generation.engine.source import read_sound
from generation.marking.voice import RATE
from generation.models import Job, Output
from generation.states import JobState, Stage
from generation.tasks import run_job
from sora_social import storage
from tests.cameos.making import active_cameo
from tests.generation import invariants
from tests.generation.making import queued_job
from tests.people import person

pytestmark = [
    pytest.mark.slow,
    pytest.mark.xdist_group("engine"),
    pytest.mark.django_db(transaction=True),
]
PATIENCE = 60  # seconds


@pytest.fixture(autouse=True)
def _everything_adds_up():
    yield
    invariants.check()


def job_for_the_model(author, cameos=(), prompt="a red ball on a beach", **wish):
    able = services.capabilities()
    width, height = able.sizes[0]
    size = {"width": width, "height": height, "seconds": 1.0}
    return queued_job(author, cameos, prompt, **size | wish)


def run(job):
    run_job(str(job.pk))
    job.refresh_from_db()
    return job


def until(condition):
    """Wait, with patience, until it holds."""
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


def during(job, act):
    """Run the job and act once the model is at work."""

    def wait_and_act():
        until(lambda: Job.objects.get(pk=job.pk).stage == "render")
        act()

    helper = threading.Thread(target=wait_and_act)
    helper.start()
    run(job)
    helper.join()
    job.refresh_from_db()
    return job


@pytest.fixture
def _long_renders(monkeypatch):
    """So many steps that nothing ends before we act."""
    able = replace(services.capabilities(), steps=200)
    monkeypatch.setattr(pipeline, "_able", lambda job: able)


def test_a_job_becomes_a_video():
    job = run(job_for_the_model(person(), seed=11))
    assert (job.state, job.progress, job.reason) == (JobState.DONE, 1.0, "")
    output = Output.objects.get(job=job)
    with storage.local(output.video_key) as path, av.open(str(path)) as video:
        assert len(list(video.decode(video=0))) == 9
    assert (output.kind, output.down_id) == ("clip", str(output.pk))
    assert min(output.width, output.height) >= 320
    assert output.size == len(storage.fetch(output.video_key))
    recipe = output.recipe
    assert (recipe["seed"], recipe["prompt"]) == (11, "a red ball on a beach")
    assert len(recipe["weights_hash"]) == 64
    assert set(recipe["versions"]) == {"torch", "diffusers", "transformers", "numpy", "av"}
    assert (recipe["tier"], recipe["frames"], recipe["inputs"]) == ("standard", 9, {})


def test_its_number_can_be_heard_in_its_sound():
    output = run(job_for_the_model(person(), seconds=2.0)).outputs.get()
    for key in (output.video_key, output.key("low")):
        with storage.local(key) as path:
            assert marks.hear(read_sound(path, RATE, 3 * RATE)) == output.mark


def test_the_same_seed_makes_the_same_video_with_another_mark():
    author = person()
    jobs = [run(job_for_the_model(author, seed=5)) for _ in range(2)]
    one, other = (job.outputs.get() for job in jobs)
    assert one.recipe["frames_sha256"] == other.recipe["frames_sha256"]
    assert one.mark != other.mark
    assert one.sha256 != other.sha256


def test_likeness_first_frame_and_source_all_go_in(tmp_path):
    author = person()
    cameo = active_cameo(author)
    source = run(job_for_the_model(author)).outputs.get()
    Image.new("RGB", (96, 96), "teal").save(tmp_path / "frame.png")
    job = services.submit(
        author,
        key="all",
        prompt=f"@{cameo.handle} in the snow",
        seconds=1.0,
        source=source,
    )
    run(job)
    recipe = job.outputs.get().recipe
    inputs = recipe["inputs"]
    assert inputs["references"] == [cameo.references.first().sha256]
    assert inputs["source"] == [source.sha256]
    assert cameo.handle not in recipe["engine_prompt"]
    assert "in the snow" in recipe["engine_prompt"]
    framed = services.submit(
        author, key="framed", prompt="the sea", seconds=1.0, first_frame=tmp_path / "frame.png"
    )
    assert list(run(framed).outputs.get().recipe["inputs"]) == ["first_frame"]


QUICK = {"tier": "draft", "seconds": 1.0, "seed": 3}


def submitted(author, key, prompt="a red ball on a beach", **wish):
    return run(services.submit(author, key=key, prompt=prompt, **wish))


def test_variants_of_a_still_are_pictures_that_differ():
    job = submitted(person(), "stills", still=True, variants=2, tier="draft", seed=3)
    one, other = job.outputs.order_by("variant")
    assert (one.kind, one.seconds, "video" in one.renditions) == ("still", 0.0, False)
    assert [output.recipe["seed"] for output in (one, other)] == [3, 4]
    assert one.sha256 != other.sha256


def test_work_on_clips_becomes_clips_with_all_their_inputs_in_the_recipe(tmp_path):
    author = person()
    able = services.capabilities()
    one, other = (submitted(author, f"clip {n}", **QUICK).outputs.get() for n in range(2))
    Image.new("L", able.sizes[0], "white").save(tmp_path / "mask.png")
    wishes = {
        "extend": {"source": one},
        "inpaint": {"source": one, "mask": tmp_path / "mask.png", "span": (0.0, 0.6)},
        "blend": {"source": one, "other": other},
    }
    for task, wish in wishes.items():
        job = submitted(author, task, task=task, **wish, **QUICK)
        assert (job.state, job.reason) == (JobState.DONE, ""), task
        made = job.outputs.get()
        given = {"source", "other", "mask"} & wish.keys()
        assert made.recipe["inputs"].keys() == given
        assert (made.recipe["task"], made.recipe["inputs"]["source"]) == (task, [one.sha256])
        assert made.seconds > one.seconds or task == "inpaint"


def test_a_stitch_needs_no_model_and_a_storyboard_tells_its_shots(settings):
    author = person()
    shots = ({"prompt": "a red ball", "seconds": 1.0}, {"prompt": "a blue car", "seconds": 1.0})
    board = submitted(author, "board", shots=shots, tier="draft", seed=3).outputs.get()
    assert len(board.recipe["engine_shots"]) == 2
    stitch = submitted(author, "stitch", task="stitch", sources=(board, board)).outputs.get()
    assert stitch.seconds == pytest.approx(2 * board.seconds)
    assert stitch.recipe["inputs"] == {"pieces": [board.sha256] * 2}
    assert "weights_hash" not in stitch.recipe


def test_a_final_reads_what_its_preview_read():
    author = person()
    preview = submitted(author, "preview", **QUICK | {"tier": "preview"}).outputs.get()
    final = run(services.finalize(author, preview, key="final")).outputs.get()
    same = ("engine_prompt", "seed", "frames", "weights_hash")
    assert {name: final.recipe[name] for name in same} == {
        name: preview.recipe[name] for name in same
    }
    assert final.recipe["steps"] > preview.recipe["steps"]


def test_a_hint_that_comes_three_times_makes_one_video():
    job = job_for_the_model(person())
    for _ in range(3):
        run_job(str(job.pk))
    assert Output.objects.filter(job=job).count() == 1


def test_hints_that_come_at_once_make_one_video():
    job = job_for_the_model(person())
    threads = [threading.Thread(target=run_job, args=[str(job.pk)]) for _ in range(3)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert Output.objects.filter(job=job).count() == 1


def test_a_hint_for_a_job_that_is_no_more_is_harmless():
    run_job("01890000-0000-7000-8000-000000000000")


def test_a_blocked_prompt_never_reaches_the_model():
    job = run(job_for_the_model(person(), prompt="a nude child"))
    assert (job.state, job.reason) == (JobState.BLOCKED, "minors")


@pytest.mark.usefixtures("_long_renders")
def test_a_cancel_stops_the_model_and_gives_the_credit_back():
    job = job_for_the_model(person())
    during(job, lambda: services.cancel(Job.objects.get(pk=job.pk)))
    assert (job.state, job.reason) == (JobState.CANCELLED, "author")
    assert (job.author.account.available, job.author.account.reserved) == (30, 0)


@pytest.mark.usefixtures("_long_renders")
def test_a_leave_that_ends_stops_the_model_and_gives_the_credit_back(files):
    cameo = active_cameo(person(), audience="everyone")
    job = job_for_the_model(person(), [cameo], f"@{cameo.handle} dances")
    during(job, lambda: cameos.revoke(cameo))
    assert (job.state, job.reason) == (JobState.CANCELLED, "consent")
    assert files(f"renders/{job.pk}") == 0


@pytest.mark.usefixtures("_long_renders")
def test_a_killed_child_costs_nothing_but_time(monkeypatch):
    job = job_for_the_model(person())
    child = rendering.children._idle[-1]
    during(job, lambda: os.kill(child.process.pid, signal.SIGKILL))
    assert (job.state, job.losses, job.attempt) == (JobState.QUEUED, 1, 0)
    monkeypatch.undo()
    Job.objects.filter(pk=job.pk).update(run_after=None)
    assert run(job).state == JobState.DONE


def test_a_full_disk_is_a_lost_try(settings):
    job = job_for_the_model(person())
    settings.STORAGES = settings.STORAGES | {
        "default": settings.STORAGES["default"] | {"OPTIONS": {"location": "/proc/nowhere"}}
    }
    run(job)
    assert (job.state, job.losses, job.attempt) == (JobState.QUEUED, 1, 0)


def test_a_model_that_cannot_do_it_any_more_ends_the_job():
    job = run(job_for_the_model(person(), width=100, height=100))
    assert (job.state, job.reason) == (JobState.FAILED, "unsupported")


def test_the_author_hears_each_step_at_once():
    author, layer = person(), get_channel_layer()
    channel = async_to_sync(layer.new_channel)()
    async_to_sync(layer.group_add)(f"person.{author.pk}", channel)
    job = run(job_for_the_model(author))
    heard = async_to_sync(_heard)(layer, channel)
    assert next(word["stage"] for word in heard if word["state"] == "running") == "screen"
    assert {word["stage"] for word in heard} == {*Stage.values, ""}
    progress = [word["progress"] for word in heard]
    assert progress == sorted(progress)
    assert (heard[-1]["id"], heard[-1]["state"], progress[-1]) == (str(job.pk), "done", 1.0)


async def _heard(layer, channel):
    """What was said of the job, up to its end."""
    said = []
    while not said or said[-1]["state"] == "running":
        message = await asyncio.wait_for(layer.receive(channel), PATIENCE)
        said += [message["payload"]] if message["kind"] == "job" else []
    return said
