"""The report of each arm: counted from settled trials, and refused where too little is known."""

from __future__ import annotations

import datetime
import json
from io import StringIO
from random import Random
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command
from django.utils.timezone import now

from ranking.models import NudgeTrial
from ranking.services import nudge_effects

pytestmark = pytest.mark.django_db


def lived(arm, effect, people=60, each=6, days_ago=1, seed=1):
    """Settled trials of an arm of which we know what it changes."""
    chance, at = Random(seed), now() - datetime.timedelta(days=days_ago)
    rows = []
    for n in range(people * each):
        p = chance.uniform(0.1, 0.9)
        shown = chance.random() < p
        made = chance.random() < 0.1 + effect * shown
        rows.append(
            NudgeTrial(page=uuid4(), viewer=n % people, at=at, ends_at=at, arm=arm, shown=shown,
                       chance=p, context=[1, p, 0, 0, 0], settled=True, created=made, reward=made,
                       dismissed=shown and n % 10 == 0, regret=0.5 if n == 0 else None)
        )  # fmt: skip
    NudgeTrial.objects.bulk_create(rows)


def test_each_arm_is_told_what_it_changed():
    lived("try-this", 0.0)
    lived("remix-your-friend", 0.3, seed=2)
    lived("cameo-invite", 0.3, people=5)
    found = {report.arm: report for report in nudge_effects()}
    assert {arm: report.verdict for arm, report in found.items()} == {
        "try-this": "no effect is certain",
        "remix-your-friend": "helps",
        "cameo-invite": "too little is known",
    }
    helps = found["remix-your-friend"]
    assert (helps.trials, helps.people) == (360, 60)
    assert helps.effect.low < 0.3 < helps.effect.high
    assert helps.weighted.low < 0.3 < helps.weighted.high


def test_old_and_open_trials_are_left_out():
    lived("try-this", 0.0, days_ago=100)
    lived("cameo-invite", 0.0)
    NudgeTrial.objects.filter(arm="cameo-invite").update(settled=False)
    assert nudge_effects() == []


def test_the_command_prints_a_table_or_every_figure():
    lived("remix-your-friend", 0.3)
    table, figures = StringIO(), StringIO()
    call_command("nudges", stdout=table)
    call_command("nudges", "--json", "--days", "7", stdout=figures)
    assert "helps" in table.getvalue().splitlines()[1]
    told = json.loads(figures.getvalue())
    assert [(arm["arm"], arm["trials"]) for arm in told] == [("remix-your-friend", 360)]


@pytest.mark.parametrize("days", [0, -1, 4000])
def test_a_span_that_makes_no_sense_is_refused(days):
    with pytest.raises(CommandError, match="--days"):
        call_command("nudges", days=days)
