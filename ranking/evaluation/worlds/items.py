"""What is posted in a world: what it truly is, and what a feed may know of it."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from ranking.evaluation.columns import Columns
from ranking.evaluation.interface import DIMENSIONS, NOTHING, Births, Ids, Numbers
from ranking.evaluation.worlds.population import TOPICS, Population, unit

BLUR = 0.25  # of a vector: a prompt does not say everything
CAST = 0.45  # chance that a friend's likeness is in a post of a person
TEMPLATES = 60


class Items:
    """Posts in columns; those since the last look wait in `waiting`."""

    def __init__(self, population: Population, chance: Generator) -> None:
        self.population, self.chance = population, chance
        self.projection = chance.normal(size=(TOPICS, DIMENSIONS))
        self.of = Columns(
            at=(float,), author=(np.int64,), root=(np.int64,), depth=(np.int64,),
            template=(np.int64,), private=(bool,), topic=(float, TOPICS), polish=(float,),
            riff=(float,), cameo=(np.int64,), made=(float,), bait=(bool,),
            vector=(np.float32, DIMENSIONS),
        )  # fmt: skip
        self.told = 0

    def post(self, at: float, author: Ids, parent: Ids, private: float) -> None:
        """Posts by authors; a parent's topic and template live on in what is made of it."""
        k, people, known = len(author), self.population, parent >= 0
        from_ = np.where(known, parent, 0)
        topic = people.taste[author] + 0.6 * self.chance.normal(size=(k, TOPICS))
        template = np.where(
            self.chance.random(k) < 0.4, self.chance.integers(1, TEMPLATES + 1, k), 0
        )
        root, depth = np.arange(len(self.of), len(self.of) + k), np.zeros(k, np.int64)
        if known.any():
            was = self.of
            topic[known] += 1.5 * was["topic"][parent[known]]
            template = np.where(known, was["template"][from_], template)
            root = np.where(known, was["root"][from_], root)
            depth = np.where(known, was["depth"][from_] + 1, 0)
        self._add(at, author, root, depth, template, unit(topic), private)

    def _add(
        self, at: float, author: Ids, root: Ids, depth: Ids, template: Ids, topic: Numbers,
        private: float,
    ) -> None:  # fmt: skip
        k, people, chance = len(author), self.population, self.chance
        bulk, bait = people.bulk[author], people.trickster[author]
        polish = (people.skill[author] + chance.normal(0, 0.12, k)).clip(0, 1)
        blurred = topic @ self.projection + BLUR * chance.normal(size=(k, DIMENSIONS)) * 3
        self.of.add(
            k, at=at, author=author, root=root, depth=depth, template=template, topic=topic,
            polish=polish, riff=chance.beta(2, 2, k) * np.where(bulk, 0.6, 1.0),
            private=(chance.random(k) < private) & ~bulk & ~bait, bait=bait,
            cameo=self._cast(author), vector=unit(blurred),
        )  # fmt: skip

    def _cast(self, author: Ids) -> Ids:
        """Whose likeness is in it: a friend's, or nobody's."""
        cast = np.full(len(author), NOTHING)
        for row, who in enumerate(author.tolist()):
            friends = np.flatnonzero(self.population.friends[who])
            if len(friends) and self.chance.random() < CAST:
                cast[row] = self.chance.choice(friends)
        return cast

    def births(self) -> Births:
        """Posts since the last look, in what everybody may know of them."""
        new = np.arange(self.told, len(self.of))
        self.told = len(self.of)
        of = {name: self.of[name][new] for name in ("at", "author", "root", "depth", "template")}
        cast = self.of["cameo"][new]
        cameos = np.stack([new, cast], axis=1)[cast != NOTHING]
        return Births(
            new, **of, public=~self.of["private"][new], vector=self.of["vector"][new],
            cameos=cameos,
        )  # fmt: skip
