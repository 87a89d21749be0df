"""What was asked for, with what was left open filled in, checked against the model."""

from __future__ import annotations

import hashlib
import json
import secrets
from dataclasses import asdict, dataclass, field
from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import Any, cast
from uuid import UUID

from django.conf import settings
from django.db.models import QuerySet

from cameos.states import Surface, bits
from generation import contexts, styles
from generation.credits import price_of
from generation.engine.capabilities import LONGEST_CHAIN, check
from generation.engine.types import Capabilities, Unsupported
from generation.errors import KeyMissing, KeyReused, NotPossible
from generation.inputs import hashes
from generation.lineup import capabilities, kept_as
from generation.models import Job, Output
from generation.orders import SEEDS, input_of, request_of, variant_seed
from generation.states import Role, Task
from generation.wanted import Piece, Wanted, all_said
from sora_social.errors import NotFound
from sora_social.prepared import PreparedRow, as_number, columns_of, insert, models_in
from sora_social.text import is_plain
from sora_social.users.models import User

LONGEST_KEY = 255
USUAL_SECONDS, USUAL_STRENGTH = 2.0, 0.7
AS_LONG_AS_THEIR_SOURCE = frozenset({Task.RESTYLE, Task.INPAINT, Task.RECAST})
ALTERING = frozenset({Task.RESTYLE, Task.INPAINT, Task.RECAST})
FIELDS = {"frames": "seconds", "storyboard": "shots", "references": "prompt"}  # of a wish
COLUMNS = (  # what a wish and its job call by the same name
    *("prompt", "seconds", "width", "height", "strength", "task", "tier", "style", "enhance"),
    *(
        "model",
        "loop",
        "still",
        "variants",
        "shots",
        "span",
        "contexts",
        "engine_prompt",
        "engine_shots",
    ),
    "attested",
    "surfaces",
    "delivery",
)


@dataclass(frozen=True)
class Wish:
    """What was asked for, with what was left open filled in."""

    prompt: str
    seconds: float
    width: int
    height: int
    seed: int | None
    strength: float
    task: str
    tier: str
    style: str
    enhance: str
    model: str  # of `generation.lineup`
    loop: bool
    still: bool
    variants: int
    shots: list[dict[str, Any]]
    span: list[float] | None
    contexts: list[str]  # declared, found, and of what it starts from
    sources: list[UUID]
    uploads: dict[str, str]  # what was uploaded, by field: its sha256
    attested: bool = False  # the author may use whoever is in the pictures
    final_of: UUID | None = None
    surfaces: int = 0  # bits of Surface
    delivery: dict[str, Any] | None = None
    engine_prompt: str = ""  # what a preview's model read
    engine_shots: list[str] = field(default_factory=list)

    @property
    def fingerprint(self) -> str:
        """Tells two wishes under one idempotency key apart."""
        return hashlib.sha256(json.dumps(asdict(self), default=str).encode()).hexdigest()

    @property
    def text(self) -> str:
        """All that it says, in order: whom it mentions is in it."""
        return all_said(self.prompt, self.shots)

    @property
    def alters(self) -> bool:
        """Whether people in it look otherwise than they do."""
        return bool(self.style) or self.task in ALTERING

    @property
    def price(self) -> int:
        return price_of(self.task, self.tier, self.seconds, self.variants, still=self.still)


def check_key(key: str) -> None:
    """Raises KeyMissing."""
    if not 1 <= len(key) <= LONGEST_KEY or not is_plain(key):
        raise KeyMissing


def resolve(wanted: Wanted) -> Wish:
    """Fill in what was left open: the first source's size and length, else the model's usual."""
    able = capabilities(wanted.model)
    width, height = _usual_size(wanted, able)
    return Wish(
        prompt=wanted.prompt,
        seconds=_usual_seconds(wanted, able) if wanted.seconds is None else wanted.seconds,
        width=width if wanted.width is None else wanted.width,
        height=height if wanted.height is None else wanted.height,
        seed=wanted.seed,
        strength=USUAL_STRENGTH if wanted.strength is None else wanted.strength,
        task=wanted.kind_of_task,
        tier=wanted.tier,
        model=kept_as(wanted.model),
        style=wanted.style,
        enhance=wanted.enhance,
        loop=wanted.loop,
        still=wanted.still,
        variants=wanted.variants,
        shots=[dict(shot) for shot in wanted.shots],
        span=list(wanted.span) if wanted.span else None,
        contexts=_contexts(wanted),
        sources=[output.pk for output, _ in wanted.pieces],
        uploads=hashes(wanted.uploads),
        attested=wanted.attested,
        surfaces=bits(wanted.surfaces, Surface),
        delivery=dict(wanted.delivery) if wanted.delivery else None,
    )


def final_of(preview: Output, tier: str) -> Wish:
    """The wish that a preview came from, of its one seed, worth more compute."""
    job, read = preview.job, preview.recipe
    same = {name: getattr(job, name) for name in COLUMNS}
    other = {
        "tier": tier,
        "variants": 1,
        "engine_prompt": read.get("engine_prompt", ""),
        "engine_shots": read.get("engine_shots", []),
    }
    return Wish(
        **same | other,
        seed=variant_seed(job, preview.variant),
        sources=[output.pk for output, _ in pieces_of(job)],
        uploads=job.uploads,
        final_of=preview.pk,
    )


def pieces_of(job: Job) -> list[Piece]:
    """What a job starts from, in order, and as what. Raises NotFound where one is no more."""
    sources = list(job.sources.select_related("output__job").order_by("pk"))
    if any(source.output is None for source in sources):
        raise NotFound
    return [(source.output, Role(source.role)) for source in sources if source.output]


def earlier(author: User, key: str, wish: Wish) -> Job | None:
    """The job of an earlier submit with this key. Raises KeyReused when it was another wish."""
    if (row := OF_KEY.of(str(author.pk), key)) is None:
        return None
    (job,) = models_in(row, Job)
    if job.fingerprint != wish.fingerprint:
        raise KeyReused(job=str(job.pk))
    return cast(Job, job)


def _of_key(author: str, key: str) -> QuerySet[Any, Any]:
    found = Job.objects.filter(author=as_number(author), idempotency_key=key)
    return found.values_list(*columns_of(Job))


OF_KEY = PreparedRow(_of_key)


def check_possible(wish: Wish) -> None:
    """Raises NotPossible, naming the field and what the model can do."""
    able = capabilities(wish.model)
    if wish.task == Task.STITCH:
        return
    styles.named(wish.style)
    longest = LONGEST_CHAIN if wish.delivery else able.max_seconds
    for name, seconds in _lengths(wish):
        if not 0 < seconds <= longest:
            raise NotPossible(field=name, asked=seconds, possible=[0, longest])
    try:
        check(able, request_of(wish, able, _as_paths(wish), prompt=wish.prompt))
    except Unsupported as no:
        raise _not_possible(wish, no) from no


def _not_possible(wish: Wish, no: Unsupported) -> NotPossible:
    """What the model refuses, by the name of the field that asked for it."""
    field = "task" if no.field in Task.values else FIELDS.get(no.field, no.field)
    asked = wish.task if field == "task" else no.asked
    return NotPossible(field=field, asked=_plain(asked), possible=_plain(no.possible))


def as_job(author: User, key: str, wish: Wish, at: datetime, **noted: Any) -> Job:
    """The wish as a row, not saved yet; `at` is the time by the database's clock."""
    return Job(
        author=author,
        idempotency_key=key,
        fingerprint=wish.fingerprint,
        seed=secrets.randbelow(SEEDS) if wish.seed is None else wish.seed,
        cost=wish.price,
        deadline_at=at + settings.JOB_DEADLINE,
        final_of_id=wish.final_of,
        **{name: getattr(wish, name) for name in COLUMNS},
        **noted,
    )


def queued(job: Job) -> Job:
    """Save it: from now on it waits."""
    insert(job)
    job.fresh = True
    return job


def _contexts(wanted: Wanted) -> list[str]:
    found = contexts.contexts_in(wanted.text)
    sources = [output.job.contexts for output, _ in wanted.pieces]
    return [*contexts.together(wanted.contexts, found, *sources)]


def _usual_size(wanted: Wanted, able: Capabilities) -> tuple[int, int]:
    sizes = [(output.job.width, output.job.height) for output, _ in wanted.pieces[:1]]
    return next((size for size in sizes if size in able.sizes), able.sizes[0])


def _usual_seconds(wanted: Wanted, able: Capabilities) -> float:
    """Of a still none, of a storyboard its shots', of a clip that is drawn anew the clip's."""
    lengths = [_length(output, able) for output, _ in wanted.pieces]
    if wanted.still:
        return 0.0
    if wanted.task == Task.STITCH:
        return sum(lengths)
    if wanted.shots:
        return sum(float(shot["seconds"]) for shot in wanted.shots)
    as_source = lengths and wanted.kind_of_task in AS_LONG_AS_THEIR_SOURCE
    return min(lengths[0] if as_source else USUAL_SECONDS, able.max_seconds)


def _length(output: Output, able: Capabilities) -> float:
    """As the model counts: the first frame is at 0."""
    return round(max(output.seconds - 1 / able.fps, 0), 3)


def _lengths(wish: Wish) -> list[tuple[str, float]]:
    if wish.still:
        return []
    if wish.shots:
        return [("shots", shot["seconds"]) for shot in wish.shots]
    return [("seconds", wish.seconds)]


def _as_paths(wish: Wish) -> dict[str, list[Path]]:
    """Every file that will go in, by a path that is only a name yet."""
    names = ["first_frame" if not wish.task else "source", "other"]
    sources = dict(zip(names, wish.sources, strict=False))
    new = ["references"] if wish.task == Task.RECAST else []
    sent = [input_of(name) for name in wish.uploads]
    return {name: [Path(name)] for name in [*sent, *sources, *new]}


def _plain(possible: object) -> object:
    """What is possible as JSON can say it: tuples and sets as lists, words as they are."""
    if isinstance(possible, tuple | list):
        return [_plain(one) for one in possible]
    if isinstance(possible, set | frozenset):
        return sorted(str(one) for one in possible)
    return str(possible) if isinstance(possible, Enum) else possible
