"""Nudges as they happen: drawn under a lock, logged as trials, settled and learned from later.

A trial is one arm drawn against none. It is settled once, when its window is over, from rows of
our own and from the answers on its page; the belief moves in the same transaction, so that neither
a replay nor two sweeps at once count anything twice.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from random import SystemRandom
from typing import Any, TypeVar
from uuid import UUID

import numpy as np
from django.db import connection, models, transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils.timezone import now

from ranking.bandit import Own, as_json, from_json, unknown
from ranking.experiments import arm_of
from ranking.models import (
    Engagement,
    EventKind,
    NudgeBelief,
    NudgeState,
    NudgeTrial,
    ServedPage,
)
from ranking.nudges import Answers, allowed, draw, wanted
from ranking.types import Arm, Drawn, Sitting
from sora_social.remembering import Remembered

WINDOW = timedelta(minutes=10)  # what is made within it is the nudge's
PATIENCE = timedelta(minutes=30)  # then no more answers are waited for
DISMISSED, NEVER = 0.5, 1.0  # what they take from a reward
ANSWERS = {  # what a client says of a nudge: the column of its trial
    EventKind.NUDGE_ACCEPT: "accepted",
    EventKind.NUDGE_DISMISS: "dismissed",
    EventKind.NUDGE_NEVER: "never",
    EventKind.NUDGE_REGRET: "regret",
}
_CHANCE = SystemRandom()
_KEPT = 50  # answers to nudges that are remembered
Created = Callable[[Sequence[NudgeTrial]], set[int]]
Logged = TypeVar("Logged", bound=models.Model)


# --- drawing, and being answered ------------------------------------------------------------------


def may_nudge(viewer: int, sitting: Sitting, moment: float) -> bool:
    """Whether the rules leave room for a nudge now, as far as is remembered; nothing is locked, and
    most pages need ask no more."""
    return wanted(sitting, moment) and allowed(ANSWERED.of(viewer), sitting, moment)


@transaction.atomic
def nudge(viewer: int, sitting: Sitting, arms: Sequence[Arm], moment: float) -> Drawn:
    """Draw a nudge for the page being served and remember it; the rules hold under races too."""
    arms = [arm for arm in arms if arm != Arm.REMIX_YOUR_FRIEND or _friends_are_named(viewer)]
    if not arms or not wanted(sitting, moment):
        return Drawn()
    state = _locked(viewer)
    lines = _believed() if arm_of("nudge-policy", viewer) == "learned" else {}
    drawn = draw(_answers(state), sitting, arms, moment, _CHANCE, lines)
    if drawn.text:
        state.shown_at = [*state.shown_at, moment][-_KEPT:]
        state.save(update_fields=["shown_at"])
        ANSWERED.forget(viewer)
    return drawn


def _friends_are_named(viewer: int) -> bool:
    return arm_of("friend-nudges", viewer) == "on"


def _locked(viewer: int) -> NudgeState:
    return NudgeState.objects.select_for_update().get_or_create(viewer=viewer)[0]


def _answers(state: NudgeState) -> Answers:
    own = {arm: Own(**kept) for arm, kept in state.own.items()}
    return Answers(state.never, state.shown_at, state.dismissed_at, own)


def _answered(viewer: int) -> Answers:
    state = NudgeState.objects.filter(viewer=viewer).first()
    return _answers(state) if state else Answers()


ANSWERED = Remembered("nudges", _answered)


def _believed() -> dict[str, Any]:
    kept = NudgeBelief.objects.filter(pk=NudgeBelief.ONLY).values_list("lines", flat=True).first()
    return from_json(kept or {})


def keep_trial(page: UUID, viewer: int, at: datetime, drawn: Drawn) -> None:
    """Log what was drawn for a page, shown or not; nothing when nothing was drawn."""
    if drawn.offered:
        NudgeTrial.objects.create(
            page=page, viewer=viewer, at=at, ends_at=at + WINDOW,
            arm=drawn.offered, shown=drawn.arm == drawn.offered, chance=drawn.chance,
            context=list(drawn.context),
        )  # fmt: skip


def answer(page: ServedPage, kinds: Sequence[str]) -> None:
    """What the viewer said of the page's nudge. A page is dismissed once; 'never' always counts."""
    dismissed = EventKind.NUDGE_DISMISS in kinds and page.nudge_arm not in ("", Arm.NONE)
    if not dismissed and EventKind.NUDGE_NEVER not in kinds:
        return
    state = _locked(page.viewer)
    state.never = state.never or EventKind.NUDGE_NEVER in kinds
    said = Engagement.objects.filter(page=page.pk, kind=EventKind.NUDGE_DISMISS)
    if dismissed and said.count() == kinds.count(EventKind.NUDGE_DISMISS):
        state.dismissed_at = [*state.dismissed_at, now().timestamp()][-_KEPT:]
    state.save(update_fields=["never", "dismissed_at"])
    ANSWERED.forget(page.viewer)


# --- settling, and learning -----------------------------------------------------------------------


def settle(created: Created, limit: int = 500) -> int:
    """Close trials whose answers are in, and learn from them; how many.

    `created` says after which of them (their ids) the viewer made something within the window.
    """
    if not _due().exists():
        return 0  # asked first, so that an idle sweep never takes SQLite's one writer's place
    return _settle(created, limit)


def _due() -> QuerySet[NudgeTrial]:
    return NudgeTrial.objects.filter(settled=False, at__lte=now() - PATIENCE)


@transaction.atomic
def _settle(created: Created, limit: int) -> int:
    skip = connection.features.has_select_for_update_skip_locked
    trials = list(_due().select_for_update(skip_locked=skip).order_by("at")[:limit])
    made, said = created(trials), _said(trials)
    for trial in trials:
        _close(trial, trial.pk in made, said[trial.page])
    told = ["settled", "created", "reward", *ANSWERS.values()]
    NudgeTrial.objects.bulk_update(trials, told)
    _learn(trials)
    return len(trials)


def _said(trials: Sequence[NudgeTrial]) -> Mapping[Any, dict[str, float]]:
    """The answers on each page, by kind; of several of a kind the largest value."""
    found: defaultdict[Any, dict[str, float]] = defaultdict(dict)
    rows = Engagement.objects.filter(page__in=[trial.page for trial in trials], kind__in=ANSWERS)
    for page, kind, value in rows.values_list("page_id", "kind", "value"):
        found[page][kind] = max(value, found[page].get(kind, 0.0))
    return found


def _close(trial: NudgeTrial, created: bool, said: Mapping[str, float]) -> None:
    """An answer to a nudge that was never shown is none."""
    said = said if trial.shown else {}
    trial.settled, trial.created = True, created
    trial.accepted = EventKind.NUDGE_ACCEPT in said
    trial.dismissed = EventKind.NUDGE_DISMISS in said
    trial.never = EventKind.NUDGE_NEVER in said
    trial.regret = min(said[EventKind.NUDGE_REGRET], 1.0) if _asked(said) else None
    against = DISMISSED * trial.dismissed + NEVER * trial.never + (trial.regret or 0.0)
    trial.reward = trial.created - against


def _asked(said: Mapping[str, float]) -> bool:
    return EventKind.NUDGE_REGRET in said


def _learn(trials: Sequence[NudgeTrial]) -> None:
    """Move the one belief of all, then what is known of each person."""
    NudgeBelief.objects.get_or_create(pk=NudgeBelief.ONLY)
    belief = NudgeBelief.objects.select_for_update().get(pk=NudgeBelief.ONLY)
    lines = from_json(belief.lines)
    for arm, of_arm in _by(trials, "arm").items():
        x, shown, chance, reward = columns(of_arm)
        lines[arm] = lines.get(arm, unknown()).after(x, shown, chance, reward)
    belief.lines, belief.trials = as_json(lines), belief.trials + len(trials)
    belief.learned_at = now()
    belief.save()
    _learn_of_people(trials, lines)


def _learn_of_people(trials: Sequence[NudgeTrial], lines: Mapping[str, Any]) -> None:
    of_person = _by(trials, "viewer")
    held = NudgeState.objects.select_for_update().filter(viewer__in=of_person).order_by("viewer")
    states = list(held)
    for state in states:
        own = _answers(state).own
        for trial in of_person[state.viewer]:
            common, _ = lines[trial.arm].effect(np.array(trial.context))
            own = dict(own) | {trial.arm: _own_after(own.get(trial.arm, Own()), trial, common)}
        state.own = {arm: asdict(kept) for arm, kept in own.items()}
    NudgeState.objects.bulk_update(states, ["own"])


def _own_after(own: Own, trial: NudgeTrial, common: float) -> Own:
    at = trial.at.timestamp()
    return own.after(trial.shown, trial.chance, trial.reward, trial.created, common, at)


def _by(trials: Iterable[NudgeTrial], name: str) -> dict[Any, list[NudgeTrial]]:
    found = defaultdict(list)
    for trial in trials:
        found[getattr(trial, name)].append(trial)
    return dict(found)


def columns(trials: Sequence[NudgeTrial]) -> tuple[Any, Any, Any, Any]:
    """Contexts (n, d), shown, chances and rewards (n,)."""
    return (
        np.array([trial.context for trial in trials], float),
        np.array([trial.shown for trial in trials], bool),
        np.array([trial.chance for trial in trials], float),
        np.array([trial.reward for trial in trials], float),
    )


# --- what ranking must not learn from -------------------------------------------------------------


def outside_nudges(rows: QuerySet[Logged]) -> QuerySet[Logged]:
    """Rows with `viewer` and `at` that do not lie in the window of a nudge that was shown.

    A ranker that learns from what a nudge caused would look for more of it.
    """
    shown = NudgeTrial.objects.filter(
        viewer=OuterRef("viewer"), shown=True, at__lte=OuterRef("at"), ends_at__gt=OuterRef("at")
    )
    return rows.exclude(Exists(shown))


def windows_since(moment: float) -> dict[int, list[tuple[float, float]]]:
    """(from, to) in Unix seconds of the nudges shown since, by viewer: for rows in arrays."""
    since = datetime.fromtimestamp(moment, UTC)
    found = defaultdict(list)
    rows = NudgeTrial.objects.filter(shown=True, ends_at__gt=since).order_by("at")
    for viewer, at, ends_at in rows.values_list("viewer", "at", "ends_at"):
        found[viewer].append((at.timestamp(), ends_at.timestamp()))
    return dict(found)
