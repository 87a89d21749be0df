"""Whatever happens to jobs, in whatever order: the promises hold after every step."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import ClassVar

import pytest
from django.db import transaction
from django.db.models.functions import Now
from django.test import override_settings
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from cameos import services as cameos
from cameos.errors import ConsentRequired, UnknownCameo
from cameos.models import Consent
from cameos.states import CameoState, ConsentState
from generation import dispatch
from generation.errors import NotEnoughCredits, TooManyJobs
from generation.models import Account, Job, LedgerEntry, Output
from generation.services import cancel, submit
from generation.states import ENDED, JobState
from sora_social.errors import IllegalMove
from sora_social.users.models import User
from tests.cameos.making import active_cameo
from tests.generation import invariants
from tests.generation.making import stored
from tests.people import person

pytestmark = pytest.mark.django_db
AUTHORS, LEASES = st.integers(0, 1), st.sampled_from([0, 0, 0, 1, 2, 5])
WORDS = (
    lambda pk, token: dispatch.fail(pk, token, "error"),
    lambda pk, token: dispatch.fail(pk, token, "error", retry=False),
    lambda pk, token: dispatch.block(pk, token, "rule"),
    dispatch.lose,
    dispatch.stand_down,
)
PAST = timedelta(seconds=1)


class Jobs(RuleBasedStateMachine):
    """Two authors, one friend's cameo, and every hand that can be laid on a job. Time passes by
    moving the rows' own times into the past, under the database's clock."""

    seen: ClassVar = Counter()  # how trials to finish ended, over all runs

    def __init__(self) -> None:
        super().__init__()
        self.world = transaction.atomic()
        self.world.__enter__()
        self.authors = [person(), person()]
        self.friend = person()
        self.cameo = active_cameo(self.friend, audience="everyone")
        self.wishes, self.leases, self.files = 0, [], {}

    def teardown(self) -> None:
        self.no_credit_is_made_or_lost()
        self.nothing_dark_is_shown()
        transaction.set_rollback(True)
        self.world.__exit__(None, None, None)

    def jobs(self, **which):
        """In the order in which they were made, also within a millisecond."""
        found = Job.objects.filter(**which)
        return sorted(
            found, key=lambda job: (job.author_id, int(job.idempotency_key.split("-")[1]))
        )

    @initialize()
    def two_wishes(self):
        self.wish(0, True, False)
        self.wish(1, False, False)

    # --- people ---

    @rule(author=AUTHORS, with_friend=st.booleans(), again=st.booleans())
    def wish(self, author, with_friend, again):
        self.wishes += not again
        prompt = f"@{self.cameo.handle} waves" if with_friend else "a ball"
        try:
            submit(self.authors[author], key=f"key-{self.wishes}-{with_friend}", prompt=prompt)
        except (NotEnoughCredits, TooManyJobs, ConsentRequired, UnknownCameo):
            pass  # that nothing was saved, the promises below will tell

    @rule(author=AUTHORS)
    def cancel_the_oldest(self, author):
        for job in self.jobs(author=self.authors[author])[:1]:
            try:
                cancel(job)
            except IllegalMove:
                pass

    @rule()
    def pause_or_resume(self):
        self.cameo.refresh_from_db()
        paused = self.cameo.state == CameoState.PAUSED
        (cameos.resume if paused else cameos.pause)(self.cameo)

    @rule()
    def revoke_a_leave(self):
        for leave in Consent.objects.filter(state=ConsentState.GRANTED)[:1]:
            cameos.revoke_leave(leave, self.friend)

    @rule(author=AUTHORS, present=st.booleans())
    def suspend_or_restore(self, author, present):
        User.objects.filter(pk=self.authors[author].pk).update(is_active=present)

    # --- workers; a lease is remembered after it is lost, and spoken for all the same ---

    @precondition(lambda self: self.jobs(state=JobState.QUEUED))
    @rule(which=st.integers(0, 2))
    def claim(self, which):
        queued = self.jobs(state=JobState.QUEUED)
        job = queued[which % len(queued)]
        if token := dispatch.claim(job.pk):
            self.leases.insert(0, (job.pk, token))

    @precondition(lambda self: self.leases)
    @rule(lease=LEASES)
    def beat(self, lease):
        pk, token = self.leases[lease % len(self.leases)]
        may = self.may_go_on(pk, token) and self.is_timely(pk)
        assert dispatch.beat(pk, token, stage="render", progress=0.5) == may

    @precondition(lambda self: self.leases)
    @rule(lease=LEASES)
    def finish(self, lease):
        pk, token = self.leases[lease % len(self.leases)]
        held, may = self.holds(pk, token), self.may_go_on(pk, token)
        expected = None if not held else JobState.DONE if may else JobState.CANCELLED
        assert dispatch.finish(pk, token, self.made(pk, token)) == expected
        self.seen[expected] += 1

    @precondition(lambda self: self.leases)
    @rule(lease=LEASES, word=st.sampled_from(WORDS))
    def end_otherwise(self, lease, word):
        pk, token = self.leases[lease % len(self.leases)]
        before = Job.objects.filter(pk=pk).values().get()
        held = self.holds(pk, token)
        word(pk, token)
        assert not self.holds(pk, token)
        assert held or Job.objects.filter(pk=pk).values().get() == before

    # --- time ---

    @rule()
    def leases_run_out(self):
        Job.objects.filter(state=JobState.RUNNING).update(lease_until=Now() - PAST)

    @rule()
    def pauses_end_and_hints_go_stale(self):
        Job.objects.filter(state=JobState.QUEUED).update(
            run_after=Now() - PAST, dispatched_at=Now() - timedelta(hours=1)
        )

    @rule(which=st.integers(0, 9))
    def a_deadline_passes(self, which):
        found = [job for job in self.jobs() if job.state not in ENDED]
        for job in found[which : which + 1]:
            Job.objects.filter(pk=job.pk).update(deadline_at=Now() - PAST)

    @rule()
    def sweep(self):
        dispatch.sweep()
        assert not Job.objects.filter(state=JobState.RUNNING, lease_until__lt=Now()).exists()
        assert not Job.objects.open().filter(deadline_at__lt=Now()).exists()
        assert not Job.objects.filter(state=JobState.QUEUED).difference(
            Job.objects.may_go_on().filter(state=JobState.QUEUED)
        )

    # --- promises ---

    def holds(self, pk, token):
        return Job.objects.filter(pk=pk, state=JobState.RUNNING, lease_token=token).exists()

    def may_go_on(self, pk, token):
        return self.holds(pk, token) and Job.objects.may_go_on().filter(pk=pk).exists()

    def is_timely(self, pk):
        return Job.objects.filter(pk=pk, deadline_at__gt=Now()).exists()

    def made(self, pk, token):
        if token not in self.files:
            self.files[token] = stored(pk, token)
        return self.files[token]

    @invariant()
    def everything_adds_up(self):
        invariants.check()

    def no_credit_is_made_or_lost(self):
        granted = sum(entry.amount for entry in LedgerEntry.objects.filter(kind="grant"))
        kept = sum(a.available + a.reserved + a.spent for a in Account.objects.all())
        assert kept == granted

    def nothing_dark_is_shown(self):
        live = set(Consent.objects.live().values_list("pk", flat=True))
        for output in Output.objects.cleared().prefetch_related("job__uses"):
            assert {use.consent_id for use in output.job.uses.all()} <= live


@pytest.mark.slow
def test_the_promises_hold_whatever_happens():
    with override_settings(LEASE_S=3600):  # they run out when a rule says so, never by themselves
        run_state_machine_as_test(
            Jobs,
            settings=settings(
                max_examples=25,
                stateful_step_count=30,
                deadline=None,
                derandomize=True,
                phases=[Phase.generate],  # what fails is read from the steps; to shrink takes long
                suppress_health_check=list(HealthCheck),
            ),
        )
    assert set(Jobs.seen) == {JobState.DONE, JobState.CANCELLED, None}
