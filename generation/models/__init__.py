"""Jobs, what they may use, what they cost, and the outputs they became."""

from generation.models.credits import Account, EntryKind, LedgerEntry
from generation.models.jobs import PICTURES, CameoUse, Job, JobSource
from generation.models.outputs import Output, OutputParent

__all__ = [
    "PICTURES",
    "Account",
    "CameoUse",
    "EntryKind",
    "Job",
    "JobSource",
    "LedgerEntry",
    "Output",
    "OutputParent",
]
