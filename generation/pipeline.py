"""How a job becomes files: screen, render, encode, store. Leave is asked again before each step."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings

from cameos.services import reference_keys
from generation import rendering, screening
from generation.encoding import RENDITIONS
from generation.engine.capabilities import capabilities_of
from generation.engine.types import Capabilities
from generation.heartbeat import Heartbeat
from generation.models import Job
from generation.states import Stage
from generation.types import Lost, Made, StoreAway
from sora_social import storage

RENDERS = "renders"  # where every try has a folder of its own
LIBRARIES = ("torch", "diffusers", "transformers", "av")


@dataclass
class Work:
    """A job on its way, and what its steps have found so far."""

    job: Job
    token: UUID
    heart: Heartbeat
    child: rendering.Child
    folder: Path
    able: Capabilities
    engine_prompt: str = ""
    inputs: dict[str, Any] = field(default_factory=dict)  # what went in, by hash
    rendered: dict[str, Any] = field(default_factory=dict)
    encoded: dict[str, Any] = field(default_factory=dict)
    made: Made | None = None

    @property
    def prefix(self) -> str:
        return prefix_of(self.job.pk, self.token)


def make(job: Job, token: UUID, heart: Heartbeat) -> Made:
    """Take the job through every step. Raises Lost, Blocked, RenderFailed,
    RenderLost, StoreAway, OSError."""
    able = capabilities_of(settings.GENERATION_MODEL)
    with (
        _stopping_is_losing(),
        rendering.children.borrow(heart.lost) as child,
        tempfile.TemporaryDirectory(prefix="sora-render-") as folder,
    ):
        work = Work(job, token, heart, child, Path(folder), able)
        for stage, step in STEPS.items():
            heart.enter(stage)
            step(work)
    assert work.made is not None
    return work.made


@contextmanager
def _stopping_is_losing() -> Iterator[None]:
    try:
        yield
    except rendering.RenderStopped:
        raise Lost from None


@contextmanager
def _store_may_be_away() -> Iterator[None]:
    """Each store fails in its own words; here they all mean the same."""
    try:
        yield
    except Exception as error:
        raise StoreAway(str(error)) from error


def screen(work: Work) -> None:
    screening.screen(work.job.prompt, with_likeness=work.job.uses.exists())
    work.engine_prompt = screening.for_the_engine(work.job.prompt)


def render(work: Work) -> None:
    """The model's part, in the child; its inputs lie beside it as plain files."""
    with ExitStack() as files:
        inputs = _inputs(work, files)
        work.inputs = {name: _hashes(found) for name, found in inputs.items() if found}
        work.rendered = _ask(work, {"do": "render", "request": _request(work, inputs)})


def encode(work: Work) -> None:
    work.encoded = _ask(work, {"do": "encode", "folder": str(work.folder)})


def store(work: Work) -> None:
    """Put the files where nobody else writes; only an Output's row will show them."""
    keys = {name: f"{work.prefix}/{file}" for name, file in RENDITIONS.items()}
    with _store_may_be_away():
        stored = {
            name: storage.put(key, work.folder / RENDITIONS[name]) for name, key in keys.items()
        }
    work.made = Made(
        **{f"{name}_key": key for name, key in keys.items()},
        **stored["video"]._asdict(),
        **work.encoded,
        recipe=recipe_of(work),
    )


STEPS: dict[Stage, Callable[[Work], None]] = {
    Stage.SCREEN: screen,
    Stage.RENDER: render,
    Stage.ENCODE: encode,
    Stage.STORE: store,
}


def prefix_of(job: UUID, token: UUID) -> str:
    """The folder of one try: no two tries ever write to the same place."""
    return f"{RENDERS}/{job}/{token}"


def recipe_of(work: Work) -> dict[str, Any]:
    """All that is needed to make the same video again."""
    job, able = work.job, work.able
    return {
        "model": settings.GENERATION_MODEL.name,
        "family": able.family,
        "seed": job.seed,
        "steps": able.steps,
        "guidance": able.guidance,
        "size": [job.width, job.height],
        "strength": job.strength,
        "prompt": job.prompt,
        "engine_prompt": work.engine_prompt,
        "inputs": work.inputs,
        "versions": {name: version(name) for name in LIBRARIES},
        **work.rendered,
    }


def _ask(work: Work, order: dict[str, Any]) -> dict[str, Any]:
    return work.child.ask(order, work.heart.step, work.heart.lost)


def _inputs(work: Work, files: ExitStack) -> dict[str, list[Path]]:
    """References, first frame and source as paths, for as long as `files` is open."""
    job = work.job
    sources = job.sources.select_related("output")
    keys = {
        "references": [reference_keys(use.cameo)[0] for use in job.uses.select_related("cameo")],
        "first_frame": [job.first_frame] if job.first_frame else [],
        "source": [source.output.video_key for source in sources],
    }
    with _store_may_be_away():
        return {
            name: [files.enter_context(storage.local(key)) for key in found]
            for name, found in keys.items()
        }


def _request(work: Work, inputs: dict[str, list[Path]]) -> dict[str, Any]:
    """The engine's RenderRequest as plain values."""
    job, able = work.job, work.able
    one = {name: str(inputs[name][0]) for name in ("first_frame", "source") if inputs[name]}
    return {
        "prompt": work.engine_prompt,
        "seed": job.seed,
        "width": job.width,
        "height": job.height,
        "frames": able.frames_for(job.seconds),
        "fps": able.fps,
        "steps": able.steps,
        "guidance": able.guidance,
        "strength": job.strength,
        "references": [str(path) for path in inputs["references"]],
        **one,
    }


def _hashes(paths: list[Path]) -> list[str]:
    return [hashlib.sha256(path.read_bytes()).hexdigest() for path in paths]
