"""Appeals against screening: whose wish was refused asks a moderator; overturned, the same wish
passes when it is sent again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from django.db import transaction

from generation.models import CameoUse, Job, Pardon
from generation.screening import POLICY
from generation.states import JobState
from sora_social.moderation import desk
from sora_social.moderation.desk import Exhibit, Parties
from sora_social.moderation.errors import NotAppealable
from sora_social.moderation.models import Appeal, Case, CaseKind, Decision, Subject
from sora_social.moderation.people import day, strike_lines
from sora_social.moderation.services import appeal_refused
from sora_social.moderation.states import Reason

GONE = (("gone", "There is nothing left of it."),)


@transaction.atomic
def appeal(job: Job, text: str) -> Appeal:
    """Ask a moderator to look at what screening refused; once for each job.

    Raises NotAppealable, IllegalMove.
    """
    job = Job.objects.select_for_update(of=("self",)).select_related("author").get(pk=job.pk)
    if job.state != JobState.BLOCKED or not job.verdict or "policy" not in job.verdict:
        raise NotAppealable(rule="not_screened")
    rule = POLICY.rule(job.verdict["rule"])
    if rule and not rule.appealable:
        raise NotAppealable(rule="barred")
    reason = rule.reason if rule else Reason.OTHER_RULE
    at = job.finished_at or job.made_at
    return appeal_refused(
        job.author, Subject.JOB, str(job.pk), reason, job.verdict, at, text
    )  # fmt: skip


@desk.follows(CaseKind.SCREENING)
def pardon(case: Case, moderator: Any) -> None:
    """A wish that should not have been refused passes when it is sent again."""
    verdict = case.facts["verdict"]
    job = Job.objects.filter(pk=case.subject_id).first() if case.subject == Subject.JOB else None
    if job is None or case.decision != Decision.KEEP or "fingerprint" not in verdict:
        return
    layers = {sign["layer"] for sign in verdict["because"]}
    Pardon.objects.get_or_create(
        person_id=job.author_id, fingerprint=verdict["fingerprint"], policy=verdict["policy"],
        rule=verdict["rule"], layers=" ".join(sorted(layers)),
    )  # fmt: skip


# --- at the desk ----------------------------------------------------------------------------------


@desk.owns(Subject.JOB)
def whose(subject_id: str, facts: Mapping[str, Any]) -> Parties:
    """Its author; everybody who would be in it has a part in it."""
    job = Job.objects.filter(pk=subject_id).first()
    if job is None:
        return Parties()
    used = CameoUse.objects.filter(job=job, cameo__isnull=False)
    return Parties(job.author_id, frozenset(used.values_list("cameo__owner", flat=True)))


@desk.shows(Subject.JOB)
def of_job(case: Case) -> Iterator[Exhibit]:
    job = Job.objects.select_related("author").filter(pk=case.subject_id).first()
    if job is None:
        yield Exhibit("The wish", lines=GONE)
        return
    yield Exhibit("The wish", lines=tuple(_about(job)))
    yield Exhibit("Strikes of its author", lines=tuple(strike_lines(job.author)))


@desk.shows(Subject.JOB)
@desk.shows(Subject.OUTPUT)
def of_verdict(case: Case) -> Iterator[Exhibit]:
    """What screening found, sign by sign."""
    if verdict := case.facts.get("verdict"):
        lines = tuple((f"{one['layer']}: {one['group']}", in_words(one)) for one in _signs(verdict))
        title = f"What screening found: {verdict['rule']}, policy {verdict['policy']}"
        yield Exhibit(title, lines=lines)


def in_words(sign: Mapping[str, Any]) -> str:
    """Where it is, and what it stands on."""
    said = [f"in {sign['field']}"]
    if "text" in sign:
        said.append(f"“{sign['text']}”, letters {sign['start']} to {sign['end']}")
    if "at" in sign:
        said.append(f"at {sign['at']:.2f} s")
    if "label" in sign:
        said.append(f"{sign['label']} {sign['score']:.2f}, says {sign['model']}")
    return ", ".join(said)


def _signs(verdict: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return list(verdict["because"])


def _about(job: Job) -> Iterator[tuple[str, str]]:
    yield "author", f"@{job.author.handle}"
    yield "prompt", job.prompt
    for number, shot in enumerate(job.shots):
        yield f"shot {number}", shot["prompt"]
    yield "wished", day(job.made_at)
    yield "task", job.task or "from text"
