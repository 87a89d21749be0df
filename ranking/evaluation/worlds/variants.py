"""The other worlds: one premise denied in each, or people who are moved in another way."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

import numpy as np

from ranking.evaluation.interface import NOTHING, Ids, Numbers
from ranking.evaluation.worlds.nature import Nature
from ranking.evaluation.worlds.world import Neighbourhood

USUAL = Nature()


class Megaphones(Neighbourhood):
    """Every second account one follows posts twenty times a day."""

    name = "megaphones"
    nature: ClassVar[Nature] = replace(USUAL, bulk_accounts=24, bulk_posts=20, bulk_followed=0.5)


class NoFriendEffect(Neighbourhood):
    """Premise denied: whether a friend made it makes no difference to anybody."""

    name = "no-friend-effect"
    nature: ClassVar[Nature] = replace(
        USUAL, friend_inspires=0.0, follow_inspires=0.0, friends_cameo_inspires=0.0,
        friends_lift=0.0, opens=-3.2,
    )  # fmt: skip


class PolishInspires(Neighbourhood):
    """Premise denied: what inspires is mastery, and bulk accounts have it and annoy nobody."""

    name = "polish-inspires"
    nature: ClassVar[Nature] = replace(
        USUAL, polish_inspires=1.8, riff_inspires=0.0, strangers_sink=-0.03, bulk_annoys=0.3,
        opens=-3.9,
    )  # fmt: skip


class NudgesAnnoy(Neighbourhood):
    """Premise denied: hardly anybody follows an invitation, and most are put off by it."""

    name = "nudges-annoy"
    nature: ClassVar[Nature] = replace(
        USUAL, nudge_accepted=-5.0, nudge_dismissed=0.6, nudge_mood=-0.5, nudge_habit=-0.08
    )


class ColdStart(Neighbourhood):
    """Nobody is there at first; people come one by one, and know few of each other."""

    name = "cold-start"
    nature: ClassVar[Nature] = replace(USUAL, joined_first=0.04, friends=5.0)


class Thresholds(Neighbourhood):
    """Not a sum: people are inspired when several things come together, and otherwise hardly."""

    name = "thresholds"
    nature: ClassVar[Nature] = replace(USUAL, opens=-4.6)

    def inspiration(self, viewer: Ids, item: Ids) -> Numbers:
        of, people = self.items.of, self.population
        author, cast = of["author"][item], of["cameo"][item]
        fit = np.einsum("md,mkd->mk", people.taste[viewer], of["topic"][item])
        friend = people.friends[viewer[:, None], author]
        mine = (cast == viewer[:, None]) & (cast != NOTHING)
        easy = (of["riff"][item] > 0.55) & (fit > 0.35)
        shared = friend & (of["polish"][item] < 0.45)
        chain = (of["depth"][item] >= 2) & (fit > 0.1)
        return np.asarray(self.nature.opens + 3.2 * (easy | shared | mine) + 1.2 * chain)


class Tricksters(Neighbourhood):
    """Accounts whose bait makes people open the composer and leave it, hide and report."""

    name = "tricksters"
    nature: ClassVar[Nature] = replace(USUAL, tricksters=20, bulk_posts=10)


class Fashions(Neighbourhood):
    """Tastes wander, and a template inspires nobody once everybody has used it."""

    name = "fashions"
    nature: ClassVar[Nature] = replace(USUAL, taste_drift=0.09)

    def inspiration(self, viewer: Ids, item: Ids) -> Numbers:
        used = self.items.of["template"]
        worn = np.log2(1 + np.bincount(used, minlength=100) / 10) * (np.arange(100) > 0)
        if not len(used):
            worn = np.zeros(100)
        tired: Numbers = 0.8 * worn[self.items.of["template"][item]]
        return super().inspiration(viewer, item) - tired


class Crowds(Neighbourhood):
    """People make what many have made; friends and taste count for little."""

    name = "crowds"
    nature: ClassVar[Nature] = replace(
        USUAL, fame_inspires=0.9, friend_inspires=0.4, taste_inspires=0.6
    )
