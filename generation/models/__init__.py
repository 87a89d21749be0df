"""Jobs, what they may use, what they cost, and the outputs they became."""

from generation.models.credits import Account, EntryKind, LedgerEntry
from generation.models.jobs import (
    PICTURES,
    CameoUse,
    CharacterUse,
    Job,
    JobSource,
    refused_uses,
)
from generation.models.outputs import Output, OutputParent

__all__ = [
    "PICTURES",
    "Account",
    "CameoUse",
    "CharacterUse",
    "EntryKind",
    "Job",
    "JobSource",
    "LedgerEntry",
    "Output",
    "OutputParent",
    "refused_uses",
]
