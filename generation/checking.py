"""Who is in the pictures that go in, and in what comes out? Asked of cameos' firewall by workers.

Before rendering, every uploaded picture but the mask, and an uploaded clip, is looked at. Somebody
enrolled who is neither the author nor in the job ends it, where the pack may decide, with
`likeness`. A face that is not known for certain to be allowed needs `attested`, else the job ends
with `face_without_attestation`;
that can only be known here, as a web process reads no faces. After encoding, every variant is
looked at. A certain match ends the job; any other match, a search that could not compare everybody,
and, where pictures went in unattested, any unknown face are held for a moderator, together with
whom the pictures seemed to show. A job that ends so costs nothing.

Where nobody is enrolled and no picture was sent, nobody is asked about anybody.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

from cameos.models import Cameo
from cameos.services import is_anybody_enrolled, who_is_in
from cameos.services import warm_firewall as warm
from cameos.states import CameoState
from cameos.types import Seen, Sight, Verdict
from generation import orders
from generation.errors import Blocked
from generation.models import Job

__all__ = ["check_output", "check_pictures", "warm"]

LOOKED_AT = ("first_frame", "last_frame", "clip")  # of generation.models.UPLOADS
LIKENESS, UNATTESTED = "likeness", "face_without_attestation"
CONTINUITY = "continuity"  # the strength of a pack whose similarities clear nobody
PROVEN = (CameoState.ACTIVE, CameoState.PAUSED)
Finding = dict[str, Any]


def check_pictures(job: Job, paths: Mapping[str, Sequence[Path]]) -> list[Finding]:
    """Who seems to be in the uploads without having allowed it. Raises Blocked, FirewallOff."""
    suspects = []
    for field in LOOKED_AT:
        if field in job.uploads:
            sight = _look(job, paths[orders.input_of(field)][0])
            if _must_be_attested(sight) and not job.attested:
                raise Blocked(rule=UNATTESTED)
            suspects += [_said(one) | {"field": field} for one in sight.of(Verdict.MATCH)]
    return suspects


def check_output(job: Job, file: Path, suspects: Sequence[Finding]) -> Finding:
    """What a moderator has to see before anybody else sees it; empty when nothing is the matter.

    Raises Blocked, FirewallOff.
    """
    sent = any(field in job.uploads for field in LOOKED_AT)
    if not sent and not is_anybody_enrolled():
        return {}
    sight = _look(job, file)
    strangers = sight.of(Verdict.UNMATCHED) if sent and not job.attested else ()
    if not (sight.is_doubtful or strangers or suspects):
        return {}
    return {
        "findings": [_said(one) for one in sight.seen if one.verdict != Verdict.ALLOWED],
        "pictures": list(suspects),
        "strength": sight.strength,
        "search_incomplete": sight.unsure,
    }


def _look(job: Job, file: Path) -> Sight:
    sight = who_is_in(file, _allowed(job))
    if sight.is_forbidden:
        raise Blocked(rule=LIKENESS)
    return sight


def _allowed(job: Job) -> set[UUID]:
    """The author, and everybody in the job: their leave is asked before each step.

    A likeness that is not proven yet clears nobody: it may be another's.
    """
    own = Cameo.objects.owned_by(job.author).filter(state__in=PROVEN).values_list("pk", flat=True)
    used = job.uses.exclude(cameo=None).values_list("cameo", flat=True)
    return {*own, *used}


def _must_be_attested(sight: Sight) -> bool:
    """Somebody in it may not have allowed it, as far as anybody can tell."""
    if sight.blind or sight.unsure:
        return sight.blind or bool(sight.seen)
    known = () if sight.strength == CONTINUITY else sight.of(Verdict.ALLOWED)
    return len(sight.seen) > len(known)


def _said(one: Seen) -> Finding:
    """A face as a case keeps it: words and no numbers of similarity."""
    return {
        "at": one.at,
        "box": [round(side, 4) for side in one.box],
        "verdict": one.verdict.value,
        "cameo": str(one.cameo) if one.cameo else None,
    }
