"""Captions: many ways to say the same scene, so that wording does not matter."""

import numpy as np

from generation.engine.drawn.scene import Look, Scene, Thing

WHERE = {
    "meadow": ("in a meadow", "on green grass", "in a field", "in a park"),
    "beach": ("on a beach", "at the beach", "on the sand by the sea", "on the shore"),
    "city": ("in a city", "in the city", "on a street", "downtown", "among tall buildings"),
    "desert": ("in a desert", "in the desert", "among cactuses and dunes"),
    "forest": ("in a forest", "in the woods", "among trees"),
    "snow": ("in the snow", "on snow", "in winter", "in a snowy place"),
    "sea": ("at sea", "on the sea", "on the ocean", "over the waves"),
    "mountains": ("in the mountains", "before mountains", "in front of a mountain"),
    "stage": ("on a stage", "on stage", "in a theatre", "before a red curtain"),
    "space": ("in space", "in outer space", "among the stars", "on the moon"),
}
WHEN = {
    "day": ("", "", "by day", "on a sunny day", "in the daylight"),
    "sunset": ("at sunset", "at sunset", "in the evening sun", "at dusk", "during sunset"),
    "night": ("at night", "at night", "in the dark", "under the moon", "by night"),
}
WEATHER = {
    "clear": ("",),
    "rain": ("in the rain", "while it rains", "on a rainy day"),
    "snowfall": ("in falling snow", "while it snows", "as snowflakes fall"),
    "fog": ("in the fog", "in mist", "on a foggy day"),
}
CAMERA = {
    "still": ("",),
    "pans left": ("the camera pans left", "camera pan to the left"),
    "pans right": ("the camera pans right", "camera pan to the right"),
    "zooms in": ("the camera zooms in", "camera zoom in", "slow zoom in"),
    "zooms out": ("the camera zooms out", "camera zoom out", "slow zoom out"),
}
STYLE = {
    "cartoon": ("", "", "cartoon style", "a cartoon"),
    "pastel": ("pastel style", "in pastel colours", "soft pastel"),
    "noir": ("noir style", "black and white", "in black and white"),
    "neon": ("neon style", "in neon colours", "glowing neon"),
    "sketch": ("sketch style", "a pencil sketch", "as a drawing in pencil"),
    "pixel": ("pixel style", "pixel art", "as a pixel game"),
    "sepia": ("sepia style", "an old photograph", "in sepia"),
    "paper": ("paper style", "paper cut", "cut from paper"),
}
DOING = {
    "dances": ("dances", "is dancing", "dancing", "does a dance", "dances happily"),
    "jumps": ("jumps", "is jumping", "jumping", "jumps up and down", "leaps"),
    "waves": ("waves", "is waving", "waving", "waves hello", "says hello"),
    "walks left": ("walks left", "walks to the left", "is walking left", "strolls left"),
    "walks right": ("walks right", "walks to the right", "is walking right", "walks", "strolls"),
    "stands": ("stands", "is standing", "standing", "stands still", "looks at us"),
    "hug": ("hug", "are hugging", "hug each other", "give each other a hug"),
    "high five": ("high five", "do a high five", "clap hands together"),
    "chase": ("chase each other", "run after each other", "play catch"),
}
MOVING = {
    "stays still": ("", "stays still", "lies there", "does not move"),
    "moves left": ("moves left", "moves to the left", "goes left"),
    "moves right": ("moves right", "moves to the right", "goes right"),
    "bounces": ("bounces", "bounces up and down", "hops", "is bouncing"),
    "spins": ("spins", "turns around", "rotates", "is spinning"),
    "grows": ("grows", "gets bigger", "is growing"),
    "shrinks": ("shrinks", "gets smaller", "is shrinking"),
    "floats up": ("floats up", "rises", "flies up", "is flying away"),
}
KIND = {"cat": ("cat", "kitten"), "box": ("box", "crate"), "boat": ("boat", "sailboat")}
MANY = {"box": "boxes", "fish": "fish"}
SIZE = {"small": ("small ", "little ", "tiny ", ""), "big": ("big ", "large ", "huge ")}
NUMBERS = {1: ("a",), 2: ("two", "a pair of"), 3: ("three",)}
ORDER = ("one", "two", "three")  # characters that a board shows are "person one" and so on


def caption(scene: Scene, rng: np.random.Generator) -> str:
    """One wording of the scene."""
    spots = [_one(table[word], rng) for table, word in _around(scene)]
    if rng.random() < 0.25:
        spots = spots[::-1]
    actors = _actors(scene, rng)
    parts = [actors, *spots] if rng.random() < 0.85 else [*spots, actors]
    words = " ".join(part for part in parts if part) or _one(WHERE[scene.place], rng)
    extra = [_one(CAMERA[scene.camera], rng), _one(STYLE[scene.style], rng)]
    return ", ".join(part for part in (words, *extra) if part)


def _around(scene: Scene) -> list[tuple[dict[str, tuple[str, ...]], str]]:
    return [(WHERE, scene.place), (WHEN, scene.light), (WEATHER, scene.weather)]


def _actors(scene: Scene, rng: np.random.Generator) -> str:
    thing = _thing(scene.thing, rng) if scene.thing else ""
    if not scene.cast:
        return thing
    people = _cast(scene, rng)
    joint = _one(("with", "and", "next to", "beside"), rng)
    return f"{people} {joint} {thing}" if thing else people


def _cast(scene: Scene, rng: np.random.Generator) -> str:
    count = len(scene.cast)
    names = [_who(look, scene.shown, n, rng) for n, look in enumerate(scene.cast)]
    who = names[0] if count == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
    if count > 1 and not scene.shown and rng.random() < 0.2:
        who = {2: "two people", 3: "three people"}[count]
    verb = _one(DOING[scene.action], rng)
    return f"{who} {_plural(verb) if count > 1 else verb}"


def _who(look: Look, shown: bool, place: int, rng: np.random.Generator) -> str:
    if shown:
        called = ("a person",) if rng.random() < 0.15 else (f"person {ORDER[place]}",)
        return called[0]
    traits = [text for text, told in _traits(look, rng) if rng.random() < told]
    return " ".join(("a person", *traits))


def _traits(look: Look, rng: np.random.Generator) -> list[tuple[str, float]]:
    """What may be told of a character, and how often it is."""
    names = look.names
    hair = "with no hair" if look.cut == "bald" else f"with {names['hair']} hair"
    stripes = f"{names['shirt']} and {names['stripe']} striped shirt"
    shirt = stripes if look.stripe else f"{names['shirt']} shirt"
    told = [(hair, 0.4), (_one(("in a {}", "wearing a {}"), rng).format(shirt), 0.75)]
    if look.hat != "none":
        told.append((f"with a {names['hat']} {look.hat}", 0.7))
    return told


def _plural(verb: str) -> str:
    """What several do: "dances happily" becomes "dance happily"."""
    first, _, rest = verb.partition(" ")
    many = {"is": "are", "does": "do", "says": "say", "leaps": "leap", "looks": "look"}
    base = many.get(first) or (first[:-1] if first.endswith("s") else first)
    return f"{base} {rest}".strip()


def _thing(thing: Thing, rng: np.random.Generator) -> str:
    kind = _one(KIND.get(thing.kind, (thing.kind,)), rng)
    if thing.count > 1:
        kind = MANY.get(kind) or f"{kind}s" if kind != "box" else "boxes"
    look = f"{_one(SIZE[thing.size], rng)}{thing.colour} {kind}"
    verb = _one(MOVING[thing.motion], rng)
    moves = _plural(verb) if thing.count > 1 else verb
    return f"{_one(NUMBERS[thing.count], rng)} {look} {moves}".strip()


def _one(choices: tuple[str, ...], rng: np.random.Generator) -> str:
    return choices[rng.integers(len(choices))]
