"""Captions: many ways to say the same clip, so that wording does not matter."""

from dataclasses import dataclass

import numpy as np

from generation.engine.data.people import Person
from generation.engine.data.things import Thing

WHERE = {
    "meadow": ("in a meadow", "on green grass", "in a field", "in a park"),
    "beach": ("on a beach", "at the beach", "on the sand by the sea", "on the shore"),
    "city": ("in a city", "in the city", "on a street", "downtown", "among tall buildings"),
    "desert": ("in a desert", "in the desert", "among cactuses and dunes"),
    "forest": ("in a forest", "in the woods", "among trees"),
    "snow": ("in the snow", "on snow", "in winter", "in a snowy place"),
    "sea": ("at sea", "on the ocean", "on the water", "over the waves"),
    "mountains": ("in the mountains", "before mountains", "in front of a mountain"),
    "stage": ("on a stage", "on stage", "in a theatre", "before a red curtain"),
    "space": ("in space", "in outer space", "among the stars", "near a planet"),
}
WHEN = {
    "day": ("", "", "by day", "on a sunny day", "in the daylight"),
    "sunset": ("at sunset", "at sunset", "in the evening sun", "at dusk", "during sunset"),
    "night": ("at night", "at night", "in the dark", "under the moon", "by night"),
}
DOING = {
    "dances": ("dance", "dancing", "is dancing", "do a dance", "dance happily"),
    "jumps": ("jump", "jumping", "is jumping", "jump up and down", "leap"),
    "waves": ("wave", "waving", "is waving", "wave hello", "say hello"),
    "walks": ("walk", "walking", "is walking", "go for a walk", "stroll"),
    "stands": ("stand", "standing", "is standing", "stand still", "look at us"),
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
SIZE = {"small": ("small ", "little ", "tiny ", ""), "big": ("big ", "large ", "huge ", "")}
CROWD = {2: ("two people", "a couple", "two friends", "{0} and {1}", "{0} with {1}"),
         3: ("three people", "three friends", "a group of people", "{0}, {1} and {2}")}  # fmt: skip


@dataclass(frozen=True)
class Scene:
    """All that a caption may tell of a clip."""

    place: str
    light: str
    people: tuple[Person, ...] = ()
    things: tuple[Thing, ...] = ()


def caption(scene: Scene, rng: np.random.Generator) -> str:
    """One wording of the scene."""
    where, when = _one(WHERE[scene.place], rng), _one(WHEN[scene.light], rng)
    actors = _actors(scene, rng)
    spots = [where, when] if rng.random() < 0.75 else [when, where]
    parts = [actors, *spots] if rng.random() < 0.85 else [*spots, actors]
    words = " ".join(part for part in parts if part)
    return words.strip() or where


def _actors(scene: Scene, rng: np.random.Generator) -> str:
    things = " and ".join(_thing(thing, rng) for thing in scene.things)
    if not scene.people:
        return things
    people = _people(scene.people, rng)
    return (
        f"{people} {_one(('with', 'and', 'next to', 'beside'), rng)} {things}" if things else people
    )


def _people(people: tuple[Person, ...], rng: np.random.Generator) -> str:
    names = [_person(person, rng) for person in people]
    who = names[0] if len(names) == 1 else _one(CROWD[len(names)], rng).format(*names)
    return f"{who} {_verb(people[0].deed, len(names), rng)}"


def _person(person: Person, rng: np.random.Generator) -> str:
    who = _one(("a person", "a person", "a person", "somebody", "someone", "a man", "a woman"), rng)
    if rng.random() < 0.5:
        return who
    wears = ("wearing a {} shirt", "in a {} shirt", "in {}", "with a {} top")
    return f"{who} {_one(wears, rng).format(person.shirt)}"


def _verb(deed: str, people: int, rng: np.random.Generator) -> str:
    if people == 1 and rng.random() < 0.4:
        return deed
    verb = _one(DOING[deed], rng)
    return verb.replace("is ", "are ") if people > 1 else verb


def _thing(thing: Thing, rng: np.random.Generator) -> str:
    kind = _one(KIND.get(thing.kind, (thing.kind,)), rng)
    look = f"{_one(SIZE[thing.size], rng)}{thing.colour} {kind}"
    return f"a {look} {_one(MOVING[thing.motion], rng)}".strip()


def _one(choices: tuple[str, ...], rng: np.random.Generator) -> str:
    return choices[rng.integers(len(choices))]
