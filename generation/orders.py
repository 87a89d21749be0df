"""A job in the engine's words: what is asked of the model, and the files that go in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cameos.services import reference_keys
from generation import prompting
from generation.engine.types import Capabilities, Mode, RenderRequest, Shot, Tier
from generation.models import CameoUse, Job
from generation.states import Kind, Task
from sora_social import storage

if TYPE_CHECKING:
    from generation.wishes import Wish

UNSENT = frozenset({Task.BLEND, Task.RECAST, Task.STITCH})  # who came with a clip is in the clip
SEEDS = 2**31
Paths = Mapping[str, Sequence[Path]]


def request_of(asked: Job | Wish, able: Capabilities, paths: Paths, **read: Any) -> RenderRequest:
    """The engine's request; `read` is what the model reads in place of the prompts."""
    one = {name: Path(found[0]) for name, found in paths.items() if found and name != "references"}
    return RenderRequest(
        seed=asked.seed or 0,
        width=asked.width,
        height=asked.height,
        frames=frames_of(asked, able),
        fps=able.fps,
        steps=able.steps_for(Tier(asked.tier)),
        guidance=able.guidance,
        references=tuple(map(Path, paths.get("references", ()))),
        loop=asked.loop,
        task=Mode(asked.task) if asked.task else None,
        strength=asked.strength,
        span=tuple(asked.span) if asked.span else None,
        tier=Tier(asked.tier),
        **one,
        **{"prompt": "", "shots": shots_of(asked, able)} | read,
    )


def requests_of(
    job: Job, able: Capabilities, paths: Paths, words: Mapping[str, Any]
) -> list[RenderRequest]:
    """What the engine is asked for a job: one request for each variant."""
    shots = shots_of(job, able, words.get("engine_shots"))
    one = request_of(job, able, paths, prompt=words["engine_prompt"], shots=shots)
    return [replace(one, seed=variant_seed(job, variant)) for variant in range(job.variants)]


def frames_of(asked: Job | Wish, able: Capabilities) -> int:
    """What is made anew: one frame of a still, all shots of a storyboard."""
    if asked.still:
        return 1
    shots = shots_of(asked, able)
    return sum(shot.frames for shot in shots) if shots else able.frames_for(asked.seconds)


def shots_of(
    asked: Job | Wish, able: Capabilities, prompts: Sequence[str] | None = None
) -> tuple[Shot, ...]:
    said = prompts or [shot["prompt"] for shot in asked.shots]
    return tuple(
        Shot(prompt, able.frames_for(shot["seconds"]))
        for prompt, shot in zip(said, asked.shots, strict=True)
    )


def variant_seed(job: Job, variant: int) -> int:
    """The seed of one of a job's variants; the first has the job's own."""
    return (job.seed + variant) % SEEDS


def plain(request: RenderRequest) -> dict[str, Any]:
    """The request as JSON can say it: paths as text, and nothing that is as usual."""
    said = {name: value for name, value in asdict(request).items() if value not in (None, ())}
    return {name: _plain(value) for name, value in said.items()}


def asked_words(job: Job) -> prompting.Asked:
    """What is to be composed for a job, once for all of its variants."""
    uses = job.uses.select_related("cameo").filter(inherited=False)
    pictured = job.pictures or job.loop or job.still or job.sources.exists()
    return prompting.Asked(
        prompt=job.prompt,
        shots=tuple(shot["prompt"] for shot in job.shots),
        handles=tuple(use.cameo.handle for use in uses if use.cameo),
        level=prompting.Level(job.enhance),
        style=job.style,
        seed=job.seed,
        pictured=bool(pictured),
        with_likeness=job.uses.exists(),
        instructions=tuple(
            (use.cameo.handle, said)
            for use in uses
            if use.cameo and (said := use.cameo.instructions.strip())
        ),
    )


def words_of(job: Job) -> dict[str, Any]:
    """What a final's model reads: the words of its preview."""
    same = ("engine_prompt", "engine_shots", "style", "enhance")
    return {name: getattr(job, name) for name in same}


def keys_of(job: Job) -> dict[str, list[str]]:
    """Where everything that goes in lies in the store, by what it is to the engine."""
    sources = [source.output for source in job.sources.select_related("output").order_by("pk")]
    keys = {name: [key] for name, key in job.pictures.items()}
    if job.task == Task.STITCH:
        keys["pieces"] = [output.main_key for output in sources]
    elif sources and sources[0].kind == Kind.STILL:
        keys["first_frame"] = [sources[0].main_key]
    else:
        keys |= {
            name: [output.main_key]
            for name, output in zip(("source", "other"), sources, strict=False)
        }
    keys["references"] = [reference_keys(use.cameo)[0] for use in shown(job)]
    return {name: found for name, found in keys.items() if found}


def files_of(job: Job, opened: ExitStack) -> dict[str, list[Path]]:
    """The same as files, for as long as `opened` is."""
    return {
        name: [opened.enter_context(storage.local(key)) for key in keys]
        for name, keys in keys_of(job).items()
    }


def shown(job: Job) -> list[CameoUse]:
    """Whose picture the model gets."""
    uses = job.uses.select_related("cameo")
    return [use for use in uses if is_shown(job.task, came_along=use.inherited)]


def is_shown(task: str, *, came_along: bool) -> bool:
    """Whether the model gets somebody's picture: who came with a clip may be in it well enough."""
    return not (came_along and task in UNSENT)


def _plain(value: Any) -> Any:
    if isinstance(value, tuple | list):
        return [_plain(one) for one in value]
    return str(value) if isinstance(value, Path) else value
