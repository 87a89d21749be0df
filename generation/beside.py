"""What people write beside a video, captions and comments, is judged by the rules for prompts."""

from __future__ import annotations

from cameos.services import MENTION
from generation.errors import Blocked
from generation.lineage import prompts_before
from generation.models import Job
from generation.screening import EARLIER, Said, signs_in, unnamed, verdicts
from generation.wanted import all_said
from sora_social.users.models import Handle


def screen_beside(job: Job, where: str, text: str, *, with_likeness: bool) -> None:
    """Judge the text of a field together with all that was said for the video, as words that are
    harmless alone may not be so under it; for what was said before alone nobody is stopped here.

    Raises Blocked, which names the rule, where it was broken and what to write instead.
    """
    before = (all_said(job.prompt, job.shots), *prompts_before(job))
    said = [Said(where, _unnamed(text)), *(Said(EARLIER, _unnamed(one)) for one in before)]
    for verdict in verdicts(signs_in(said), with_likeness=with_likeness):
        if any(sign["field"] == where for sign in verdict.because):
            raise Blocked(**verdict.facts())


def _unnamed(text: str) -> str:
    """Without the handles of those who are here."""
    handles = [handle.lower() for handle in MENTION.findall(text)]
    known = Handle.objects.filter(pk__in=handles) if handles else ()
    return unnamed(text, [one.handle for one in known])
