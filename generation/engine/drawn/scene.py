"""What is in a clip: the words of the drawn world, and random scenes made of them.

Every attribute is drawn by itself, so that any meets any. Some pairs never do (`held_out`): they
are kept for the evaluation.
"""

from dataclasses import dataclass, field

import numpy as np

from generation.engine.drawn.palette import COLOURS, HAIRS, SKINS, Colour, mix

PLACES = (
    "meadow", "beach", "city", "desert", "forest", "snow", "sea", "mountains", "stage", "space",
)  # fmt: skip
LIGHTS = ("day", "sunset", "night")
WEATHERS = ("clear", "rain", "snowfall", "fog")
CAMERAS = ("still", "pans left", "pans right", "zooms in", "zooms out")
STYLES = ("cartoon", "pastel", "noir", "neon", "sketch", "pixel", "sepia", "paper")
KINDS = ("ball", "box", "star", "balloon", "car", "boat", "fish", "cat", "flower", "house")
MOTIONS = (
    "stays still", "moves left", "moves right", "bounces", "spins", "grows", "shrinks", "floats up",
)  # fmt: skip
ACTIONS = ("dances", "jumps", "waves", "walks left", "walks right", "stands")
TOGETHER = ("hug", "high five", "chase")  # what two do with each other
HATS = ("none", "cap", "top hat", "beanie", "crown")
CUTS = ("short", "long", "bald", "bun")
SIZES = ("small", "big")
TROUSERS: tuple[Colour, ...] = ((44, 48, 78), (64, 64, 70), (104, 80, 54), (52, 86, 128))


@dataclass(frozen=True)
class Look:
    """How a character looks. Colours are names where a caption may tell them, else RGB."""

    skin: Colour
    hair: Colour
    cut: str
    shirt: Colour
    stripe: Colour | None
    trousers: Colour
    hat: str
    hat_colour: Colour
    smile: bool = True
    names: dict[str, str] = field(default_factory=dict, compare=False)  # colours as words


@dataclass(frozen=True)
class Thing:
    """A prop: `count` of a kind in a colour and size, all moving alike."""

    kind: str
    colour: str
    size: str
    motion: str
    count: int = 1


@dataclass(frozen=True)
class Scene:
    """All that a caption may tell of a clip. `shown`: the characters stand on the board."""

    place: str
    light: str
    weather: str = "clear"
    camera: str = "still"
    style: str = "cartoon"
    cast: tuple[Look, ...] = ()
    action: str = "stands"
    thing: Thing | None = None
    shown: bool = False
    seed: int = 0  # of what no caption tells: where the trees stand


def held_out(scene: Scene) -> bool:
    """Whether the scene has a pair that training never shows."""
    thing = scene.thing
    pairs = {
        (scene.place, scene.action if scene.cast else ""),
        (thing.colour, thing.kind) if thing else ("", ""),
    }
    return bool(pairs & HELD_OUT)


HELD_OUT = {
    ("beach", "dances"), ("city", "jumps"), ("space", "waves"), ("snow", "hug"),
    ("red", "car"), ("blue", "ball"), ("yellow", "boat"), ("green", "cat"), ("pink", "star"),
    ("orange", "fish"), ("purple", "box"), ("white", "balloon"),
}  # fmt: skip


def random_scene(rng: np.random.Generator, *, fresh: bool = False) -> Scene:
    """A scene as training meets them; with `fresh`, one with a pair kept from training."""
    while held_out(scene := _any_scene(rng)) != fresh:
        continue
    return scene


def _any_scene(rng: np.random.Generator) -> Scene:
    company = int(rng.choice(4, p=(0.38, 0.36, 0.18, 0.08)))
    cast = tuple(random_look(rng) for _ in range(company))
    alone = rng.random() < (0.2 if company else 0.97)
    return Scene(
        place=_one(PLACES, rng),
        light=_one(LIGHTS, rng),
        weather=_one(WEATHERS, rng, (0.79, 0.08, 0.07, 0.06)),
        camera=_one(CAMERAS, rng, (0.68, 0.08, 0.08, 0.08, 0.08)),
        style=_one(STYLES, rng, (0.58, *(0.06,) * 7)),
        cast=cast,
        action=random_action(rng, company),
        thing=random_thing(rng, beside=company > 0) if alone and company < 3 else None,
        shown=bool(company and rng.random() < 0.45),
        seed=int(rng.integers(2**31)),
    )


def random_action(rng: np.random.Generator, company: int) -> str:
    """What the cast does; two may do something with each other."""
    if company == 2 and rng.random() < 0.5:
        return _one(TOGETHER, rng)
    return _one(ACTIONS, rng)


def random_look(rng: np.random.Generator) -> Look:
    """Any character at all; a third of the colours lie between those with names."""
    names = {"shirt": _one(tuple(COLOURS), rng), "hair": _one(tuple(HAIRS), rng)}
    names |= {"stripe": _one(tuple(COLOURS), rng), "hat": _one(tuple(COLOURS), rng)}
    striped = rng.random() < 0.3 and names["stripe"] != names["shirt"]
    hat = _one(HATS, rng, (0.44, 0.14, 0.14, 0.14, 0.14))
    return Look(
        skin=mix(*SKINS, rng.random()),
        hair=HAIRS[names["hair"]],
        cut=_one(CUTS, rng, (0.4, 0.34, 0.1, 0.16)),
        shirt=COLOURS[names["shirt"]],
        stripe=COLOURS[names["stripe"]] if striped else None,
        trousers=TROUSERS[rng.integers(len(TROUSERS))],
        hat=hat,
        hat_colour=COLOURS[names["hat"]],
        smile=bool(rng.random() < 0.8),
        names=names,
    )


def random_thing(rng: np.random.Generator, *, beside: bool = False) -> Thing:
    """A prop; beside people it is one, and keeps out of their way."""
    motions = ("stays still", "bounces", "spins") if beside else MOTIONS
    count = 1 if beside else int(rng.choice((1, 2, 3), p=(0.66, 0.2, 0.14)))
    size = _one(SIZES, rng) if count == 1 and not beside else "small"
    return Thing(_one(KINDS, rng), _one(tuple(COLOURS), rng), size, _one(motions, rng), count)


def labels(scene: Scene) -> dict[str, str]:
    """What a caption tells, as one word each: what evaluation asks its classifiers."""
    thing, first = scene.thing, scene.cast[0] if scene.cast else None
    known = {
        "place": scene.place,
        "light": scene.light,
        "weather": scene.weather,
        "camera": scene.camera,
        "style": scene.style,
        "people": str(len(scene.cast)),
        "action": scene.action if scene.cast else "none",
        "kind": thing.kind if thing else "none",
        "colour": thing.colour if thing else "none",
        "count": str(thing.count) if thing else "0",
        "motion": thing.motion if thing else "none",
    }
    shirt = first.names.get("shirt", "none") if first else "none"
    return known | {"shirt": shirt, "hat": first.hat if first else "none"}


VOCABULARY: dict[str, tuple[str, ...]] = {  # every label, and the words it may have
    "place": PLACES,
    "light": LIGHTS,
    "weather": WEATHERS,
    "camera": CAMERAS,
    "style": STYLES,
    "people": ("0", "1", "2", "3"),
    "action": (*ACTIONS, *TOGETHER, "none"),
    "kind": (*KINDS, "none"),
    "colour": (*COLOURS, "none"),
    "count": ("0", "1", "2", "3"),
    "motion": (*MOTIONS, "none"),
    "shirt": (*COLOURS, "none"),
    "hat": HATS,
}


def _one(
    choices: tuple[str, ...], rng: np.random.Generator, odds: tuple[float, ...] | None = None
) -> str:
    return str(rng.choice(choices, p=odds))
