from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from PIL import Image

from generation import styles
from generation.engine.types import Capabilities, Mode, RenderRequest
from generation.prompting import Asked, Level, compose, reader_of

PROMPT = "a person with a red cap dances with a yellow balloon in a meadow"
SEED = 7


class Command(BaseCommand):
    help = "Render an example still of every style preset with the loaded model."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--out", type=Path, default=styles.HERE)
        parser.add_argument("--prompt", default=PROMPT)
        parser.add_argument("--seed", type=int, default=SEED)
        parser.add_argument("--only", nargs="*", default=[], metavar="STYLE")

    def handle(
        self, *, out: Path, prompt: str, seed: int, only: list[str], **options: object
    ) -> None:
        from generation.engine.render import load  # noqa: PLC0415 -- torch loads on first use

        engine = load(settings.GENERATION_MODEL)
        if Mode.STILL not in engine.capabilities.modes:
            raise CommandError(f"{settings.GENERATION_MODEL.name} makes no stills")
        out.mkdir(parents=True, exist_ok=True)
        for style in _chosen(only):
            made = engine.render(still(engine.capabilities, prompt, style, seed), _unheard)
            path = out / f"{style}.webp"
            Image.fromarray(made.frames[0]).save(path, quality=88)
            self.stdout.write(str(path))


def still(able: Capabilities, prompt: str, style: str, seed: int) -> RenderRequest:
    """A still of the prompt in a style, at the model's usual size; the seed is the same for all."""
    asked = Asked(prompt, level=Level.OFF, style=style, seed=seed)
    width, height = able.sizes[0]
    return RenderRequest(
        prompt=compose(asked, reader_of(settings.GENERATION_MODEL)).prompt,
        seed=seed,
        width=width,
        height=height,
        frames=1,
        fps=able.fps,
        steps=able.steps,
        guidance=able.guidance,
    )


def _chosen(only: list[str]) -> list[str]:
    offered = [style.name for style in styles.offered()]
    if unknown := set(only) - set(offered):
        raise CommandError(f"unknown: {', '.join(sorted(unknown))}; there are {', '.join(offered)}")
    return only or offered


def _unheard(done: int, of: int) -> None:
    """Nobody waits for the steps."""
