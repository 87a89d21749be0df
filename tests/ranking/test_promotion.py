"""Training from the log, who serves afterwards, and what is refused."""

from __future__ import annotations

import datetime
import hashlib
import io
import uuid

import numpy as np
import pytest
from django.core.management import call_command

from ranking import promotion
from ranking.examples import examples
from ranking.features import FEATURES, packed, unpacked
from ranking.models import Creation, Engagement, Made, ServedPage, TrainedModel
from ranking.network import HEADS, Learned
from ranking.promotion import TooLittle, train
from ranking.registry import REGISTRY, Registry
from ranking.tasks import train_ranker

pytestmark = pytest.mark.django_db
SIZE, DAY = 20, datetime.timedelta(days=1)
FRIEND = FEATURES.index("friend")


@pytest.fixture(autouse=True)
def _fresh_registry():
    REGISTRY.drop()
    yield
    REGISTRY.drop()


def now() -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC)


def log(pages: int, seed: int = 0) -> None:
    """Pages of yesterday, seen to their end: templates inspire, friends do not, whatever the prior
    believes."""
    lot, served, seen, made = np.random.default_rng(seed), [], [], []
    inspiring = FEATURES.index("templated")
    for number in range(pages):
        found = np.zeros((SIZE, len(FEATURES)), np.float32)
        found[:, [FRIEND, FEATURES.index("templated"), FEATURES.index("age")]] = lot.integers(
            0, 2, (SIZE, 3)
        )
        at = now() - DAY + number * datetime.timedelta(seconds=1)
        page = ServedPage(
            viewer=number % 50, session="s", surface="home", at=at, policy="prior-1",
            items=list(range(1, SIZE + 1)), found=packed(found),
        )  # fmt: skip
        served.append(page)
        seen.append(Engagement(client_event=uuid.uuid4(), viewer=page.viewer, page=page, item=SIZE,
                               position=SIZE - 1, kind="seen", at=at))  # fmt: skip
        chances = np.where(found[:, inspiring] > 0, 0.3, 0.02)
        for place in np.flatnonzero(lot.random(SIZE) < chances).tolist():
            made.append(Creation(kind=Made.GENERATE, subject=f"{seed}-{number}-{place}", at=at,
                                 viewer=page.viewer, page=page.pk, item=place + 1, position=place,
                                 credit=1))  # fmt: skip
    for rows in (served, seen, made):
        type(rows[0]).objects.bulk_create(rows)


def test_a_model_that_beats_the_prior_serves():
    log(100)
    row = train(now())
    total = row.figures["surprise"]["total"]
    assert (row.promoted, total["model"] < total["prior"]) == (True, True)
    served = REGISTRY.current()
    assert (served.name, REGISTRY.named(served.name)) == (f"model-{row.pk}", served)
    found = np.zeros((2, len(FEATURES)), np.float32)
    found[0, FRIEND] = found[1, FEATURES.index("templated")] = 1
    friend, templated = served.probabilities(found)["create"]
    assert templated > 3 * friend


def test_calibration_is_told_for_each_head_and_slice():
    log(100)
    kept = train(now()).figures["calibration"]["create"]
    assert set(kept) == {"everything", "friends", "strangers", "new", "old"}
    assert kept["friends"]["of"] + kept["strangers"]["of"] == kept["everything"]["of"] == 400
    assert kept["everything"]["said"] == pytest.approx(kept["everything"]["happened"], abs=0.04)


def test_a_model_that_is_worse_than_the_one_before_does_not_serve(monkeypatch):
    log(100)
    first = train(now())
    worse = Learned(((np.zeros((len(FEATURES), len(HEADS)), np.float32),
                      np.zeros(len(HEADS), np.float32)),), np.full(len(HEADS), 1e9))  # fmt: skip
    monkeypatch.setattr(promotion, "learn", lambda *_, **__: worse)
    second = train(now())
    assert (second.promoted, bytes(second.file), second.sha256) == (False, b"", "")
    assert REGISTRY.current().name == first.name


def test_the_next_begins_where_the_last_ended_and_is_compared_with_it():
    log(60)
    train(now())
    log(60, seed=1)
    assert set(train(now()).figures["surprise"]["create"]) == {"model", "prior", "last"}


@pytest.mark.parametrize("pages", [0, 1, 24])
def test_too_little_changes_nothing_and_says_so(pages, caplog):
    if pages:
        log(pages)
    with pytest.raises(TooLittle, match="500 and 20 are needed"):
        train(now())
    out = io.StringIO()
    call_command("train", stdout=out)
    train_ranker()
    assert out.getvalue().startswith("Nothing was trained: ")
    assert (TrainedModel.objects.count(), REGISTRY.current()) == (0, None)


def test_pages_without_creations_are_too_little():
    log(60)
    Creation.objects.all().delete()
    with pytest.raises(TooLittle, match="1200 impressions and 0 creations"):
        train(now())


def test_the_command_prints_the_figures():
    log(60)
    out = io.StringIO()
    call_command("train", stdout=out)
    said = out.getvalue()
    assert all(word in said for word in ("serves", "held out", "total", "create", "strangers"))


def test_what_is_learned_from_is_what_was_known_then():
    log(30)
    found = examples(now())
    assert (len(found), found.at.tolist() == sorted(found.at.tolist())) == (600, True)
    assert found.happened()[HEADS.index("create")] == Creation.objects.count()


def test_what_was_logged_in_other_columns_teaches_nothing():
    log(30)
    for page in ServedPage.objects.order_by("id")[:10]:
        found = unpacked(page.found, SIZE)[:, :-3]
        page.found = b"\0\0\0\0" + found.astype("<f2").tobytes()
        page.save(update_fields=["found"])
    assert len(examples(now())) == 20 * SIZE


# --- files ----------------------------------------------------------------------------------------


def kept(file: bytes, sha256: str | None = None) -> TrainedModel:
    digest = sha256 or hashlib.sha256(file).hexdigest()
    return TrainedModel.objects.create(examples=1, promoted=True, file=file, sha256=digest)


def plain(features: int = len(FEATURES), much: float = 0.0) -> bytes:
    weights = np.full((features, len(HEADS)), much, np.float32)
    return Learned(((weights, np.zeros(len(HEADS), np.float32)),), np.ones(len(HEADS))).packed()


@pytest.mark.parametrize(
    "bad",
    [
        plain(much=np.nan),
        plain(much=np.inf),
        plain(features=3),
        plain(features=len(FEATURES) - 3),
        plain()[:-200],
        b"",
        b"PK\x03\x04" * 9,
    ],
    ids=["nan", "inf", "narrow", "of other columns", "cut short", "empty", "rubbish"],
)
def test_a_bad_file_is_refused_and_the_old_model_stays(bad, caplog):
    good = kept(plain())
    assert REGISTRY.current().name == good.name
    sick = kept(bad)
    REGISTRY._looked = -1e9
    assert REGISTRY.current().name == good.name
    assert Registry().current().name == good.name  # a process that starts now
    assert promotion.newest().name == good.name
    assert f"{sick.name} is not taken" in caplog.text


def test_a_file_that_was_changed_is_refused(caplog):
    kept(plain(), sha256="0" * 64)
    assert (Registry().current(), "not what was written" in caplog.text) == (None, True)


def test_the_old_model_is_remembered_for_pages_that_go_on():
    first = kept(plain())
    REGISTRY.current()
    second = kept(plain(much=0.1))
    REGISTRY._looked = -1e9
    assert (REGISTRY.current().name, REGISTRY.named(first.name).name) == (second.name, first.name)
    assert REGISTRY.named("prior-1") is None


def test_a_process_looks_once_a_minute(django_assert_num_queries):
    kept(plain())
    REGISTRY.current()
    with django_assert_num_queries(0):
        REGISTRY.current()
