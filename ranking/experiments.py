"""Experiments: who is in which arm, who came into contact with it, when it must end.

What may be tried is written in `experiments.toml`; a row says whether it runs, and keeps the
definition it began with. Assignment is a hash, so that nothing is stored until somebody meets it.
"""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from functools import cache
from math import isfinite
from pathlib import Path
from typing import Any, Self

import numpy as np
from django.core.cache import cache as kept
from django.db import transaction
from django.utils.timezone import now

from ranking.models import Experiment, ExperimentState, Exposure, FriendGroup
from ranking.sequential import Verdict, compare
from ranking.types import Ids, Numbers
from sora_social.errors import IllegalMove, NotFound

BOOK = Path(__file__).with_name("experiments.toml")
UNITS = frozenset({"person", "friends"})
RUNNING, RUNNING_S = "experiments:running", 10
MET_S = 3600  # how long a process need not write down again that somebody met an experiment
EVERY = timedelta(minutes=5)  # a look at the figures
Running = dict[str, tuple[dict[str, Any], str]]  # definition and salt by name
Outcome = Callable[[Ids, Numbers, float], Numbers]  # people, since when (Unix), seconds: numbers


@dataclass(frozen=True, slots=True)
class Metric:
    """One number for each person, and which way is better."""

    outcome: Outcome
    more_is_better: bool = True


@dataclass(frozen=True, slots=True)
class Definition:
    """What is tried, on whom, what decides, and what may not become worse."""

    name: str
    question: str
    unit: str
    arms: Mapping[str, float]
    metric: str
    days: float
    guardrails: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        shares = self.arms.values()
        if self.unit not in UNITS:
            raise ValueError(f"{self.name}: unit is one of {sorted(UNITS)}")
        if len(self.arms) != 2 or min(shares) <= 0 or abs(sum(shares) - 1) > 1e-9:
            raise ValueError(f"{self.name}: arms are two shares above 0 that sum to 1")
        if not 0 < self.days <= 60:
            raise ValueError(f"{self.name}: days lie above 0 and at most at 60")
        if not all(isfinite(worst) and worst >= 0 for worst in self.guardrails.values()):
            raise ValueError(f"{self.name}: guardrails are finite and not negative")

    def said(self) -> dict[str, Any]:
        """As it is kept: the arms in a list, for a database may sort what it keeps by name."""
        return asdict(self) | {"arms": list(self.arms.items())}

    @classmethod
    def read(cls, said: Mapping[str, Any]) -> Self:
        return cls(**dict(said) | {"arms": dict(said["arms"])})

    @property
    def control(self) -> str:
        return next(iter(self.arms))

    @property
    def treatment(self) -> str:
        return list(self.arms)[1]


@cache
def definitions() -> dict[str, Definition]:
    """Everything that may be tried, by name."""
    book = tomllib.loads(BOOK.read_text())
    return {name: Definition(name, **said) for name, said in book.items()}


# --- who is in which arm --------------------------------------------------------------------------


def arm_of(name: str, person: int) -> str:
    """The arm in which somebody meets an experiment now, which is written down; the first arm
    while it does not run."""
    found = running()
    if name not in found:
        return definitions()[name].control
    arm = assigned_arm(name, person, found)
    _meet(name, person, arm)
    return arm


def assigned_arm(name: str, person: int, found: Running) -> str:
    """The arm of somebody in one of the experiments that run."""
    said, salt = found[name]
    definition = Definition.read(said)
    return assigned(definition, salt, _unit(definition, person))


def assigned(definition: Definition, salt: str, unit: int) -> str:
    """The arm of a unit: a hash that is even over units, and another for every experiment."""
    digest = hashlib.sha256(f"{definition.name}:{salt}:{unit}".encode()).digest()
    place, reached = int.from_bytes(digest[:8], "big") / 2**64, 0.0
    for arm, share in definition.arms.items():
        reached += share
        if place < reached:
            return arm
    return definition.treatment


def _unit(definition: Definition, person: int) -> int:
    return group_of(person) if definition.unit == "friends" else person


def group_of(person: int) -> int:
    """The group of friends somebody is in; alone, they are one."""
    group = FriendGroup.objects.filter(person=person).values_list("group", flat=True).first()
    return person if group is None else group


def running() -> Running:
    """What runs, as it was defined when it began, and its salt."""
    found: Running | None = kept.get(RUNNING)
    if found is None:
        rows = Experiment.objects.filter(state=ExperimentState.RUNNING)
        found = {row.name: (row.definition, row.salt) for row in rows}
        kept.set(RUNNING, found, RUNNING_S)
    return found


def _meet(name: str, person: int, arm: str) -> None:
    """The first contact counts, whoever else writes it down at the same time."""
    if kept.add(f"experiments:{name}:{person}", True, MET_S):
        met = Exposure(experiment_id=name, person=person, unit=_unit_now(name, person), arm=arm)
        Exposure.objects.bulk_create([met], ignore_conflicts=True)


def _unit_now(name: str, person: int) -> int:
    return _unit(definitions()[name], person)


# --- the operators' door --------------------------------------------------------------------------


def known() -> list[tuple[Definition, Experiment | None]]:
    """Every definition, with its run if it ever began."""
    rows = Experiment.objects.in_bulk()
    return [(definition, rows.get(name)) for name, definition in definitions().items()]


@transaction.atomic
def start(name: str) -> Experiment:
    """Begin. Raises NotFound, IllegalMove where it runs or has ended."""
    if name not in definitions():
        raise NotFound(field="experiment")
    run, _ = Experiment.objects.get_or_create(name=name)
    run.move(ExperimentState.RUNNING, definition=definitions()[name].said(), started_at=now())
    transaction.on_commit(lambda: kept.delete(RUNNING))
    return run


@transaction.atomic
def stop(name: str, reason: str) -> Experiment:
    """End, for good: from now on everybody has the first arm. Raises NotFound, IllegalMove."""
    run = Experiment.objects.filter(name=name).first()
    if run is None:
        raise NotFound(field="experiment")
    run.move(ExperimentState.STOPPED, stopped_at=now(), reason=reason)
    transaction.on_commit(lambda: kept.delete(RUNNING))
    return run


# --- looking, and ending by itself ----------------------------------------------------------------


def review(metrics: Mapping[str, Metric]) -> list[str]:
    """Look at every running experiment whose last look is some minutes old; which were stopped."""
    due = Experiment.objects.filter(state=ExperimentState.RUNNING)
    stopped = []
    for run in due:
        last = Experiment.objects.filter(pk=run.pk, looked_at=run.looked_at)
        if now() - run.looked_at >= EVERY and last.update(looked_at=now()):
            stopped += [run.name] * look(run, metrics)
    return stopped


def look(run: Experiment, metrics: Mapping[str, Metric]) -> bool:
    """Keep the figures of this moment; stop where a guardrail is surely broken."""
    definition = Definition.read(run.definition)
    found = {
        name: _compared(definition, run.name, metrics[name].outcome)
        for name in (definition.metric, *definition.guardrails)
    }
    run.result = _result(run.result, found)
    run.save(update_fields=["result"])
    guards = definition.guardrails.items()
    broken = [name for name, worst in guards if _breaks(found[name], metrics[name], worst)]
    if broken:
        with suppress(IllegalMove):  # an operator was faster
            stop(run.name, f"guardrail: {', '.join(broken)}")
    return bool(broken)


def _compared(definition: Definition, name: str, outcome: Outcome) -> Verdict | None:
    """Units whose days are over, the mean of their people each, arm against arm."""
    over = now() - timedelta(days=definition.days)
    met = Exposure.objects.filter(experiment=name, at__lte=over).order_by("pk")
    rows = list(met.values_list("person", "unit", "arm", "at"))
    if not rows:
        return None
    people = np.array([person for person, *_ in rows], np.int64)
    since = np.array([at.timestamp() for *_, at in rows])
    values = outcome(people, since, definition.days * 86_400)
    return compare(
        _of_units(rows, values, definition.control), _of_units(rows, values, definition.treatment)
    )


def _of_units(rows: Sequence[tuple[int, int, str, Any]], values: Numbers, arm: str) -> Numbers:
    inside = np.array([its == arm for _, _, its, _ in rows])
    units = np.array([unit for _, unit, _, _ in rows], np.int64)[inside]
    _, place = np.unique(units, return_inverse=True)
    return np.asarray(np.bincount(place, values[inside]) / np.maximum(np.bincount(place), 1))


def _breaks(found: Verdict | None, metric: Metric, worst: float) -> bool:
    """Whether it has surely become worse by more than what is borne."""
    if found is None:
        return False
    least_harm = -found.high if metric.more_is_better else found.low
    return least_harm > worst


def _result(before: Mapping[str, Any], found: Mapping[str, Verdict | None]) -> dict[str, Any]:
    """The figures of now, each with the smallest p-value of all looks."""
    now_ = {name: asdict(verdict) for name, verdict in found.items() if verdict}
    for name, figures in now_.items():
        figures["p"] = min(figures["p"], before.get(name, {}).get("p", 1.0))
    return dict(before) | {name: _finite(figures) for name, figures in now_.items()}


def _finite(figures: Mapping[str, float]) -> dict[str, float | None]:
    return {name: value if isfinite(value) else None for name, value in figures.items()}
