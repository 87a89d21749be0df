"""What families have in common whose clips are silent, and made one at a time."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

from diffusers import DiffusionPipeline

from generation.engine.capabilities import card_of
from generation.engine.families import Options, placing, soundtrack
from generation.engine.families.finishing import as_bytes
from generation.engine.takes import OnStep, Take
from generation.engine.types import Rendering


class Silent:
    """A loaded pipeline of `kind`, and what gives its clips their sound."""

    kind: type[DiffusionPipeline]
    shares = False

    def __init__(self, pipeline: Any, sound: soundtrack.Soundtrack, call: dict[str, Any]) -> None:
        self._pipeline = pipeline
        self._sound = sound
        self._call = call
        self.sample_rate = sound.sample_rate
        self.network = pipeline.transformer or pipeline.transformer_2

    @classmethod
    def load(cls, folder: Path, options: Options) -> Self:
        """Load the folder; its card may name more arguments under `call`."""
        pipeline = placing.open_pipeline(cls.kind, folder, options)
        return cls(pipeline, soundtrack.load(folder, options), card_of(folder).get("call", {}))

    def render(self, takes: Sequence[Take], on_step: OnStep) -> list[Rendering]:
        """Make the clips, one after the other."""
        return [self._render(take, on_step) for take in takes]

    def spare_memory(self) -> bool:
        """Decode in tiles from now on."""
        return placing.spare_memory(self._pipeline)

    def _render(self, take: Take, on_step: OnStep) -> Rendering:
        made = self._made(take, on_step)
        sound = self._sound.over(take, lambda *_: on_step(take.passes, take.passes))
        return Rendering(as_bytes(made.frames[0]), take.fps, sound, self.sample_rate)

    def _made(self, take: Take, on_step: OnStep) -> Any:
        """What the pipeline gives: frames in [0, 1]."""
        raise NotImplementedError
