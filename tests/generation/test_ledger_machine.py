"""Whatever is granted, reserved, settled, released, expires or is killed half-way, in whatever
order: the ledger, the lots and the account say the same, and every credit is in one place."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest
from django.db import transaction
from django.utils.timezone import now
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from generation import credits, dispatch, lots
from generation.errors import NotEnoughCredits
from generation.models import Account, EntryKind, LedgerEntry, Lot, LotUse
from generation.states import JobState
from tests.generation import invariants
from tests.generation.making import queued_job, stored
from tests.people import person

pytestmark = pytest.mark.django_db
SIGNS = {"grant": 1, "reserve": -1, "release": 1, "settle": 0, "expire": -1}
WHICH, KILLED = st.integers(0, 3), st.sampled_from([False, False, False, True])
DAILY = 30


class Killed(Exception):
    """The process dies here, and with it its transaction."""


class Ledger(RuleBasedStateMachine):
    """One person's packs; `pots` is what a plain model says of each: [left, end]."""

    def __init__(self) -> None:
        super().__init__()
        self.world = transaction.atomic()
        self.world.__enter__()
        self.ada = person()
        credits.account_of(self.ada)
        self.by_day, self.pots, self.open, self.told = DAILY, {}, [], Counter()

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.world.__exit__(None, None, None)

    def do(self, act, killed):
        """Whether it was done; killed, it happens up to its last line and not at all."""
        try:
            with transaction.atomic():
                found = act()
                if killed:
                    raise Killed
        except (Killed, NotEnoughCredits):
            return None
        return found

    @rule(amount=st.integers(1, 9), days=st.sampled_from([None, 1, 2, 3]), killed=KILLED)
    def grant(self, amount, days, killed):
        if lot := self.do(lambda: lots.grant(self.ada, amount, days), killed):
            self.pots[lot.pk] = [amount, days or 99]
            self.told["grant"] += amount

    @rule(cost=st.integers(1, 25), killed=KILLED)
    def reserve(self, cost, killed):
        if job := self.do(lambda: queued_job(self.ada, cost=cost), killed):
            self.open.append((job, self.spend(cost)))
            self.told["reserve"] += cost
        elif not killed:
            assert cost > self.available()

    @rule(which=WHICH, killed=KILLED)
    def settle(self, which, killed):
        if self.open:
            job, _ = self.open[which % len(self.open)]
            if self.do(lambda: self.finish(job), killed):
                self.open.pop(which % len(self.open))
                self.told["settle"] += job.cost

    @rule(which=WHICH, killed=KILLED)
    def release(self, which, killed):
        if self.open:
            job, parts = self.open[which % len(self.open)]
            if self.do(lambda: dispatch.cancel(job.pk, "author"), killed):
                self.open.pop(which % len(self.open))
                self.told["release"] += job.cost
                for lot, amount in parts.items():
                    self.come_back(lot, amount)

    @rule(which=WHICH, swept=st.booleans(), killed=KILLED)
    def a_lot_ends(self, which, swept, killed):
        alive = [pk for pk, (_, end) in self.pots.items() if 0 < end < 99]
        if alive:
            pk = alive[which % len(alive)]
            Lot.objects.filter(pk=pk).update(expires_at=now() - timedelta(seconds=1))
            self.do(lots.expire if swept else lambda: credits.account_of(self.ada), killed)
            credits.account_of(self.ada)
            self.told["expire"] += self.pots[pk][0]
            self.pots[pk] = [0, 0]

    # --- the plain model ---

    def available(self):
        return self.by_day + sum(left for left, _ in self.pots.values())

    def spend(self, cost):
        """Out of which pots; what came day by day lies between those that end and the rest."""
        parts = {}
        in_order = sorted(self.pots, key=lambda pk: (self.pots[pk][1], pk))
        for pk in [p for p in in_order if self.pots[p][1] < 99] + [None]:
            cost -= self.draw(pk, cost, parts)
        for pk in [p for p in in_order if self.pots[p][1] == 99]:
            cost -= self.draw(pk, cost, parts)
        assert cost == 0
        return parts

    def draw(self, pk, cost, parts):
        share = min(self.by_day if pk is None else self.pots[pk][0], cost)
        if pk is None:
            self.by_day -= share
        else:
            self.pots[pk][0] -= share
        if share:
            parts[pk] = share
        return share

    def come_back(self, lot, amount):
        if lot is None:
            self.by_day += amount
        elif self.pots[lot][1]:
            self.pots[lot][0] += amount
        else:
            self.told["expire"] += amount

    def finish(self, job):
        token = dispatch.claim(job.pk)
        return dispatch.finish(job.pk, token, stored(job.pk, token)) == JobState.DONE

    # --- promises ---

    @invariant()
    def the_ledger_is_the_balance(self):
        account = Account.objects.get(user=self.ada)
        entries = list(LedgerEntry.objects.filter(account=account))
        assert account.available == sum(SIGNS[one.kind] * one.amount for one in entries)
        assert account.available == self.available()
        assert min(account.available, account.in_lots, account.reserved, account.spent) >= 0
        of_kind = Counter()
        for one in entries:
            of_kind[one.kind] += one.amount
        assert of_kind == self.told + Counter(grant=DAILY)

    @invariant()
    def every_lot_is_as_the_model_says(self):
        found = dict(Lot.objects.values_list("pk", "left"))
        assert found == {pk: left for pk, (left, _) in self.pots.items()}

    @invariant()
    def no_credit_is_in_two_places(self):
        for lot in Lot.objects.all():
            used = sum(LotUse.objects.filter(lot=lot).values_list("amount", flat=True))
            gone = LedgerEntry.objects.filter(lot=lot, kind=EntryKind.EXPIRE)
            assert lot.amount == lot.left + used + sum(gone.values_list("amount", flat=True))
        invariants.check()


@pytest.mark.slow
def test_every_credit_is_in_one_place_whatever_happens():
    run_state_machine_as_test(
        Ledger,
        settings=settings(
            max_examples=30,
            stateful_step_count=25,
            deadline=None,
            derandomize=True,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        ),
    )
