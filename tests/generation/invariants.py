"""What must hold of all jobs, credits and outputs after anything that may happen to them."""

from __future__ import annotations

from collections import Counter

from generation.models import Account, EntryKind, Job, LedgerEntry, Output
from generation.reconciling import reconcile
from generation.states import ENDED, JobState
from sora_social import storage
from sora_social.outbox import OutboxEvent

CLOSES = (EntryKind.SETTLE, EntryKind.RELEASE)


def check(*, all_ended: bool = False) -> None:
    """Each line is one promise; the first that is broken names itself."""
    jobs = list(Job.objects.all())
    assert reconcile() == []
    assert _per_job(EntryKind.RESERVE) == dict.fromkeys([job.pk for job in jobs], 1)
    assert _per_job(*CLOSES) == {job.pk: 1 for job in jobs if job.state in ENDED}
    assert _outputs() == {job.pk: job.variants for job in jobs if job.state == JobState.DONE}
    assert _ends_told() == {str(job.pk): 1 for job in jobs if job.state in ENDED}
    assert sum(account.spent for account in Account.objects.all()) == sum(
        job.cost for job in jobs if job.state == JobState.DONE
    )
    assert all(storage.exists(key) for output in Output.objects.all() for key in output.keys)
    if all_ended:
        assert [job.pk for job in jobs if job.state not in ENDED] == []
        assert [account.pk for account in Account.objects.exclude(reserved=0)] == []


def _per_job(*kinds: EntryKind) -> dict[object, int]:
    return Counter(LedgerEntry.objects.filter(kind__in=kinds).values_list("job", flat=True))


def _outputs() -> dict[object, int]:
    return Counter(Output.objects.values_list("job", flat=True))


def _ends_told() -> dict[str, int]:
    ended = OutboxEvent.objects.filter(kind="job_ended")
    return Counter(payload["job"] for payload in ended.values_list("payload", flat=True))
