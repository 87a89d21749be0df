"""Outputs that only moderators may see until they have decided.

The author hears that it is held and how it ends, and never who was seen in it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models.functions import Now

from generation.models import Output
from sora_social import outbox
from sora_social.moderation import desk
from sora_social.moderation.models import Case, CaseKind, Decision, Subject
from sora_social.moderation.services import open_case
from sora_social.users.models import User


def hold(output: Output, doubts: Mapping[str, Any]) -> None:
    """Nobody sees it from now on; a case says why. In the transaction that makes the output."""
    Output.objects.filter(pk=output.pk).update(held_at=Now())
    output.refresh_from_db(fields=["held_at"])
    open_case(Subject.OUTPUT, str(output.pk), CaseKind.FIREWALL, **doubts)


@desk.follows(CaseKind.FIREWALL)
def release(case: Case, moderator: User) -> None:
    """It is held no longer: kept, it may be seen; taken down, that is what keeps it dark."""
    output = Output.objects.select_related("job").filter(pk=case.subject_id).first()
    if output is None or not Output.objects.filter(pk=output.pk, held_at__isnull=False).update(
        held_at=None
    ):
        return
    told = {"draft": str(output.pk), "kept": case.decision == Decision.KEEP}
    outbox.write(f"draft_reviewed:{case.pk}", output.job.author_id, "draft_reviewed", **told)
