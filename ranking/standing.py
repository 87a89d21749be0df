"""What a candidate has a claim to besides its value: a first chance and a floor.

And what speaks against it: that much of what was shown of late is like it.
"""

from __future__ import annotations

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from ranking.embedding import CLUSTER_BITS
from ranking.store import SMOOTHING, UNTRIED, among
from ranking.types import DAY, Flags, Ids, Items, Numbers, Viewer

EXPLORED = 200  # at most, so that each is drawn with a chance of .005 or more
FRIEND, VARIATION, NEAR, ANYBODY = 4, 3, 2, 1  # whom a new post concerns: the largest first


def explorable(
    items: Items, strangers: Flags, age: Numbers, create: Numbers, chance: Generator
) -> Flags:
    """New public items by strangers that hardly anybody saw: those of whom a draw from what is
    believed of each (Thompson) promises most, few enough that each has a fair chance."""
    untried = _untried(items, age) & strangers
    if np.count_nonzero(untried) <= EXPLORED:
        return untried
    at = np.flatnonzero(untried)
    drawn = _thompson(items.remixes[at], items.impressions[at], create[at], chance)
    chosen = np.zeros(len(items), np.bool_)
    chosen[at[np.argpartition(drawn, -EXPLORED)[-EXPLORED:]]] = True
    return chosen


def _thompson(remixes: Ids, impressions: Ids, create: Numbers, chance: Generator) -> Numbers:
    """A draw from the beta distribution of each item's creations an impression."""
    made = SMOOTHING * create + remixes
    tried = SMOOTHING * (1 - create) + (impressions - remixes).clip(min=0)
    return chance.beta(made.clip(min=1e-6), tried.clip(min=1e-6))


def floor(
    viewer: Viewer, items: Items, friends: Flags, age: Numbers, seen: Flags
) -> NDArray[np.int8]:
    """Whom a post concerns that has not had its first impressions; 0 for all others."""
    relevance = np.full(len(items), ANYBODY, np.int8)
    relevance[among(items.cluster, viewer.clusters)] = NEAR
    relevance[among(items.template, viewer.templates)] = VARIATION
    relevance[friends] = FRIEND
    return np.where(_untried(items, age) & ~seen, relevance, np.int8(0))


def _untried(items: Items, age: Numbers) -> Flags:
    return items.public & (items.impressions < UNTRIED) & (age < DAY)


def worn(viewer: Viewer, items: Items) -> Numbers:
    """The share of what the viewer was shown of late that lies in the cluster of each item."""
    if not len(viewer.shown):
        return np.zeros(len(items))
    share = np.bincount(viewer.shown, minlength=1 << CLUSTER_BITS) / len(viewer.shown)
    return np.asarray(share[items.cluster])
