"""A contact sheet of fixed prompts, for looking at what a model can do.

python -m generation.engine.sheet MODEL_DIR OUT.png [FACE.png ...]
"""

import sys
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from generation.engine.render import Engine, load
from generation.engine.types import Rendering, RenderRequest

PROMPTS = (
    "a big red ball bounces in a meadow",
    "a small yellow star spins in space",
    "a blue boat on the sea at sunset",
    "a green car moves right in a city at night",
    "a big white cat in a forest",
    "a pink balloon floats up over the mountains",
    "a person dances on a beach at sunset",
    "somebody in a red shirt waves in the snow",
    "two people jump on a stage",
    "three people dance in the desert at night",
)
WITH_FACE = (
    "a person dances on a beach at sunset",
    "a person wearing a yellow shirt waves in a city at night",
    "a person jumps in a meadow",
    "two people dance on a stage",
)
SHOWN = (0, 4, 8, 12, 16)
ZOOM, MARGIN = 2, 14


def main(model: Path, out: Path, faces: list[Path]) -> None:
    """Render every prompt and save the sheet."""
    engine = load(model)
    rows = [(prompt, render(engine, prompt)) for prompt in PROMPTS]
    if faces:
        rows += [(prompt, render(engine, prompt, _cast(prompt, faces))) for prompt in WITH_FACE]
    sheet([(prompt, clip.frames) for prompt, clip in rows]).save(out)


def render(
    engine: Engine, prompt: str, references: tuple[Path, ...] = (), seed: int = 1
) -> Rendering:
    """The prompt at the model's own size and length."""
    able = engine.capabilities
    width, height = able.sizes[0]
    request = RenderRequest(
        prompt,
        seed,
        width,
        height,
        able.frames_for(2),
        able.fps,
        able.steps,
        able.guidance,
        references,
    )
    return engine.render(request, lambda done, total: None)


def sheet(rows: list[tuple[str, np.ndarray]]) -> Image.Image:
    """Five frames of each clip in a row under its prompt, two rows side by side."""
    height, width = rows[0][1].shape[1:3]
    wide, high = ZOOM * width * len(SHOWN), ZOOM * height + MARGIN
    picture = Image.new("RGB", (2 * wide, high * -(-len(rows) // 2)), "white")
    pen = ImageDraw.Draw(picture)
    for index, (prompt, frames) in enumerate(rows):
        left, top = wide * (index % 2), high * (index // 2)
        pen.text((left + 4, top + 1), prompt, fill="black")
        for column, shown in enumerate(SHOWN):
            frame = Image.fromarray(frames[min(shown, len(frames) - 1)])
            large = frame.resize((ZOOM * width, ZOOM * height), Image.Resampling.NEAREST)
            picture.paste(large, (left + column * ZOOM * width, top + MARGIN))
    return picture


def _cast(prompt: str, faces: list[Path]) -> tuple[Path, ...]:
    wanted = 2 if prompt.startswith("two") else 1
    return tuple((faces * wanted)[:wanted])


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), [Path(name) for name in sys.argv[3:]])
