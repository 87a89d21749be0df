"""Reports, the cases they open, what is down and may not come back, strikes, appeals, counts."""

from sora_social.moderation.models.bars import Bar
from sora_social.moderation.models.cases import (
    CASE_MOVES,
    Appeal,
    Case,
    CaseKind,
    CaseQuerySet,
    CaseState,
    Decision,
    Report,
    ReportReason,
    Strike,
    Subject,
    Takedown,
    TakedownQuerySet,
)
from sora_social.moderation.models.counters import CounterNotice
from sora_social.moderation.models.published import TransparencyReport

__all__ = [
    "CASE_MOVES",
    "Appeal",
    "Bar",
    "Case",
    "CaseKind",
    "CaseQuerySet",
    "CaseState",
    "CounterNotice",
    "Decision",
    "Report",
    "ReportReason",
    "Strike",
    "Subject",
    "Takedown",
    "TakedownQuerySet",
    "TransparencyReport",
]
