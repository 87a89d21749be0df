"""What chips do to items: "less" and "no" keep out, "more" raises, "only" restricts while it lasts.

"See less like this" keeps the like out for 14 days and then fades in four steps of five weeks.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ranking.embedding import SIZE, embed, unit, unpacked
from ranking.topics import TOPICS, topics_in
from ranking.types import DAY, About, Chip, Flags, Ids, Items, Numbers, Vector, Verb

HARD = frozenset({Verb.LESS, Verb.NO})
ALIKE, NEAR = 0.6, 0.35  # cosines: the same in other words; something of it
RAISED = 0.1  # what the most wanted item gains; a stranger's new post is worth about as much
OUTSIDE = 100.0  # what an item loses that "only" leaves out
HEARD = 10  # answers from which an author is no newcomer any more
SILENCE, STEP = 14 * DAY, 35 * DAY
FADING = (0.2, 0.4, 0.6, 0.8)  # of an item's value, step by step
LIKE_LASTS = SILENCE + len(FADING) * STEP


class Steered(NamedTuple):
    """Values as the viewer's chips leave them."""

    value: Numbers
    raised: Numbers  # by which amount
    left: Numbers  # which part fading left of it
    wanted: Flags  # more of such was asked for
    inside: Flags  # of "only"; all, where nobody asked for it
    touched: Ids  # by which chips, as bits


def unwanted(chips: Sequence[Chip], items: Items) -> Flags:
    """What any of the chips means."""
    return _any(_matched(chips, items)[0])


def asked_for(chips: Sequence[Chip], items: Items) -> Flags:
    """What the viewer wants more of, or only."""
    soft = [chip for chip in chips if chip.verb in (Verb.MORE, Verb.ONLY)]
    return _any(_matched(soft, items)[0])


def steer(chips: Sequence[Chip], items: Items, worth: Numbers, moment: float) -> Steered:
    """Raise, fade and restrict."""
    if not chips:
        nothing, all_ = np.zeros(len(items), np.bool_), np.ones(len(items), np.bool_)
        none = worth * 0
        return Steered(worth, none, none + 1, nothing, all_, np.zeros(len(items), np.int64))
    matched, strength = _matched(chips, items)
    more, only, fading = _by_verb(chips, moment)
    raised = RAISED * (strength * more).max(axis=1)
    left = np.where(matched, fading, 1.0).min(axis=1)
    inside = _any(matched[:, only]) if only.any() else np.ones(len(items), np.bool_)
    left[worth < 0] = 1.0
    value = worth * left + raised - OUTSIDE * ~inside
    touched = matched @ (1 << np.arange(len(chips), dtype=np.int64))
    return Steered(value, raised, left, _any(matched[:, more]), inside, touched)


def is_hard(chip: Chip, moment: float) -> bool:
    return chip.verb in HARD and (chip.about != About.LIKE or moment - chip.made < SILENCE)


def left_of(chip: Chip, moment: float) -> float:
    """What is left of an item's value under a chip that fades."""
    if chip.about != About.LIKE:
        return 1.0
    step = int((moment - chip.made - SILENCE) // STEP)
    return FADING[min(max(step, 0), len(FADING) - 1)]


def direction(chips: Sequence[Chip]) -> Vector:
    """(32,): where "more" and "only" point to, of length 1; 0 when they name no content."""
    wanted = [chip for chip in chips if chip.verb in (Verb.MORE, Verb.ONLY)]
    named = [chip.key for chip in wanted if chip.about in (About.TOPIC, About.WORDS)]
    towards = embed(named).sum(axis=0) if named else np.zeros(SIZE, np.float32)
    return unit(np.asarray(towards, np.float32))


def _by_verb(chips: Sequence[Chip], moment: float) -> tuple[Flags, Flags, Numbers]:
    verbs = np.array([chip.verb for chip in chips])
    return verbs == Verb.MORE, verbs == Verb.ONLY, np.array([left_of(c, moment) for c in chips])


def _any(matched: NDArray[np.bool_]) -> Flags:
    return np.asarray(matched.any(axis=1), np.bool_)


def _matched(chips: Sequence[Chip], items: Items) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
    """(n, chips): which items each chip means, and how much."""
    strength = np.zeros((len(items), len(chips)))
    cosines = _cosines(chips, items) if chips else strength
    for column, chip in enumerate(chips):
        strength[:, column] = _strength(chip, items, cosines[:, column])
        if chip.items is not None:
            strength[np.isin(items.id, chip.items), column] = 1.0
    return strength > 0, strength


def _cosines(chips: Sequence[Chip], items: Items) -> NDArray[np.float32]:
    """(n, chips); 0 where a chip has no vector."""
    vectors = unpacked([bytes.fromhex(chip.vector) for chip in chips]).astype(np.float32)
    if not vectors.any():
        return np.zeros((len(items), len(chips)), np.float32)
    return items.vector.astype(np.float32) @ vectors.T


def _strength(chip: Chip, items: Items, cosine: NDArray[Any]) -> Numbers:
    """(n,): 0 where it is not meant."""
    match chip.about:
        case About.TOPIC:
            found = _of_topics(items, 1 << TOPICS.index(chip.key) if chip.key in TOPICS else 0)
        case About.PERSON:
            found = items.author == int(chip.key)
        case About.REMIXES:
            found = items.depth > 0
        case About.NEWCOMERS:
            found = items.author_feedback < HEARD
        case About.WORDS:
            return _of_words(chip, items, cosine)
        case About.LIKE:
            found = (cosine >= ALIKE) | (items.id == int(chip.key))
            found |= (items.template == chip.template) & (chip.template != 0)
    return found.astype(np.float64)


def _of_words(chip: Chip, items: Items, cosine: NDArray[Any]) -> Numbers:
    """Near the words, and about what they are about: 32 numbers alone would often be mistaken."""
    least, about = NEAR if chip.verb == Verb.MORE else ALIKE, topics_in(chip.key)
    fitting = _of_topics(items, about) if about else np.ones(len(items), np.bool_)
    return np.where((cosine >= least) & fitting, cosine, 0.0).astype(np.float64)


def _of_topics(items: Items, bits: int) -> Flags:
    return np.asarray((items.topics & np.int64(bits)) != 0, np.bool_)
