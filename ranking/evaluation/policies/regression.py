"""A small network with one output for each deed, in numpy: what the baselines predict with."""

from __future__ import annotations

import numpy as np

from ranking.evaluation.interface import DEEDS, Vectors

HIDDEN, BATCH, EPOCHS, RATE, RARE = 32, 512, 4, 3e-3, 1e-4
BETA = (0.9, 0.999)  # of Adam


class Regression:
    """(n, features) to (n, DEEDS): standardised, one hidden layer, a sigmoid for each deed."""

    def __init__(self, features: int, seed: int) -> None:
        self.chance = np.random.default_rng([seed, 13])
        self.mean, self.spread = np.zeros(features), np.ones(features)
        scale = (2 / features) ** 0.5
        self.weights = [
            self.chance.normal(0, scale, (features, HIDDEN)), np.zeros(HIDDEN),
            self.chance.normal(0, 0.05, (HIDDEN, len(DEEDS))), np.full(len(DEEDS), -4.0),
        ]  # fmt: skip
        self.moments = [[np.zeros_like(w), np.zeros_like(w)] for w in self.weights]
        self.step = 0

    def __call__(self, found: Vectors) -> Vectors:
        return np.asarray(_sigmoid(self._forward(self._scaled(found))[1]), np.float32)

    def learn(self, found: Vectors, did: Vectors) -> None:
        """Goes on from where the last night ended."""
        if self.step == 0:
            self.mean, self.spread = found.mean(axis=0), found.std(axis=0) + 1e-3
            self.weights[3] = np.log(did.mean(axis=0).clip(RARE, 0.9))
        scaled = self._scaled(found)
        for _ in range(EPOCHS):
            order = self.chance.permutation(len(scaled))
            for start in range(0, len(order), BATCH):
                rows = order[start : start + BATCH]
                self._improve(scaled[rows], did[rows])

    def _scaled(self, found: Vectors) -> Vectors:
        return np.asarray((found - self.mean) / self.spread, np.float32)

    def _forward(self, x: Vectors) -> tuple[Vectors, Vectors]:
        first, bias, last, base = (w.astype(np.float32) for w in self.weights)
        hidden = np.maximum(x @ first + bias, 0)
        return hidden, hidden @ last + base

    def _improve(self, x: Vectors, did: Vectors) -> None:
        hidden, logits = self._forward(x)
        wrong = ((_sigmoid(logits) - did) / len(x)).astype(np.float32)
        back = (wrong @ self.weights[2].T.astype(np.float32)) * (hidden > 0)
        self._adam([x.T @ back, back.sum(axis=0), hidden.T @ wrong, wrong.sum(axis=0)])

    def _adam(self, slopes: list[Vectors]) -> None:
        self.step += 1
        for weight, slope, moments in zip(self.weights, slopes, self.moments, strict=True):
            for moment, power, beta in zip(moments, (1, 2), BETA, strict=True):
                moment += (1 - beta) * (slope**power - moment)
            first, second = (m / (1 - b**self.step) for m, b in zip(moments, BETA, strict=True))
            weight -= RATE * first / (np.sqrt(second) + 1e-8)


def _sigmoid(x: Vectors) -> Vectors:
    return np.asarray(1 / (1 + np.exp(-x.clip(-30, 30))), np.float32)
