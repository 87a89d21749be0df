"""Contact sheets of every mode, for looking at what a model can do, sounds as spectrograms.

    python -m generation.engine.sheet MODEL FOLDER [FACE.png]

One picture a mode is written into the folder. The prompts have pairs that training never showed.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageDraw, ImageFont

from generation.engine import board
from generation.engine.drawn import clips
from generation.engine.drawn.scene import random_look
from generation.engine.evaluate import write_lossless
from generation.engine.render import Engine, load
from generation.engine.sound import spectrogram
from generation.engine.types import Frames, Mode, Rendering, RenderRequest, Shot, Tier

HIGH, SHOWN, EDGE = 132, 6, 4  # pixels of a tile, frames of a clip, pixels between
LABEL = 300  # pixels for the words of a row
PORTRAIT, WIDE, SQUARE = clips.SHAPES
Row = tuple[str, Rendering]


@dataclass
class Studio:
    """An engine, a folder for what it is given, and somebody's face."""

    engine: Engine
    folder: Path
    face: Path | None

    def wish(self, prompt: str, size: tuple[int, int] = WIDE, seconds: float = 2) -> RenderRequest:
        able = self.engine.capabilities
        frames = able.frames_for(seconds)
        return RenderRequest(prompt, 7, *size, frames, able.fps, able.steps, able.guidance)

    def make(self, wish: RenderRequest) -> Rendering:
        return self.engine.render(wish, lambda done, of: None)

    def row(self, wish: RenderRequest, told: str = "") -> Row:
        return f"{told}: {wish.prompt}" if told else wish.prompt, self.make(wish)

    def keep_clip(self, prompt: str, size: tuple[int, int] = WIDE) -> Path:
        """A clip of the model as a file."""
        path = self.folder / f"{abs(hash((prompt, size)))}.mkv"
        if not path.exists():
            write_lossless(path, self.make(self.wish(prompt, size)).frames)
        return path

    def keep_picture(self, prompt: str, size: tuple[int, int] = WIDE) -> Path:
        """A still of the model as a file."""
        path = self.folder / f"{abs(hash((prompt, size)))}.png"
        if not path.exists():
            still = replace(self.wish(prompt, size), frames=1)
            Image.fromarray(self.make(still).frames[0]).save(path)
        return path

    def keep_character(self, seed: int) -> Path:
        """A drawn character on white paper as a file."""
        path = self.folder / f"character{seed}.png"
        look = replace(random_look(np.random.default_rng(seed)), hat="top hat")
        board.cast_board((look,), *SQUARE).save(path)
        return path

    def keep_mask(self, left: float, right: float, size: tuple[int, int] = WIDE) -> Path:
        """A mask that is white between two shares of the width."""
        path = self.folder / f"mask{left}-{right}.png"
        mask = np.zeros((size[1], size[0]), np.uint8)
        mask[:, round(left * size[0]) : round(right * size[0])] = 255
        Image.fromarray(mask).save(path)
        return path


def text(studio: Studio) -> Iterator[Row]:
    for prompt in (
        "a big red car moves right in a city at night",
        "three small blue balls bounce in a meadow",
        "a person in a green shirt with a red crown dances on a beach at sunset",
        "two people hug in the snow",
        "a large yellow boat at sea in the rain, black and white",
        "a green cat spins in space, the camera zooms in",
        "a person with blond hair in a purple shirt walks left in a forest, neon style",
    ):
        yield studio.row(studio.wish(prompt))


def shapes(studio: Studio) -> Iterator[Row]:
    prompt = "a person in a yellow shirt jumps in a city"
    for size, seconds in ((PORTRAIT, 1), (SQUARE, 2), (WIDE, 5)):
        yield studio.row(studio.wish(prompt, size, seconds), f"{size[0]}x{size[1]}, {seconds} s")


def given_frames(studio: Studio) -> Iterator[Row]:
    first = studio.keep_picture("a person in a red shirt stands in a city")
    last = studio.keep_picture("a person in a red shirt jumps in a city")
    wish = studio.wish("a person in a red shirt jumps in a city")
    yield studio.row(replace(wish, first_frame=first), "first frame")
    yield studio.row(replace(wish, last_frame=last), "last frame")
    yield studio.row(replace(wish, first_frame=first, last_frame=last), "first and last")


def loop(studio: Studio) -> Iterator[Row]:
    for prompt in ("a person in a blue shirt waves in space", "a big red ball bounces on a beach"):
        yield studio.row(replace(studio.wish(prompt), loop=True))


def extend(studio: Studio) -> Iterator[Row]:
    prompt = "a person in an orange shirt walks right in the desert"
    wish = replace(studio.wish(prompt, seconds=1), source=studio.keep_clip(prompt))
    yield studio.row(replace(wish, task=Mode.EXTEND), "a second more")
    yield studio.row(replace(wish, task=Mode.EXTEND_BACK), "a second before")


def restyle(studio: Studio) -> Iterator[Row]:
    source = studio.keep_clip("a person in a red shirt dances in a meadow")
    for prompt in (
        "a person in a red shirt dances in a meadow, pencil sketch",
        "a person in a blue shirt dances in the snow at night",
    ):
        for strength in (0.6, 0.85):
            wish = replace(studio.wish(prompt), task=Mode.RESTYLE, source=source)
            yield studio.row(replace(wish, strength=strength), f"strength {strength}")


def inpaint(studio: Studio) -> Iterator[Row]:
    prompt = "two small red balls bounce in a meadow"
    wish = replace(studio.wish(prompt), task=Mode.INPAINT, strength=1.0)
    wish = replace(wish, source=studio.keep_clip("a person in a blue shirt stands in a meadow"))
    yield studio.row(replace(wish, mask=studio.keep_mask(0.0, 0.34)), "the left third")
    yield studio.row(replace(wish, span=(0.75, 1.5)), "from 0.75 to 1.5 s")


def blend(studio: Studio) -> Iterator[Row]:
    one = studio.keep_clip("a person in a blue shirt dances on a stage")
    other = studio.keep_clip("a person in a blue shirt dances in the snow")
    wish = studio.wish("a person in a blue shirt dances", seconds=1)
    yield studio.row(replace(wish, task=Mode.BLEND, source=one, other=other))


def references(studio: Studio) -> Iterator[Row]:
    cast = [studio.keep_character(seed) for seed in (1, 2, 3)]
    for count, prompt in (
        (1, "person one dances on a beach at sunset"),
        (2, "person one and person two high five in a city"),
        (3, "person one, person two and person three jump in the mountains"),
    ):
        yield studio.row(replace(studio.wish(prompt), references=tuple(cast[:count])))
    if studio.face:
        wish = studio.wish("person one waves in the snow")
        yield studio.row(replace(wish, references=(studio.face,)), "a photograph")


def recast(studio: Studio) -> Iterator[Row]:
    one, other = studio.keep_character(1), studio.keep_character(2)
    prompt = "person one dances in a forest"
    source = studio.folder / "recast.mkv"
    before = studio.make(replace(studio.wish(prompt), references=(one,)))
    write_lossless(source, before.frames)
    yield "before", before
    wish = replace(studio.wish(prompt), task=Mode.RECAST, source=source, strength=0.9)
    yield studio.row(replace(wish, references=(other,)), "recast")


def stills(studio: Studio) -> Iterator[Row]:
    for prompt in ("a big pink star in space", "three white balloons in a meadow at sunset"):
        for tier in (Tier.DRAFT, Tier.HIGH):
            steps = studio.engine.capabilities.steps_for(tier)
            yield studio.row(replace(studio.wish(prompt), frames=1, steps=steps), tier)


def storyboard(studio: Studio) -> Iterator[Row]:
    shots = (
        Shot("person one walks right in a city", 9),
        Shot("person one dances on a stage", 9),
        Shot("person one stands on a beach at sunset", 9),
    )
    wish = replace(studio.wish("person one"), frames=27, shots=shots)
    yield studio.row(replace(wish, references=(studio.keep_character(4),)))


def variants(studio: Studio) -> Iterator[Row]:
    wish = studio.wish("a person in a white shirt waves in the mountains")
    for seed in (1, 2, 3):
        yield studio.row(replace(wish, seed=seed), f"seed {seed}")


def preview(studio: Studio) -> Iterator[Row]:
    wish = studio.wish("a big orange fish at sea", size=SQUARE)
    for tier in (Tier.PREVIEW, Tier.STANDARD):
        steps = studio.engine.capabilities.steps_for(tier)
        yield studio.row(replace(wish, tier=tier, steps=steps), tier)


MODES: dict[str, Callable[[Studio], Iterator[Row]]] = {
    "text": text,
    "shapes": shapes,
    "frames": given_frames,
    "loop": loop,
    "extend": extend,
    "restyle": restyle,
    "inpaint": inpaint,
    "blend": blend,
    "references": references,
    "recast": recast,
    "still": stills,
    "storyboard": storyboard,
    "variants": variants,
    "preview": preview,
}


def main(model: Path, out: Path, face: Path | None) -> None:
    """Write the sheet of every mode."""
    engine = load(model)
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        studio = Studio(engine, Path(folder), face)
        for name, rows in MODES.items():
            sheet(list(rows(studio))).save(out / f"{name}.webp", quality=88, method=6)
            print(name, flush=True)


def sheet(rows: list[Row]) -> Image.Image:
    """A row for each clip: its words, frames evenly spread, its sound."""
    strips = [_strip(words, made) for words, made in rows]
    width = max(strip.width for strip in strips)
    whole = Image.new("RGB", (width, (HIGH + EDGE) * len(strips)), "white")
    for place, strip in enumerate(strips):
        whole.paste(strip, (0, place * (HIGH + EDGE)))
    return whole


def _strip(words: str, made: Rendering) -> Image.Image:
    chosen = np.linspace(0, len(made.frames) - 1, min(SHOWN, len(made.frames))).round().astype(int)
    tiles = [_tile(made.frames, number) for number in chosen]
    if len(made.sound) and len(made.frames) > 1:
        tiles.append(spectrum(made.sound))
    width = LABEL + sum(tile.width + EDGE for tile in tiles)
    strip, x = Image.new("RGB", (width, HIGH), "white"), LABEL
    _write(strip, words)
    for tile in tiles:
        strip.paste(tile, (x, 0))
        x += tile.width + EDGE
    return strip


def _tile(frames: Frames, number: int) -> Image.Image:
    picture = Image.fromarray(frames[number])
    return picture.resize((picture.width * HIGH // picture.height, HIGH), Image.Resampling.LANCZOS)


def spectrum(sound: np.ndarray) -> Image.Image:
    """A sound as its spectrogram, low notes at the bottom."""
    levels = spectrogram(torch.from_numpy(sound.astype(np.float32))[None])[0].T.numpy()
    grey = ((levels + 7) / 9).clip(0, 1)[::-1] * 255
    return Image.fromarray(grey.astype(np.uint8)).resize((HIGH * 2, HIGH)).convert("RGB")


def _write(strip: Image.Image, words: str) -> None:
    pen, font = ImageDraw.Draw(strip), ImageFont.load_default(15)
    line, y = "", 8
    for word in [*words.split(), ""]:
        if not word or pen.textlength(f"{line} {word}", font) > LABEL - 16:
            pen.text((8, y), line, fill="black", font=font)
            line, y = word, y + 20
        else:
            line = f"{line} {word}".strip()


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]) if len(sys.argv) > 3 else None)
