"""How a job becomes files: screen, render, encode, check, store. Leave is asked again before each
step."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings

from cameos.states import Gate
from generation import checking, gates, orders, prompting, rendering, screening
from generation.engine.capabilities import capabilities_of
from generation.engine.types import Capabilities, RenderRequest
from generation.heartbeat import Heartbeat
from generation.models import Job
from generation.recipe import Hashes, Inputs, hashes_of, recipe_of, recipe_of_stitch
from generation.renditions import FILES, MAIN
from generation.states import Kind, Stage, Task
from generation.types import Lost, Made, StoreAway
from sora_social import storage

RENDERS = "renders"  # where every try has a folder of its own


@dataclass
class Work:
    """A job on its way, and what its steps have found so far."""

    job: Job
    token: UUID
    heart: Heartbeat
    seat: rendering.Seat
    folder: Path
    able: Capabilities
    paths: Inputs = field(default_factory=dict)
    words: dict[str, Any] = field(default_factory=dict)  # what the model reads, and why
    requests: list[RenderRequest] = field(default_factory=list)  # one for each variant
    rendered: dict[str, Any] = field(default_factory=dict)
    encoded: list[dict[str, Any]] = field(default_factory=list)
    suspects: list[dict[str, Any]] = field(default_factory=list)  # who seems to be in the pictures
    doubts: list[dict[str, Any]] = field(default_factory=list)  # of each variant
    made: list[Made] = field(default_factory=list)

    @property
    def kind(self) -> Kind:
        return Kind.STILL if self.job.still else Kind.CLIP

    def place(self, variant: int) -> Path:
        """Where the files of one variant are written."""
        place = self.folder / str(variant)
        place.mkdir(exist_ok=True)
        return place


def make(job: Job, token: UUID, heart: Heartbeat, seat: rendering.Seat) -> list[Made]:
    """Take the job through every step. Raises Lost, Blocked, FirewallOff, RenderFailed,
    RenderLost, StoreAway, OSError."""
    able = capabilities_of(settings.GENERATION_MODEL)
    with (
        _stopping_is_losing(),
        tempfile.TemporaryDirectory(prefix="sora-render-") as folder,
        ExitStack() as files,
    ):
        work = Work(job, token, heart, seat, Path(folder), able)
        with _store_may_be_away():
            work.paths = orders.files_of(job, files)
        for stage, step in STEPS.items():
            heart.enter(stage)
            step(work)
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
    """Who says no to it now, whom the pictures show, what was written, what the model will read.

    Raises Lost, Blocked, FirewallOff.
    """
    job = work.job
    if gates.ask(Gate.DISPATCH, job.author, job.pk):
        raise Lost
    work.suspects = checking.check_pictures(job, work.paths)
    if job.engine_prompt:  # a final reads what its preview read
        said = [job.prompt, *(shot["prompt"] for shot in job.shots), job.engine_prompt]
        screening.screen("\n".join(said), with_likeness=job.uses.exists())
        work.words = orders.words_of(job)
    else:
        reader = prompting.reader_of(settings.GENERATION_MODEL)
        write = prompting.writer(lambda order: _ask(work, order))
        work.words = prompting.compose(orders.asked_words(job), reader, write).recipe()


def render(work: Work) -> None:
    """The model's part, in the child; its inputs lie beside it as plain files."""
    if work.job.task == Task.STITCH:
        return
    work.requests = orders.requests_of(work.job, work.able, work.paths, work.words)
    requests = [orders.plain(request) for request in work.requests]
    work.rendered = _ask(work, {"do": "render", "requests": requests})


def encode(work: Work) -> None:
    """The files of every variant; a stitch has no model's part, and is only this."""
    if work.job.task == Task.STITCH:
        work.encoded = [_stitched(work)]
        return
    work.encoded = [
        _ask(work, {"do": "encode", "item": variant, "folder": str(work.place(variant))})
        for variant in range(work.job.variants)
    ]


def check(work: Work) -> None:
    """Whom every variant shows. Raises Blocked, FirewallOff."""
    main = FILES[MAIN[work.kind]].file
    work.doubts = [
        checking.check_output(work.job, work.place(variant) / main, work.suspects)
        for variant in range(len(work.encoded))
    ]


def store(work: Work) -> None:
    """Put the files where nobody else writes; only an Output's row will show them."""
    hashes = hashes_of(work.paths)
    with _store_may_be_away():
        work.made = [_stored(work, variant, hashes) for variant in range(len(work.encoded))]


STEPS: dict[Stage, Callable[[Work], None]] = {
    Stage.SCREEN: screen,
    Stage.RENDER: render,
    Stage.ENCODE: encode,
    Stage.CHECK: check,
    Stage.STORE: store,
}


def prefix_of(job: UUID, token: UUID) -> str:
    """The folder of one try: no two tries ever write to the same place."""
    return f"{RENDERS}/{job}/{token}"


def _stitched(work: Work) -> dict[str, Any]:
    from generation.stitching import stitch  # noqa: PLC0415 -- codecs load when first used

    return vars(stitch(work.paths["pieces"], work.place(0)))


def _stored(work: Work, variant: int, hashes: Hashes) -> Made:
    """One variant in the store."""
    encoded, place = work.encoded[variant], work.place(variant)
    folder = f"{prefix_of(work.job.pk, work.token)}/{variant}"
    stored = {
        name: storage.put(f"{folder}/{FILES[name].file}", place / FILES[name].file)
        for name in encoded["renditions"]
    }
    return Made(
        folder=folder,
        renditions=list(stored),
        kind=work.kind,
        **stored[MAIN[work.kind]]._asdict(),
        **{name: encoded[name] for name in ("width", "height", "seconds")},
        recipe=_recipe(work, variant, hashes),
        doubts=work.doubts[variant],
    )


def _recipe(work: Work, variant: int, hashes: Hashes) -> dict[str, Any]:
    if work.job.task == Task.STITCH:
        return recipe_of_stitch(work.job, hashes)
    request, rendered = work.requests[variant], work.rendered
    return recipe_of(work.job, request, work.words, hashes, rendered, variant)


def _ask(work: Work, order: dict[str, Any]) -> dict[str, Any]:
    return work.seat.ask(order, work.heart.step, work.heart.lost)
