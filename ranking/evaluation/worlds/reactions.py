"""What viewers do with the places of a page, one place after the other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.random import Generator

from ranking.evaluation.interface import (
    DEEDS,
    NOTHING,
    NUDGE_PLACE,
    SIZE,
    Flags,
    Ids,
    Numbers,
    Pages,
)
from ranking.evaluation.worlds.items import Items
from ranking.evaluation.worlds.nature import Nature
from ranking.evaluation.worlds.population import Population

MOODS = (-1.5, 1.5)
FADES = 0.97  # of a mood with each item
WEARY = 0.015  # chance of leaving at any item, and more in a low mood
SATISFIED = 0.35  # chance of leaving after making something
BAIT_OPENS, BAIT_IS_LEFT = 1.5, 2.5  # logits


@dataclass(frozen=True, slots=True)
class Scene:
    """Pages in columns, (m, SIZE) unless said otherwise: how each item stands to its viewer."""

    viewer: Ids  # (m,)
    item: Ids
    opens: Numbers  # logit of opening the composer in a neutral mood
    fit: Numbers  # of topic and taste
    friend: Flags
    bulk: Flags
    polish: Numbers
    bait: Flags
    again: Numbers  # how often the author stood on the page before
    same: Numbers  # how like the five items before it


@dataclass(slots=True)
class Outcome:
    """What came of a scene."""

    did: Numbers  # (m, SIZE, len(DEEDS))
    seen: Flags  # (m, SIZE)
    mood: Numbers  # (m,)
    stays: Flags  # (m,): would look at another page
    nudge: dict[str, Flags]  # accepted, dismissed, never: (m,)


def stage(items: Items, population: Population, viewer: Ids, pages: Pages, opens: Numbers) -> Scene:
    """Look up what a page holds; empty places are looked up as item 0 and never seen."""
    item = np.where(pages.item == NOTHING, 0, pages.item)
    author, topic = items.of["author"][item], items.of["topic"][item]
    alike = np.einsum("mid,mjd->mij", topic, topic)
    place = np.arange(SIZE)
    before = place[:, None] > place[None, :]
    lately = before & (place[:, None] - place[None, :] <= 5)
    return Scene(
        viewer, pages.item, opens,
        fit=np.einsum("md,mjd->mj", population.taste[viewer], topic),
        friend=population.friends[viewer[:, None], author],
        bulk=population.bulk[author], polish=items.of["polish"][item],
        bait=items.of["bait"][item],
        again=((author[:, :, None] == author[:, None, :]) & before).sum(axis=2).astype(float),
        same=(alike.clip(min=0) * lately).sum(axis=2) / 5,
    )  # fmt: skip


def react(
    nature: Nature, population: Population, scene: Scene, mood: Numbers, nudged: Flags,
    chance: Generator,
) -> Outcome:  # fmt: skip
    """Everybody scrolls down their page until it ends or they leave."""
    m = len(scene.viewer)
    lots = chance.random((m, SIZE, len(DEEDS)))
    leaves = chance.random((m, SIZE))
    outcome = Outcome(
        np.zeros(lots.shape), np.zeros((m, SIZE), bool), mood.copy(), np.ones(m, bool),
        invite(nature, population, scene.viewer, mood, nudged, chance),
    )  # fmt: skip
    passing = _passing(nature, scene, lots)
    lift = np.where(scene.friend, nature.friends_lift, -nature.strangers_sink * scene.polish)
    for place in range(SIZE):
        if place == NUDGE_PLACE:
            outcome.mood += nature.nudge_mood * nudged
        here = outcome.stays & (scene.item[:, place] != NOTHING)
        outcome.seen[:, place] = here
        outcome.did[:, place] = passing[:, place]
        made = _make(nature, population, scene, outcome, place, lots[:, place])
        outcome.mood = (outcome.mood * FADES + lift[:, place]).clip(*MOODS)
        low = 0.03 * (-outcome.mood).clip(min=0) + 0.03 * scene.same[:, place]
        gone = leaves[:, place] < np.where(made, SATISFIED, WEARY + low)
        outcome.stays &= ~(gone & here)
    outcome.did *= outcome.seen[:, :, None]
    reached = outcome.seen[:, NUDGE_PLACE]  # whoever leaves before it is not invited
    outcome.nudge = {answer: gave & reached for answer, gave in outcome.nudge.items()}
    return outcome


def _passing(nature: Nature, scene: Scene, lots: Numbers) -> Numbers:
    """What takes no effort: liking, sharing, hiding, reporting, watching."""
    did = np.zeros(lots.shape)
    liking = nature.likes + 2.0 * scene.fit + 0.8 * scene.friend + 0.6 * scene.polish
    sharing = nature.shares + 1.2 * scene.fit + 0.5 * scene.polish
    annoyed = scene.bulk * nature.bulk_annoys * (1 + 0.5 * scene.again.clip(max=4))
    hiding = nature.hides - 1.0 * scene.fit - 0.8 * scene.friend + annoyed + 1.5 * scene.bait
    chances = {
        "like": sigmoid(liking), "share": sigmoid(sharing), "hide": sigmoid(hiding),
        "report": np.where(scene.bait, 0.01, 0.0003),
    }  # fmt: skip
    for deed, likely in chances.items():
        did[:, :, DEEDS.index(deed)] = lots[:, :, DEEDS.index(deed)] < likely
    held = sigmoid(-0.6 + 1.5 * scene.fit + 1.5 * scene.polish + 0.5 * scene.bait)
    did[:, :, DEEDS.index("watch")] = (held * (0.4 + 1.2 * lots[:, :, -1])).clip(0, 1)
    return did


def _make(
    nature: Nature, population: Population, scene: Scene, outcome: Outcome, place: int,
    lots: Numbers,
) -> Flags:  # fmt: skip
    """Whoever is inspired opens the composer, some finish, some keep it, some post it."""
    viewer, did = scene.viewer, outcome.did[:, place]
    bored = nature.sameness_bores * scene.same[:, place] + 0.4 * scene.again[:, place]
    logit = scene.opens[:, place] - bored + nature.mood_inspires * outcome.mood
    logit = logit + population.drive[viewer]
    serious = np.where(scene.bait[:, place], -BAIT_IS_LEFT, 0.0)  # bait is opened and left
    steps = {
        "remix_open": logit + np.where(scene.bait[:, place], BAIT_OPENS, 0.0),
        "create": nature.finishes + serious,
        "keep": np.full(len(viewer), nature.keeps),
        "post": nature.posts + population.social[viewer],
    }
    going: Flags = np.ones(len(viewer), bool)
    for deed, likely in steps.items():
        going = going & (lots[:, DEEDS.index(deed)] < sigmoid(likely))
        did[:, DEEDS.index(deed)] = going
    made = did[:, DEEDS.index("create")] > 0
    with_friend = np.where(scene.friend[:, place], 0.4, 0.2)
    did[:, DEEDS.index("cameo_use")] = made & (lots[:, DEEDS.index("cameo_use")] < with_friend)
    return made & outcome.stays


def invite(
    nature: Nature, population: Population, viewer: Ids, mood: Numbers, nudged: Flags,
    chance: Generator,
) -> dict[str, Flags]:  # fmt: skip
    """What comes of the invitations themselves."""
    lots = chance.random((2, len(viewer)))
    accepted = nudged & (lots[0] < sigmoid(nature.nudge_accepted + population.drive[viewer] + mood))
    dismissed = nudged & ~accepted & (lots[1] < nature.nudge_dismissed)
    return {"accepted": accepted, "dismissed": dismissed, "never": dismissed & (lots[1] < 0.02)}


def sigmoid(x: Any) -> Numbers:
    return np.asarray(1 / (1 + np.exp(-np.asarray(x, float))))
