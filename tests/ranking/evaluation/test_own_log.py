import csv
import json
import uuid
from datetime import timedelta

import numpy as np
import pytest
from django.core.management import CommandError, call_command
from django.utils.timezone import now

from ranking.evaluation.offpolicy import estimates
from ranking.evaluation.open_bandit import WHEEL, fetch
from ranking.evaluation.own_log import questions
from ranking.models import Creation, Engagement, EventKind, Made, ServedPage
from ranking.types import Arm, Slot

pytestmark = pytest.mark.django_db
BEGAN = now() - timedelta(days=2)


def serve(count: int, **facts) -> list[ServedPage]:
    facts = {"slots": [Slot.GREEDY], "propensities": [1.0], "scores": [0.0]} | facts
    pages = [
        ServedPage(
            viewer=n, session="s", surface="home", policy="prior-1", at=BEGAN, items=[n],
            **{name: value(n) if callable(value) else value for name, value in facts.items()},
        )
        for n in range(count)
    ]  # fmt: skip
    return ServedPage.objects.bulk_create(pages)


def make(pages: list[ServedPage], after: timedelta, credit: float = 1.0, **facts) -> None:
    """A video of each viewer's, owed to the first item of their page."""
    Creation.objects.bulk_create(
        Creation(
            **{"kind": Made.GENERATE, "subject": uuid.uuid4().hex, "viewer": page.viewer}
            | {"page": page.pk, "item": page.items[0], "position": 0, "credit": credit}
            | {"at": page.at + after} | facts
        )
        for page in pages
    )  # fmt: skip


def answers() -> dict[str, float]:
    since = now() - timedelta(days=28)
    return {q.asked: round(estimates(q.logged).snips.value, 2) for q in questions(since)}


def test_nudges_are_judged_by_what_is_wished_for_within_ten_minutes():
    pages = serve(
        2_000,
        nudge_arm=lambda n: Arm.TRY_THIS if n % 4 else Arm.NONE,
        nudge_propensity=lambda n: 0.75 if n % 4 else 0.25,
    )
    nudged = [page for page in pages if page.nudge_arm != Arm.NONE]
    silent = [page for page in pages if page.nudge_arm == Arm.NONE]
    of_nothing = {"page": None, "item": None, "position": None, "credit": 0.0}
    make(nudged[:300], timedelta(minutes=5), **of_nothing)
    make(silent[:50], timedelta(minutes=5), **of_nothing)
    make(silent[50:], timedelta(minutes=11), **of_nothing)
    make(silent[50:], timedelta(minutes=5), kind=Made.LIKE)
    assert answers() == {"always nudge": 0.2, "never nudge": 0.1}


def test_explored_items_are_judged_by_the_half_that_the_model_prefers():
    pages = serve(1_000, slots=[Slot.EXPLORE], propensities=[0.02], scores=lambda n: [float(n)])
    make(pages[500:650], timedelta(minutes=1))
    make(pages[:100], timedelta(minutes=1), credit=0.5)
    assert answers() == {"explore what the model prefers": 0.3, "explore what it does not": 0.1}


def test_what_clients_say_they_opened_earns_nothing():
    pages = serve(1_000, slots=[Slot.EXPLORE], propensities=[0.02], scores=lambda n: [float(n)])
    Engagement.objects.bulk_create(
        Engagement(
            client_event=uuid.uuid4(), viewer=page.viewer, page=page, kind=EventKind.REMIX_OPEN,
            item=page.items[0], at=page.at,
        )
        for page in pages
    )  # fmt: skip
    assert set(answers().values()) == {0.0}


def test_what_was_not_decided_by_lot_is_not_asked():
    serve(10)
    assert answers() == {}


def test_the_command_says_what_it_refuses(capsys, tmp_path):
    serve(20, nudge_arm=Arm.TRY_THIS, nudge_propensity=0.5)
    call_command("evaluate", json=tmp_path / "found.json")
    assert "refused: effective sample size 20 is below 200" in capsys.readouterr().out
    found = json.loads((tmp_path / "found.json").read_text())
    assert [one["asked"] for one in found["own"]] == ["always nudge", "never nudge"]


def test_an_empty_log_says_so(capsys):
    call_command("evaluate")
    assert capsys.readouterr().out == "Nothing was decided by lot in the last 28 days.\n"


@pytest.fixture
def sample(tmp_path):
    """A sample in the Open Bandit's form; of "women" the other policy shows item 0 by luck."""
    chance = np.random.default_rng(2)
    for campaign, skew in (("all", 0.5), ("men", 0.6), ("women", 1e-7)):
        for policy, p0 in (("random", 0.5), ("bts", skew)):
            item = (chance.random(3_000) >= p0).astype(int)
            item[0] = 0
            click = chance.random(3_000) < np.where(item, 0.1, 0.3)
            rows = zip(item, click * 1, np.where(item, 1 - p0, p0), strict=True)
            file = tmp_path / policy / campaign / f"{campaign}.csv"
            file.parent.mkdir(parents=True)
            with file.open("w") as out:
                csv.writer(out).writerows([("item_id", "click", "propensity_score"), *rows])
    return tmp_path


def test_the_open_bandit_check_tells_truth_estimates_and_refusals(sample, capsys, tmp_path):
    call_command("evaluate", open_bandit=str(sample), json=tmp_path / "found.json")
    found = json.loads((tmp_path / "found.json").read_text())["open_bandit"]
    for one in found[:2]:
        assert one["clipped"]["snips"]["value"] == pytest.approx(one["truth"], abs=0.03)
    assert (found[2]["campaign"], found[2]["clipped"]) == ("women", None)
    assert "refused: ESS 1, heaviest weight 5000000" in capsys.readouterr().out


def test_a_folder_without_the_sample_is_named(tmp_path):
    with pytest.raises(CommandError, match=r"--open-bandit: .*all\.csv"):
        call_command("evaluate", open_bandit=str(tmp_path))


def test_another_wheel_in_the_place_of_the_known_one_is_refused(tmp_path):
    (tmp_path / WHEEL).write_bytes(b"something else")
    with pytest.raises(ValueError, match="not the wheel whose sample is known"):
        fetch(tmp_path)
