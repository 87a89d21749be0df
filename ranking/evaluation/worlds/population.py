"""Who lives in a world: tastes, circles of friends, and accounts that post in bulk."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from ranking.evaluation.interface import Flags, Ids, Numbers
from ranking.evaluation.worlds.nature import Nature

TOPICS = 8
CIRCLE = 40  # people of about one taste


@dataclass(slots=True)
class Population:
    """People in columns, (n,). Habits, drive and tastes change as they live."""

    taste: Numbers  # (n, TOPICS), unit
    drive: Numbers  # how readily they make something
    social: Numbers  # how readily they post it
    skill: Numbers  # how polished what they make is, 0 to 1
    habit: Numbers  # how readily they come back
    joined: Numbers
    bulk: Flags
    trickster: Flags
    follows: Flags  # (n, n)
    friends: Flags  # (n, n)


def populate(nature: Nature, count: int, days: int, chance: Generator) -> Population:
    """`count` people and, after them, the accounts that post in bulk and the tricksters."""
    n = count + nature.bulk_accounts + nature.tricksters
    circle = np.arange(n) // CIRCLE
    centre = unit(chance.normal(size=(circle.max() + 1, TOPICS)))
    bulk = (np.arange(n) >= count) & (np.arange(n) < count + nature.bulk_accounts)
    trickster = np.arange(n) >= count + nature.bulk_accounts
    follows = _follows(nature, circle, count, bulk, trickster, chance)
    lurker = chance.random(n) < nature.lurkers
    return Population(
        taste=unit(centre[circle] + 0.5 * chance.normal(size=(n, TOPICS))),
        drive=chance.normal(0, 0.7, n) - 1.6 * lurker,
        social=chance.normal(0, 0.8, n) - 0.6 * lurker,
        skill=np.where(bulk, chance.beta(8, 2, n), chance.beta(2, 4, n)),
        habit=np.full(n, nature.returns) + chance.normal(0, 0.6, n),
        joined=_joined(nature, n, days, chance),
        bulk=bulk, trickster=trickster, follows=follows, friends=follows & follows.T,
    )  # fmt: skip


def _follows(
    nature: Nature, circle: Ids, count: int, bulk: Flags, trickster: Flags, chance: Generator
) -> Flags:
    n = len(circle)
    same = circle[:, None] == circle[None, :]
    mutual = np.triu(chance.random((n, n)) < np.where(same, 0.8 * nature.friends / CIRCLE, 0.0), 1)
    mutual |= np.triu(chance.random((n, n)) < 0.2 * nature.friends / n, 1)
    one_way = chance.random((n, n)) < 3 / n
    follows = mutual | mutual.T | one_way
    follows[:, bulk] = chance.random((n, bulk.sum())) < nature.bulk_followed
    follows[:, trickster] = chance.random((n, trickster.sum())) < 0.05
    follows[count:] = False  # accounts that only post follow nobody
    np.fill_diagonal(follows, False)
    return follows


def _joined(nature: Nature, n: int, days: int, chance: Generator) -> Numbers:
    """Days: most are there at once, the rest come evenly over two thirds of the time."""
    later = chance.uniform(0, max(days * 2 / 3, 1), n)
    return np.where(chance.random(n) < nature.joined_first, chance.uniform(0, 0.8, n), later)


def unit(vectors: Numbers) -> Numbers:
    length = np.linalg.norm(vectors, axis=-1, keepdims=True).clip(min=1e-9)
    return np.asarray(vectors / length, np.float64)
