"""What a finished job leaves behind: its outputs, and word to those whose likeness is in them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from cameos.models import Cameo
from generation import holding
from generation.models import Job, Output, OutputParent, Print
from generation.screening import POLICY
from generation.types import Made
from sora_social import outbox
from sora_social.ids import uuid7


def publish(job: Job, variant: int, made: Made) -> Output:
    """The output's row: from here on the files are somebody's, or a moderator's to look at."""
    pk, facts = uuid7(), asdict(made)
    doubts, prints = facts.pop("doubts"), facts.pop("prints")
    facts |= {"down_id": str(pk), "screened": POLICY.version}
    output = Output.objects.create(pk=pk, job=job, variant=variant, **facts)
    Print.objects.create(output=output, prints=prints)
    if doubts:
        holding.hold(output, doubts)
    OutputParent.objects.bulk_create(
        OutputParent(child=output, parent_id=source.output_id, role=source.role)
        for source in job.sources.order_by("pk")
    )
    return output


def tell_those_in_it(job: Job, drafts: Sequence[str]) -> None:
    """Whose likeness was used hears so at once, draft or not, and once of all variants."""
    for cameo in Cameo.objects.filter(uses__job=job.pk).exclude(owner=job.author_id):
        outbox.write(
            f"cameo_used:{drafts[0]}:{cameo.pk}",
            cameo.owner_id,
            "cameo_used",
            output=drafts[0],
            outputs=list(drafts),
            cameo=cameo.handle,
            by=job.author.handle,
        )
