"""The families of models: which diffusers class each serves, and what all of them can be asked.

Nothing here imports torch: a web process reads the table, only a rendering process loads a family.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from types import ModuleType
from typing import Any, Protocol

from generation.engine.takes import OnStep, Primitive, Take
from generation.engine.types import Capabilities, Rendering, Unsupported


class Family(Protocol):
    """A loaded model. Its class also has `load(folder, options)`, a static or class method."""

    network: Any  # the torch module that is called at every step
    sample_rate: int  # of the sound in its renderings
    shares: bool  # whether several takes of one shape are made in one forward

    def render(self, takes: Sequence[Take], on_step: OnStep) -> list[Rendering]:
        """Render one take, or several that can_share; `on_step(done, take.passes)` each step.

        Raises Broken when a picture is not finite, and whatever `on_step` raised, after which the
        family renders on as if nothing had happened.
        """

    def preview_size(self, width: int, height: int) -> tuple[int, int]:
        """The size of a preview of such a clip; the same where it cannot be smaller."""

    def spare_memory(self) -> bool:
        """Decode in tiles from now on; False where nothing more can be saved."""

    def facts(self, take: Take) -> dict[str, Any]:
        """What else determines the pixels of this take: its noise levels, dtype, device."""


@dataclass(frozen=True)
class Options:
    """How an operator runs a model; from the card's `options` and the environment."""

    dtype: str = "auto"  # fp32, bf16, fp16; auto: bf16 on a GPU, else fp32
    device: str = "auto"
    offload: str = "none"  # none, model, sequential
    quantize: str = "none"  # none, int8, int4, fp8
    tiled: bool = False
    compile: bool = False
    cache_dir: str = ""  # where compiled kernels are kept
    step_cache: str = "none"  # none, first_block
    parallel: int = 1  # processes that share one clip

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> Options:
        """Options from a plain dict; an unknown name or a value of another type is refused."""
        known = {part.name: type(part.default) for part in fields(cls)}
        for name, value in given.items():
            if name not in known:
                raise Unsupported(f"options.{name}", value, sorted(known))
            if type(value) is not known[name]:
                raise Unsupported(f"options.{name}", value, known[name].__name__)
        return cls(**given)


@dataclass(frozen=True)
class Known:
    """A family of the table: where its class stands, what it takes in, and its usual figures.

    The `modes` of `usual` are left empty: they follow from `primitives` (capabilities.py).
    """

    home: str  # "module:Class" in this package
    primitives: frozenset[Primitive]
    usual: Capabilities


LTX2 = Known(
    home="ltx2:Ltx2",
    primitives=frozenset(Primitive),
    usual=Capabilities(
        family="LTX2InContextPipeline",
        modes=frozenset(),
        sizes=((768, 512), (512, 768), (640, 640)),
        max_seconds=10.0,
        fps=24,
        max_references=3,
        sound=True,
        steps=30,
        guidance=3.0,
        frame_step=8,
        memory_gib=80.0,
        together=4,
        licence="LTX-2 Community License",
    ),
)
AT_THE_ENDS = frozenset({
    Primitive.START_PICTURE, Primitive.START_CLIP, Primitive.END_PICTURE, Primitive.END_CLIP,
})  # fmt: skip
MODULAR = Known(
    home="modular:ModularLtx2",
    primitives=AT_THE_ENDS
    | {Primitive.TEXT, Primitive.REFERENCES, Primitive.SOURCE, Primitive.STILL},
    usual=replace(LTX2.usual, family="LTX2ModularPipeline", together=1),
)
LTX25 = Known(  # its decoder looks at eleven frames at a time: no stills
    home=MODULAR.home,
    primitives=MODULAR.primitives - {Primitive.STILL},
    usual=replace(MODULAR.usual, family="LTX25ModularPipeline"),
)
WAN_VACE = Known(
    home="wan_vace:WanVace",
    primitives=frozenset(Primitive),
    usual=Capabilities(
        family="WanVACEPipeline",
        modes=frozenset(),
        sizes=((832, 480), (480, 832), (624, 624)),
        max_seconds=5.0,
        fps=16,
        max_references=3,
        sound=False,
        steps=30,
        guidance=5.0,
        memory_gib=56.0,
        licence="Apache-2.0",
    ),
)
CONSISID = Known(  # no clip without a face in it
    home="consisid:ConsisId",
    primitives=frozenset({Primitive.REFERENCES}),
    usual=Capabilities(
        family="ConsisIDPipeline",
        modes=frozenset(),
        sizes=((720, 480),),
        max_seconds=6.0,
        fps=8,
        max_references=1,
        sound=False,
        steps=50,
        guidance=6.0,
        memory_gib=45.0,
        licence="CogVideoX License",
    ),
)
FAMILIES: dict[str, Known] = {  # by the `_class_name` of model_index.json
    "LTX2InContextPipeline": LTX2,
    "LTX2ConditionPipeline": LTX2,
    "LTX2Pipeline": LTX2,
    "LTX2ImageToVideoPipeline": LTX2,
    "LTX2ModularPipeline": MODULAR,
    "LTX25ModularPipeline": LTX25,
    "WanVACEPipeline": WAN_VACE,
    "ConsisIDPipeline": CONSISID,
}


def known(class_name: str) -> Known:
    """The family of that diffusers class."""
    if class_name not in FAMILIES:
        raise Unsupported("model", class_name, sorted(FAMILIES))
    return FAMILIES[class_name]


def load(class_name: str, folder: Path, options: Options) -> Family:
    """Load the folder as that family; torch is imported here at the earliest."""
    name = known(class_name).home.partition(":")[2]
    family: Family = getattr(module_of(class_name), name).load(folder, options)
    return family


def module_of(class_name: str) -> ModuleType:
    """The module of that family, and with it torch."""
    return importlib.import_module(f"{__name__}.{known(class_name).home.partition(':')[0]}")
