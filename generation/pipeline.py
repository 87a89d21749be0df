"""How a job becomes files: screen, render, encode, check, sign, store. Leave is asked again before
each step."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from uuid import UUID

from cameos.states import Gate
from generation import (
    barring,
    checking,
    claims,
    gates,
    layers,
    lineup,
    marks,
    orders,
    pardoning,
    prompting,
    rendering,
)
from generation.engine.types import Capabilities, RenderRequest
from generation.heartbeat import Heartbeat
from generation.models import Job
from generation.recipe import Hashes, Inputs, hashes_of, recipe_of, recipe_of_stitch
from generation.renditions import FILES, MAIN
from generation.screening import ADDED, Said, Sign
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
    asked: prompting.Asked = field(default_factory=lambda: prompting.Asked(""))
    words: dict[str, Any] = field(default_factory=dict)  # what the model reads, and why
    requests: list[RenderRequest] = field(default_factory=list)  # one for each variant
    rendered: dict[str, Any] = field(default_factory=dict)
    marks: list[int] = field(default_factory=list)  # the number in the pixels of each variant
    visible: str = ""  # the words on its pictures
    encoded: list[dict[str, Any]] = field(default_factory=list)
    suspects: list[dict[str, Any]] = field(default_factory=list)  # who seems to be in the pictures
    doubts: list[dict[str, Any]] = field(default_factory=list)  # of each variant
    made: list[Made] = field(default_factory=list)

    @property
    def kind(self) -> Kind:
        return Kind.STILL if self.job.still else Kind.CLIP

    def ask(self, order: dict[str, Any]) -> dict[str, Any]:
        """What the child answers. Raises RenderStopped, RenderFailed, RenderLost."""
        return self.seat.ask(order, self.heart.step, self.heart.lost)

    def place(self, variant: int) -> Path:
        """Where the files of one variant are written."""
        place = self.folder / str(variant)
        place.mkdir(exist_ok=True)
        return place


def make(job: Job, token: UUID, heart: Heartbeat, seat: rendering.Seat) -> list[Made]:
    """Take the job through every step. Raises Lost, Blocked, FirewallOff, RenderFailed,
    RenderLost, StoreAway, OSError."""
    able = _able(job)
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


def _able(job: Job) -> Capabilities:
    """What the job's model can do. Raises RenderFailed where the operator took it away since."""
    if not lineup.knows(job.model):
        raise rendering.RenderFailed("model_gone", job.model, retry=False)
    return lineup.capabilities(job.model)


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
    if gates.ask(Gate.DISPATCH, job.author, job.pk, job.where):
        raise Lost
    work.suspects = checking.check_pictures(job, work.paths)
    work.asked = pardoning.pardoned(job, orders.asked_words(job), work.paths)
    _see(work, *layers.of_inputs(job, work.paths, work.folder, work.ask))
    _see(work, *layers.of_texts(prompting.said_in(work.asked), work.ask))
    if job.engine_prompt:  # a final reads what its preview read
        prompting.check(work.asked, job.engine_prompt)
        work.words = orders.words_of(job)
    else:
        reader = prompting.reader_of(lineup.folder_of(job.model))
        work.words = prompting.compose(work.asked, reader, prompting.writer(work.ask)).recipe()
    read = (work.words["engine_prompt"], *work.words["engine_shots"])
    _see(work, *layers.of_texts([Said(ADDED, text) for text in read], work.ask))
    prompting.check(work.asked)


def _see(work: Work, *signs: Sign) -> None:
    """What is found last is told first."""
    work.asked = replace(work.asked, seen=(*signs, *work.asked.seen))


def render(work: Work) -> None:
    """The model's part, in the child; its inputs lie beside it as plain files."""
    if work.job.task == Task.STITCH:
        return
    work.requests = orders.requests_of(work.job, work.able, work.paths, work.words)
    requests = [orders.plain(request) for request in work.requests]
    named = lineup.in_order(work.job.model)
    work.rendered = work.ask({"do": "render", "requests": requests} | named)


def encode(work: Work) -> None:
    """The files of every variant; a stitch has no model's part, and is only this."""
    work.visible = marks.words_on(work.job)
    work.marks = [marks.draw() for _ in range(work.job.variants)]
    if work.job.task == Task.STITCH:
        work.encoded = [_stitched(work)]
    else:
        work.encoded = [_encoded(work, variant) for variant in range(work.job.variants)]


def check(work: Work) -> None:
    """Whom every variant shows, and what. Raises Blocked, FirewallOff."""
    main = FILES[MAIN[work.kind]].file
    for variant in range(len(work.encoded)):
        file = work.place(variant) / main
        work.doubts.append(checking.check_output(work.job, file, work.suspects))
        _see(work, *layers.of_made(work.job, file, work.ask))
    prompting.check(work.asked)


def sign(work: Work) -> None:
    """Nothing changes a file after this."""
    weights = work.rendered.get("weights_hash", "")
    for variant, encoded in enumerate(work.encoded):
        with _store_may_be_away():
            signer = claims.signer_of(work.job, work.marks[variant], weights)
        claims.sign(work.place(variant), encoded["renditions"], signer)


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
    Stage.SIGN: sign,
    Stage.STORE: store,
}


def prefix_of(job: UUID, token: UUID) -> str:
    """The folder of one try: no two tries ever write to the same place."""
    return f"{RENDERS}/{job}/{token}"


def _encoded(work: Work, variant: int) -> dict[str, Any]:
    order = {"do": "encode", "delivery": work.job.delivery, "item": variant}
    marked = marks.order_of(work.marks[variant], work.folder, work.visible)
    return work.ask(order | marked | {"folder": str(work.place(variant))})


def _stitched(work: Work) -> dict[str, Any]:
    from generation.marking.marks import marks_of  # noqa: PLC0415 -- codecs load when first used
    from generation.stitching import stitch  # noqa: PLC0415

    marked = marks_of(marks.order_of(work.marks[0], work.folder, ""))
    return vars(stitch(work.paths["pieces"], work.place(0), marks=marked))


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
        mark=work.marks[variant],
        recipe=_recipe(work, variant, hashes) | {"words": work.visible},
        doubts=work.doubts[variant],
        prints=barring.prints_in(place),
    )


def _recipe(work: Work, variant: int, hashes: Hashes) -> dict[str, Any]:
    if work.job.task == Task.STITCH:
        return recipe_of_stitch(work.job, hashes)
    request, rendered = work.requests[variant], work.rendered
    return recipe_of(work.job, request, work.words, hashes, rendered, variant)
