"""How well a model does what it is told, judged by classifiers that know the drawn world.

    python -m generation.engine.evaluate MODEL --prompts 500 --out evaluation.json

Every prompt is new; half of the scenes have a pair (a red car, a dance on a beach) that training
never showed. Beside every figure stands what the same judges say of true clips of the same scenes.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

import av
import numpy as np

from generation.engine import board, judges
from generation.engine.drawn import captions, clips
from generation.engine.drawn.portrait import WHITE
from generation.engine.drawn.scene import Scene, labels, random_scene
from generation.engine.folder import codecs
from generation.engine.judges import FRAMES, Judges
from generation.engine.render import Engine, load
from generation.engine.types import Frames, Mode, Rendering, RenderRequest

SEED = 77_000_001
TOGETHER = 4  # prompts in one forward
COLOURLESS = ("noir", "sepia", "neon", "paper", "pastel")  # styles that hide what a colour was
COLOURS_OF = ("colour", "shirt")
Hits = dict[str, list[bool]]
Log = Callable[[str], None]


def main() -> None:
    """Judge the model and write a JSON and a table."""
    args = arguments()
    engine = load(args.model)
    codec, _ = codecs(args.model)
    bench = judges.kept(args.judges, codec, args.judged, say)
    found = evaluation(engine, bench, args.prompts, args.edits)
    args.out.write_text(json.dumps(found, indent=2))
    print(table(found))


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("model", type=Path)
    parser.add_argument("--prompts", type=int, default=500)
    parser.add_argument("--edits", type=int, default=12, help="clips of each edit")
    parser.add_argument("--judged", type=int, default=1500, help="true clips a shape for judges")
    parser.add_argument("--judges", type=Path, default=Path("var/judges.pt"))
    parser.add_argument("--out", type=Path, default=Path("var/evaluation.json"))
    return parser.parse_args()


def say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def evaluation(engine: Engine, bench: Judges, prompts: int, edits: int) -> dict[str, Any]:
    """All figures of the card."""
    scenes = [scene_of(number) for number in range(prompts)]
    told, shown = [s for s in scenes if not s.shown], [s for s in scenes if s.shown]
    seen: dict[str, Hits] = {"model": defaultdict(list), "true": defaultdict(list)}
    flicker: dict[str, list[float]] = {"model": [], "true": []}
    for scene, size, made in rendered(engine, told):
        judge(bench, scene, made.frames, made.sound, seen["model"])
        frames, sound = judges.true_clip(scene, size)
        judge(bench, scene, frames, sound, seen["true"])
        flicker["model"].append(jitter(made.frames))
        flicker["true"].append(jitter(frames))
    references = [reference_agreement(engine, bench, scene) for scene in shown]
    return {
        "prompts": len(told),
        "agreement": agreement(seen),
        "flicker": {who: round(float(np.median(some)), 3) for who, some in flicker.items()},
        "references": of_references(references),
        **edges(engine, edits),
    }


def scene_of(number: int) -> Scene:
    """The scene of an evaluation prompt; every other one has a pair that training never showed."""
    return random_scene(np.random.default_rng((SEED, number)), fresh=number % 2 == 0)


def prompt_of(scene: Scene) -> str:
    """Its words, the same every time."""
    return captions.caption(scene, np.random.default_rng((SEED, scene.seed)))


def size_of(scene: Scene) -> tuple[int, int]:
    return clips.SHAPES[scene.seed % len(clips.SHAPES)]


def request_of(engine: Engine, scene: Scene, frames: int = FRAMES) -> RenderRequest:
    """The scene as a wish for words alone."""
    able, (width, height) = engine.capabilities, size_of(scene)
    return RenderRequest(
        prompt=prompt_of(scene),
        seed=scene.seed,
        width=width,
        height=height,
        frames=frames,
        fps=able.fps,
        steps=able.steps,
        guidance=able.guidance,
    )


def rendered(
    engine: Engine, scenes: list[Scene]
) -> Iterator[tuple[Scene, tuple[int, int], Rendering]]:
    """Clips of scenes, several of a shape in one forward."""
    for size in clips.SHAPES:
        queue = iter([scene for scene in scenes if size_of(scene) == size])
        while some := list(islice(queue, TOGETHER)):
            wishes = [request_of(engine, scene) for scene in some]
            made = engine.render_together(wishes, lambda done, of: None)
            yield from ((scene, size, clip) for scene, clip in zip(some, made, strict=True))
        say(f"rendered {size}")


def judge(bench: Judges, scene: Scene, frames: Frames, sound: np.ndarray, into: Hits) -> None:
    """Note for every label whether the judges find what the scene has."""
    right, saw, heard = labels(scene), bench.see(frames[:FRAMES]), bench.hear(sound)
    for name in asked(scene):
        into[name].append(saw[name] == right[name])
    for name in judges.HEARD:
        into[f"{name} by ear"].append(heard[name] == right[name])


def asked(scene: Scene) -> list[str]:
    """The labels that the prompt tells, and that can be seen in such a clip."""
    words = prompt_of(scene)
    names = ["place", "light", "weather", "camera", "style", "people"]
    names += ["kind", "count", "motion"] if scene.thing else []
    names += ["action"] if scene.cast else []
    if scene.style not in COLOURLESS:
        names += ["colour"] if scene.thing else []
        told = scene.cast and f"{scene.cast[0].names['shirt']} " in words
        names += ["shirt"] if told and len(scene.cast) == 1 else []
    return names


def agreement(seen: dict[str, Hits]) -> dict[str, dict[str, float | int]]:
    """For each label how often the model and the truth were found right, and their ratio."""
    found = {}
    for name, hits in seen["true"].items():
        model, true = float(np.mean(seen["model"][name])), float(np.mean(hits))
        found[name] = {
            "model": round(model, 3),
            "true": round(true, 3),
            "ratio": round(model / true, 3) if true else 0.0,
            "clips": len(hits),
        }
    return found


def jitter(frames: Frames) -> float:
    """Temporal flicker: the mean second difference of neighbouring frames, in levels of 255."""
    values = frames.astype(np.float32)
    return float(np.abs(values[2:] - 2 * values[1:-1] + values[:-2]).mean())


def reference_agreement(engine: Engine, bench: Judges, scene: Scene) -> dict[str, float]:
    """A clip of somebody shown by a picture alone: colours found again, and likeness."""
    scene = replace(scene, cast=scene.cast[:1], style="cartoon", camera="still", thing=None)
    width, height = size_of(scene)
    shown = board.cast_board(scene.cast, width, height)
    with tempfile.TemporaryDirectory() as folder:
        picture = Path(folder) / "character.png"
        shown.save(picture)
        wish = replace(request_of(engine, scene), references=(picture,))
        made = engine.render(wish, lambda done, of: None).frames
    saw, right = bench.see(made), labels(scene)
    inked = (np.asarray(shown) < WHITE).any(-1)
    return {
        "shirt": float(saw["shirt"] == right["shirt"]),
        "hat": float(saw["hat"] == right["hat"]),
        "likeness": likeness(made[0], np.asarray(shown), inked),
        "true_likeness": likeness(
            judges.true_clip(scene, (width, height))[0][0], np.asarray(shown), inked
        ),
    }


def likeness(frame: np.ndarray, board: np.ndarray, inked: np.ndarray) -> float:
    """Correlation of the figure's pixels with the picture that was shown."""
    one, other = frame[inked].astype(float).ravel(), board[inked].astype(float).ravel()
    return float(np.corrcoef(one, other)[0, 1])


def of_references(found: list[dict[str, float]]) -> dict[str, float]:
    if not found:
        return {}
    means = {name: round(float(np.mean([one[name] for one in found])), 3) for name in found[0]}
    return means | {"clips": len(found)}


def edges(engine: Engine, count: int) -> dict[str, Any]:
    """How smooth loops, extensions and blends are: the step at the seam over the usual step."""
    loops, joins, blends = [], [], []
    with tempfile.TemporaryDirectory() as folder:
        for number in range(count):
            scene = replace(scene_of(2 * number + 1), shown=False, camera="still")
            wish = request_of(engine, scene)
            looped = engine.render(replace(wish, loop=True), lambda done, of: None).frames
            loops.append(step_at(looped, 0) / usual_step(looped))
            one, other = (_kept(Path(folder), engine, scene, n) for n in (1, 2))
            longer = replace(wish, task=Mode.EXTEND, source=one, frames=9)
            joins.append(_worst_seam(engine.render(longer, lambda done, of: None)))
            bridge = replace(wish, task=Mode.BLEND, source=one, other=other, frames=9)
            blends.append(_worst_seam(engine.render(bridge, lambda done, of: None)))
    middle = {name: round(float(np.median(some)), 3) for name, some in
              (("loop_step", loops), ("extend_step", joins), ("blend_step", blends))}  # fmt: skip
    return middle | {"edits": count}


def usual_step(frames: Frames) -> float:
    """The mean difference between neighbouring frames, in levels."""
    return float(np.abs(np.diff(frames.astype(np.float32), axis=0)).mean()) + 0.1


def step_at(frames: Frames, number: int) -> float:
    """The difference between frame `number` and the one before it (of 0: the last)."""
    pair = frames[[number - 1, number]].astype(np.float32)
    return float(np.abs(pair[1] - pair[0]).mean()) + 0.1


def _worst_seam(made: Rendering) -> float:
    seams = {edge for span in made.kept for edge in span if 0 < edge < len(made.frames)}
    return max(step_at(made.frames, edge) for edge in seams) / usual_step(made.frames)


def _kept(folder: Path, engine: Engine, scene: Scene, number: int) -> Path:
    """A true clip as a lossless file, for edits to start from."""
    path = folder / f"{scene.seed}-{number}.mkv"
    other = replace(scene, seed=scene.seed + number)
    write_lossless(path, clips.draw(other, size_of(scene), FRAMES))
    return path


def write_lossless(path: Path, frames: Frames) -> None:
    """Frames as a file that gives them back as they are."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264rgb", rate=clips.FPS, options={"crf": "0"})
        stream.height, stream.width = frames.shape[1:3]
        stream.pix_fmt = "rgb24"
        for pixels in frames:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        container.mux(stream.encode(None))


def table(found: dict[str, Any]) -> str:
    """The figures as a table in Markdown."""
    lines = ["| what | model | true clips | ratio |", "| --- | --- | --- | --- |"]
    for name, row in found["agreement"].items():
        lines.append(f"| {name} | {row['model']:.0%} | {row['true']:.0%} | {row['ratio']:.0%} |")
    for name in ("flicker", "references", "loop_step", "extend_step", "blend_step"):
        lines.append(f"\n{name}: {json.dumps(found[name])}")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
