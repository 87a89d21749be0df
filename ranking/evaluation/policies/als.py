"""Collaborative filtering: implicit's alternating least squares, factorised anew every night."""

from __future__ import annotations

import numpy as np
from scipy.sparse import coo_matrix

from ranking.evaluation.interface import DEEDS, Asks, Ids, Log, Numbers, People, Truth
from ranking.evaluation.policies.lists import Scored

WEIGHTS = {"like": 1.0, "share": 2.0, "remix_open": 2.0, "create": 5.0, "watch": 0.3}
FACTORS = 32


class Als(Scored):
    """What people alike liked and made something of; what nobody did yet, by time."""

    name = "als"

    def begin(self, people: People, seed: int, truth: Truth) -> None:
        super().begin(people, seed, truth)
        self.seed = seed
        self.viewers = np.zeros((people.count, FACTORS))
        self.factors = np.zeros((0, FACTORS))
        self.rows: list[tuple[Ids, Ids, Numbers]] = []

    def score(self, asks: Asks, items: Ids) -> Numbers:
        score = np.broadcast_to(1e-9 * items, (len(asks), len(items))).copy()
        known = items < len(self.factors)
        score[:, known] += self.viewers[asks.viewer] @ self.factors[items[known]].T
        return score

    def told(self, asks: Asks, log: Log) -> None:
        super().told(asks, log)
        weight = log.did @ np.array([WEIGHTS.get(deed, 0.0) for deed in DEEDS])
        did = weight > 0
        self.rows.append((log.viewer[did], log.item[did], weight[did]))

    def night(self, moment: float) -> None:
        from implicit.als import AlternatingLeastSquares  # noqa: PLC0415 -- not on a server

        viewer, item, weight = (np.concatenate(column) for column in zip(*self.rows, strict=True))
        shape = (self.memory.people.count, len(self.memory.items))
        matrix = coo_matrix((weight, (viewer, item)), shape).tocsr()
        model = AlternatingLeastSquares(
            FACTORS, regularization=0.1, iterations=8, num_threads=1, random_state=self.seed
        )
        model.fit(matrix, show_progress=False)
        self.viewers, self.factors = model.user_factors, model.item_factors
