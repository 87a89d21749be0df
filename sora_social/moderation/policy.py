"""The policy of takedowns: a file of figures and names, read once. Its version goes with what is
decided by it."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from sora_social.resemblance.clips import Nearness

with (Path(__file__).parent / "takedown_policy.toml").open("rb") as _file:
    _SAID: dict[str, Any] = tomllib.load(_file)


@dataclass(frozen=True)
class ClaimRules:
    """What is done about claims of one kind; see the file."""

    hours: int
    hides: frozenset[str]
    credible: tuple[str, ...]
    words: int
    false_claims: int
    days: int


def _rules(said: dict[str, Any]) -> ClaimRules:
    lists = {"hides": frozenset(said["hides"]), "credible": tuple(said["credible"])}
    return ClaimRules(**(said | lists))


VERSION: str = _SAID["version"]
CLAIMS = {kind: _rules(said) for kind, said in _SAID["claims"].items()}  # by CaseKind
MOST_KEPT: int = _SAID["reports"]["kept"]
FORGET_AFTER = timedelta(days=_SAID["reports"]["forget_days"])
BARRED_FOR = frozenset(_SAID["copies"].pop("reasons"))
NEAR = Nearness(**_SAID["copies"])
COUNTERED_FOR = frozenset(_SAID["counter_notice"]["reasons"])
COUNTER_WAITS = timedelta(days=_SAID["counter_notice"]["waiting_days"])
SMALLEST: int = _SAID["transparency"]["smallest"]


def stands(reason: str) -> timedelta:
    """How long a strike for this reason stands."""
    said = _SAID["strikes"]
    return timedelta(days=said["days_of"].get(reason, said["days"]))
