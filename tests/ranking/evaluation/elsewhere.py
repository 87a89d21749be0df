"""A world written elsewhere: it knows the interface and nothing else."""

from collections.abc import Iterator

import numpy as np

from ranking.evaluation.interface import (
    DEEDS,
    DIMENSIONS,
    NOTHING,
    Asks,
    Births,
    Flags,
    Ids,
    Log,
    Numbers,
    Pages,
    People,
    Turn,
)

HOUR = 3_600.0


class Village:
    """Everybody posts once a day, looks in every six hours, and remixes what even people made."""

    def __init__(self, seed: int, people: int, days: int) -> None:
        self.count, self.days, self.posts = people, days, 0
        self.chance = np.random.default_rng(seed)
        self.pages: list[tuple[Asks, Pages]] = []

    def people(self) -> People:
        ring = np.arange(self.count)
        ahead, back = np.stack([ring, np.roll(ring, 1)], axis=1), np.stack([np.roll(ring, 1), ring])
        return People(self.count, np.concatenate([ahead, back.T]))

    def prolific(self) -> Flags:
        return np.zeros(self.count, bool)

    def turns(self) -> Iterator[Turn]:
        for hour in range(0, self.days * 24, 6):
            born = self._births(hour * HOUR) if hour % 24 == 0 else self._births(hour * HOUR, 0)
            yield Turn(hour * HOUR, born, self._asks(hour), night=hour % 24 == 6)

    def _births(self, at: float, count: int | None = None) -> Births:
        k = self.count if count is None else count
        item = np.arange(self.posts, self.posts + k)
        self.posts += k
        vector = self.chance.normal(size=(k, DIMENSIONS)).astype(np.float32)
        author = np.arange(k)
        return Births(
            item, np.full(k, at), author, item, np.zeros(k, np.int64), author % 5 != 0,
            np.zeros(k, np.int64), vector / np.linalg.norm(vector, axis=1, keepdims=True),
            np.stack([item, (author + 2) % self.count], axis=1)[::3],
        )  # fmt: skip

    def _asks(self, hour: int) -> Asks:
        who = np.arange(self.count)
        nothing = np.zeros(self.count, np.int64)
        return Asks(
            hour * HOUR + 60, who, who + hour * 10_000, nothing, np.full(self.count, hour * HOUR),
            nothing, nothing > 0,
        )  # fmt: skip

    def show(self, asks: Asks, pages: Pages) -> Log:
        self.pages.append((asks, pages))
        row, place = np.nonzero(pages.item != NOTHING)
        item = pages.item[row, place]
        did = np.zeros((len(row), len(DEEDS)), np.float32)
        did[:, DEEDS.index("create")] = self.chance.random(len(row)) < self._likely(item)
        did[:, DEEDS.index("hide")] = item % 50 == 7
        nobody = np.zeros(len(asks), bool)
        return Log(
            row, place, asks.viewer[row], item, did, pages.nudged[row], nobody, nobody, nobody
        )

    def truth(self, viewers: Ids, items: Ids) -> Numbers:
        return np.tile(self._likely(items), (len(viewers), 1))

    def _likely(self, items: Ids) -> Numbers:
        return np.where(items % self.count % 2 == 0, 0.05, 0.0)
