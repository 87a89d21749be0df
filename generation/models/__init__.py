"""Jobs, what they may use, what they cost, and the outputs they became."""

from generation.models.batches import WireBatch, WireLine
from generation.models.credits import Account, EntryKind, LedgerEntry, Lot, LotUse
from generation.models.jobs import (
    UPLOADS,
    CameoUse,
    CharacterUse,
    Job,
    JobSource,
    refused_uses,
)
from generation.models.outputs import Output, OutputParent, Print
from generation.models.pardons import Pardon
from generation.models.plans import Subscription
from generation.models.wire import WireFile, WireVideo

__all__ = [
    "UPLOADS",
    "Account",
    "CameoUse",
    "CharacterUse",
    "EntryKind",
    "Job",
    "JobSource",
    "LedgerEntry",
    "Lot",
    "LotUse",
    "Output",
    "OutputParent",
    "Pardon",
    "Print",
    "Subscription",
    "WireBatch",
    "WireFile",
    "WireLine",
    "WireVideo",
    "refused_uses",
]
