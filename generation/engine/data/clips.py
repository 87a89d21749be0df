"""One training clip: a random scene, drawn frame by frame, with its caption, board and sound."""

from dataclasses import dataclass

import numpy as np
from PIL import Image

from generation.engine import board
from generation.engine.data import captions, people, places, sounds, things
from generation.engine.data.captions import Scene
from generation.engine.data.people import Person

SIZE, FRAMES, FPS = 96, 17, 8
SECONDS = FRAMES / FPS
FINE = 2  # drawn at twice the size, then averaged: smooth edges


@dataclass(frozen=True)
class Clip:
    """frames (T, H, W, 3) and board (H, W, 3) uint8, sound (S,) float32."""

    caption: str
    scene: Scene
    frames: np.ndarray
    board: np.ndarray
    sound: np.ndarray


def random_clip(rng: np.random.Generator) -> Clip:
    """A clip with none to three people and none or one thing."""
    return make(random_scene(rng), rng)


def make(scene: Scene, rng: np.random.Generator) -> Clip:
    """Draw the scene and word it."""
    frames = draw(scene, rng)
    sound = sounds.synthesise(scene, SECONDS, rng)
    return Clip(captions.caption(scene, rng), scene, frames, board_of(scene.people), sound)


def random_scene(rng: np.random.Generator) -> Scene:
    """Place, light and actors; one person is the commonest company."""
    company = int(rng.choice(4, p=(0.34, 0.42, 0.14, 0.10)))
    crowd = people.random_crowd(rng, company, SIZE * FINE)
    lone = rng.random() < (0.25 if company else 0.96)
    cast = (things.random_thing(rng, beside_people=company > 0),) if lone and company < 2 else ()
    return Scene(str(rng.choice(places.PLACES)), str(rng.choice(places.LIGHTS)), crowd, cast)


def draw(scene: Scene, rng: np.random.Generator) -> np.ndarray:
    """The frames of the scene (T, H, W, 3)."""
    ground = places.paint(scene.place, scene.light, SIZE * FINE, rng)
    looks = [things.sprite(thing.kind, thing.colour) for thing in scene.things]
    return np.stack([_frame(ground, scene, looks, t / (FRAMES - 1)) for t in range(FRAMES)])


def board_of(people: tuple[Person, ...]) -> np.ndarray:
    """The charted reference board of the people, or of none."""
    faces = [person.head for person in people]
    fine = board.arrange(faces, SIZE * FINE, SIZE * FINE)
    return np.asarray(board.charted(fine.reduce(FINE)))


def _frame(
    ground: Image.Image, scene: Scene, looks: list[Image.Image], moment: float
) -> np.ndarray:
    canvas = ground.copy()
    for person in scene.people:
        people.draw(canvas, person, moment)
    for look, thing in zip(looks, scene.things, strict=True):
        things.place(canvas, look, thing, moment)
    return np.asarray(canvas.reduce(FINE))
