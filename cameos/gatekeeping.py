"""Answers at the gates, written down."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple
from uuid import UUID

from cameos import patterns
from cameos.models import Cameo, GateRecord
from cameos.states import Gate
from sora_social.users.models import User


class Stood(NamedTuple):
    """What an answer stood on."""

    cameo: UUID
    consent: UUID | None
    revision: int


def passed(gate: Gate, person: int, subject: str, on: Iterable[Stood]) -> None:
    """Everybody in it let it pass; once for each revision of their terms."""
    rows = [
        GateRecord(
            gate=gate,
            subject_id=subject,
            person_id=person,
            cameo_id=stood.cameo,
            consent_id=stood.consent,
            revision=stood.revision,
        )
        for stood in on
    ]
    GateRecord.objects.bulk_create(rows, ignore_conflicts=True)


def refused(gate: Gate, person: User, handle: str, rule: str, subject: str = "") -> None:
    """Somebody's likeness was not let through, each time anew; unknown handles leave no trace."""
    for cameo in Cameo.objects.standing().filter(handle=handle):
        GateRecord.objects.create(
            gate=gate,
            subject_id=subject,
            person=person,
            cameo=cameo,
            revision=cameo.revision,
            rule=rule,
        )
        patterns.watch(cameo)
