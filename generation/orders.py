"""A job in the engine's words: what is asked of the model, and the files that go in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cameos.services import character_picture, reference_keys
from generation import prompting
from generation.engine.types import Capabilities, Mode, RenderRequest, Shot, Tier
from generation.lineage import prompts_before
from generation.models import CameoUse, CharacterUse, Job
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
        chained=is_chained(asked, able),
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


def is_chained(asked: Job | Wish, able: Capabilities) -> bool:
    """Whether several takes go on from each other: only what is delivered at an asked length is."""
    return asked.delivery is not None and asked.seconds > able.max_seconds


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
    uses = job.uses.select_related("cameo").filter(named=True)
    people = [use.cameo for use in uses if use.cameo]
    of_characters = job.character_uses.select_related("character").filter(named=True)
    characters = [use.character for use in of_characters if use.character]
    pictured = job.uploads or job.loop or job.still or job.sources.exists()
    return prompting.Asked(
        prompt=job.prompt,
        shots=tuple(shot["prompt"] for shot in job.shots),
        handles=tuple(cameo.handle for cameo in people),
        characters=tuple((character.handle, character.kind) for character in characters),
        level=prompting.Level(job.enhance),
        style=job.style,
        seed=job.seed,
        pictured=bool(pictured),
        with_likeness=job.uses.exists(),
        instructions=tuple(
            (one.handle, said)
            for one in (*people, *characters)
            if (said := one.instructions.strip())
        ),
        earlier=prompts_before(job),
    )


def words_of(job: Job) -> dict[str, Any]:
    """What a final's model reads: the words of its preview."""
    same = ("engine_prompt", "engine_shots", "style", "enhance")
    return {name: getattr(job, name) for name in same}


def keys_of(job: Job) -> dict[str, list[str]]:
    """Where everything that goes in lies in the store, by what it is to the engine."""
    sources = [source.output for source in job.sources.select_related("output").order_by("pk")]
    keys = {input_of(name): [key] for name, key in job.uploads.items()}
    if job.task == Task.STITCH:
        keys["pieces"] = [output.main_key for output in sources]
    elif sources and sources[0].kind == Kind.STILL:
        keys["first_frame"] = [sources[0].source_key]
    else:
        keys |= {
            name: [output.source_key]
            for name, output in zip(("source", "other"), sources, strict=False)
        }
    keys["references"] = references_of(job)
    return {name: found for name, found in keys.items() if found}


def input_of(upload: str) -> str:
    """What is uploaded under a name, by what it is to the engine."""
    return "source" if upload == "clip" else upload


def files_of(job: Job, opened: ExitStack) -> dict[str, list[Path]]:
    """The same as files, for as long as `opened` is."""
    return {
        name: [opened.enter_context(storage.local(key)) for key in keys]
        for name, keys in keys_of(job).items()
    }


def references_of(job: Job) -> list[str]:
    """The pictures that the model gets, one of each: of people before characters, and before both
    of those who came along whom the prompt names, for it names them by their places."""
    uses: list[CameoUse | CharacterUse] = [*job.uses.select_related("cameo")]
    uses += job.character_uses.select_related("character")
    shown = [use for use in uses if is_shown(job.task, named=use.named)]
    keys = [_picture_of(use) for use in sorted(shown, key=lambda use: not use.named)]
    return [key for key in keys if key]


def _picture_of(use: CameoUse | CharacterUse) -> str:
    if isinstance(use, CameoUse):
        return reference_keys(use.cameo)[0]
    return character_picture(use.character) if use.character else ""


def is_shown(task: str, *, named: bool) -> bool:
    """Whether the model gets somebody's picture: who came with a clip may be in it well enough."""
    return named or task not in UNSENT


def _plain(value: Any) -> Any:
    if isinstance(value, tuple | list):
        return [_plain(one) for one in value]
    return str(value) if isinstance(value, Path) else value
