"""A world: people come, look at pages, make something of it or not, and come back or not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import numpy as np

from ranking.evaluation.interface import (
    DEEDS,
    NOTHING,
    NUDGE_PLACE,
    Asks,
    Flags,
    Ids,
    Log,
    Numbers,
    Pages,
    People,
    Turn,
)
from ranking.evaluation.worlds.items import Items
from ranking.evaluation.worlds.nature import Nature
from ranking.evaluation.worlds.population import populate, unit
from ranking.evaluation.worlds.reactions import (
    BAIT_IS_LEFT,
    BAIT_OPENS,
    Outcome,
    Scene,
    react,
    sigmoid,
    stage,
)

HOUR, DAY = 3_600.0, 86_400.0
NIGHT = 4  # o'clock
PAGES = 4  # at most, in a session
VISITS = 1.4  # a day, of somebody who comes at all
PAGE_TAKES = 120.0  # seconds
CLOCK = np.array(
    [1, 0.5, 0.3, 0.2, 0.2, 0.3, 1, 2, 2.5, 2, 2, 2.5, 3, 2.5, 2, 2, 2.5, 3, 4, 5, 5, 4.5, 3.5, 2]
)


class Neighbourhood:
    """Circles of friends, some accounts that post in bulk, and the premises as they are hoped."""

    name: ClassVar[str] = "neighbourhood"
    nature: ClassVar[Nature] = Nature()

    def __init__(self, seed: int, people: int, days: int) -> None:
        self.chance = np.random.default_rng([seed, 7])
        self.count, self.days = people, days
        self.population = populate(self.nature, people, days, self.chance)
        self.items = Items(self.population, self.chance)
        self.items.post(0.0, np.zeros(1, np.int64), np.full(1, NOTHING), 0.0)  # somebody began
        n = len(self.population.taste)
        self.now = 0.0
        self.here = np.zeros(n, bool)  # in a session
        self.mood, self.began = np.zeros(n), np.zeros(n)
        self.session, self.page = np.zeros(n, np.int64), np.zeros(n, np.int64)
        self.passive, self.made = np.zeros(n, np.int64), np.zeros(n, bool)
        self.hidden, self.answers = np.zeros(n), np.zeros(n)
        self.visits, self.sessions = np.zeros(n, np.int64), 0
        self.drafts: list[tuple[int, int]] = []  # author, parent: posted within the hour

    # --- what a policy may know ------------------------------------------------------------------

    def people(self) -> People:
        return People(len(self.here), np.argwhere(self.population.follows))

    def prolific(self) -> Flags:
        return self.population.bulk | self.population.trickster

    def turns(self) -> Iterator[Turn]:
        """Every hour: what was posted, who comes, and their further pages until all have left."""
        for hour in range(self.days * 24):
            self.now = hour * HOUR
            self._live()
            self._post()
            births, night = self.items.births(), hour % 24 == NIGHT and hour > 24
            self._arrive(CLOCK[hour % 24] / CLOCK.sum())
            yield Turn(self.now, births, self._asks(), night)
            for _ in range(PAGES - 1):
                self.page += 1
                if not self.here.any():
                    break
                asks = self._asks()
                yield Turn(asks.moment, self.items.births(), asks)
            self._depart()

    def show(self, asks: Asks, pages: Pages) -> Log:
        scene = self._scene(asks.viewer, pages)
        mood = self.mood[asks.viewer]
        outcome = self.reactions(scene, mood, pages.nudged)
        self._remember(scene, outcome)
        return _log(scene, outcome, pages)

    def truth(self, viewers: Ids, items: Ids) -> Numbers:
        """Chances that a viewer makes something of an item, in a neutral mood."""
        both, bait = (
            np.broadcast_to(items, (len(viewers), len(items))),
            self.items.of["bait"][items],
        )
        opens = self.inspiration(viewers, both) + self.population.drive[viewers][:, None]
        finishes = sigmoid(self.nature.finishes - BAIT_IS_LEFT * bait)
        return sigmoid(opens + BAIT_OPENS * bait) * finishes

    # --- what makes this world, and may be otherwise in another -----------------------------------

    def inspiration(self, viewer: Ids, item: Ids) -> Numbers:
        """(m, k): logits of opening the composer at items, before mood and boredom."""
        of, people, n = self.items.of, self.population, self.nature
        author, cast = of["author"][item], of["cameo"][item]
        fit = np.einsum("md,mkd->mk", people.taste[viewer], of["topic"][item])
        theirs = people.friends[viewer[:, None], cast] & (cast != NOTHING)
        return np.asarray(
            n.opens
            + n.friend_inspires * people.friends[viewer[:, None], author]
            + n.follow_inspires * people.follows[viewer[:, None], author]
            + n.taste_inspires * fit
            + n.riff_inspires * (of["riff"][item] - 0.5)
            + n.polish_inspires * (of["polish"][item] - 0.4)
            + n.my_cameo_inspires * (cast == viewer[:, None])
            + n.friends_cameo_inspires * theirs
            + n.remix_inspires * (of["depth"][item] > 0)
            + n.fame_inspires * np.log2(1 + of["made"][item])
        )

    def reactions(self, scene: Scene, mood: Numbers, nudged: Flags) -> Outcome:
        return react(self.nature, self.population, scene, mood, nudged, self.chance)

    # --- how it goes on --------------------------------------------------------------------------

    def _scene(self, viewer: Ids, pages: Pages) -> Scene:
        item = np.where(pages.item == NOTHING, 0, pages.item)
        return stage(self.items, self.population, viewer, pages, self.inspiration(viewer, item))

    def _remember(self, scene: Scene, outcome: Outcome) -> None:
        viewer, did = scene.viewer, outcome.did
        made = did[:, :, DEEDS.index("create")].any(axis=1) | outcome.nudge["accepted"]
        self.mood[viewer], self.made[viewer] = outcome.mood, self.made[viewer] | made
        self.passive[viewer] += outcome.seen.sum(axis=1)
        self.hidden[viewer] += did[:, :, DEEDS.index("hide")].sum(axis=1)
        self.here[viewer] = outcome.stays
        effect = self.nature.nudge_habit * outcome.nudge["dismissed"]
        self.population.habit[viewer] += effect
        self._answer(scene, did)
        self._draft(scene, outcome)

    def _answer(self, scene: Scene, did: Numbers) -> None:
        """Likes and what was made of it reach the author."""
        liked, made = (did[:, :, DEEDS.index(d)] for d in ("like", "create"))
        author = self.items.of["author"][np.where(scene.item == NOTHING, 0, scene.item)]
        np.add.at(self.answers, author.ravel(), (liked + 3 * made).ravel())
        np.add.at(self.items.of["made"], scene.item[made > 0], 1.0)

    def _draft(self, scene: Scene, outcome: Outcome) -> None:
        row, place = np.nonzero(outcome.did[:, :, DEEDS.index("post")])
        remixed = self.chance.random(len(row)) < 0.6
        parents = np.where(remixed, scene.item[row, place], NOTHING)
        self.drafts += zip(scene.viewer[row].tolist(), parents.tolist(), strict=True)
        invited = scene.viewer[outcome.nudge["accepted"]]
        wants = sigmoid(self.nature.posts + self.population.social[invited])
        self.drafts += [(w, NOTHING) for w in invited[self.chance.random(len(wants)) < wants]]

    def _post(self) -> None:
        """What was drafted in the last hour, and what is posted in bulk."""
        rate = self.nature.bulk_posts / 24
        bulk = np.flatnonzero(self.prolific() & (self.population.joined * DAY <= self.now))
        drafts = [*self.drafts, *((w, NOTHING) for w in bulk[self.chance.random(len(bulk)) < rate])]
        self.drafts = []
        if drafts:
            author, parent = np.array(drafts, np.int64).T
            self.items.post(self.now, author, parent, self.nature.private)

    def _live(self) -> None:
        """Tastes drift; the drive that answers gave fades."""
        if self.nature.taste_drift and self.now % DAY == 0:
            step = self.nature.taste_drift * self.chance.normal(size=self.population.taste.shape)
            self.population.taste = unit(self.population.taste + step)

    def _arrive(self, share: float) -> None:
        people = self.population
        comes = sigmoid(people.habit) * VISITS * share
        may = (people.joined * DAY <= self.now) & ~people.bulk & ~people.trickster
        self.here = may & (self.chance.random(len(comes)) < comes)
        first = may & (self.visits == 0) & ~self.here
        self.here |= first  # whoever joins looks around at once
        who = np.flatnonzero(self.here)
        self.visits[who] += 1
        self.session[who] = self.sessions + np.arange(len(who))
        self.sessions += len(who)
        self.mood[who], self.began[who], self.page[who] = 0.0, self.now, 0
        self.passive[who], self.hidden[who] = 0, 0
        self.made[who] = False
        self._welcome(who)

    def _welcome(self, who: Ids) -> None:
        """The answers since the last visit encourage; some come with an idea, new ones with one."""
        people, nature = self.population, self.nature
        heard = np.log2(1 + self.answers[who]).clip(max=3)
        people.habit[who] += nature.answers_bring_back * 0.3 * heard
        people.drive[who] += nature.answers_encourage * 0.2 * heard - 0.02 * people.drive[who]
        self.answers[who] = 0
        first = self.visits[who] == 1
        idea = self.chance.random(len(who)) < np.where(first, nature.first_day, nature.ideas)
        posts = self.chance.random(len(who)) < sigmoid(nature.posts + people.social[who])
        self.drafts += [(w, NOTHING) for w in who[idea & posts].tolist()]

    def _asks(self) -> Asks:
        who = np.flatnonzero(self.here)
        moment = self.now + (self.page[who].max() if len(who) else 0) * PAGE_TAKES
        return Asks(
            moment, who, self.session[who], self.page[who], self.began[who], self.passive[who],
            self.made[who],
        )  # fmt: skip

    def _depart(self) -> None:
        """What a session leaves behind: a habit a little stronger or weaker."""
        came, nature = (self.began == self.now) & (self.visits > 0), self.nature
        change = nature.creating_brings_back * self.made - nature.hides_drive_away * self.hidden
        change = change - nature.idling_drives_away * (~self.made) * (self.passive > 20)
        habit = self.population.habit + np.where(came, change, 0.0)
        rest = self.nature.returns
        self.population.habit = (rest + (habit - rest) * 0.98).clip(-3.5, 2.5)
        self.here[:] = False


def _log(scene: Scene, outcome: Outcome, pages: Pages) -> Log:
    row, place = np.nonzero(outcome.seen)
    return Log(
        row,
        place,
        scene.viewer[row],
        scene.item[row, place],
        outcome.did[row, place].astype(np.float32),
        after_nudge=pages.nudged[row] & (place >= NUDGE_PLACE),
        **outcome.nudge,
    )
