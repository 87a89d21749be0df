"""What was made under an older version of the policy is looked at anew.

Every output says by which version it was judged, and is written with its new one in the transaction
that takes it down or lets it stand. So whoever is killed in between has done nothing, and any
number of processes may do this at once.
"""

from __future__ import annotations

import logging
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import replace
from itertools import chain, islice
from pathlib import Path
from typing import Any, NamedTuple

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from generation import layers, orders, prompting
from generation.errors import Blocked
from generation.looking import smallest
from generation.models import Output
from generation.rendering import Children, RenderFailed
from generation.screening import ADDED, POLICY, Said, Sign
from sora_social import storage
from sora_social.moderation.models import Subject
from sora_social.moderation.services import stop
from sora_social.moderation.states import Reason

log = logging.getLogger(__name__)
OLDER, NEWER = Q(screened__lt=POLICY.version), Q(screened__gt=POLICY.version)
CHILDREN = Children(1)  # holds the models that are asked, beside those that render
NEVER = threading.Event()


class Round(NamedTuple):
    """How many outputs were looked at, and how many are down for it."""

    looked_at: int
    taken_down: int


def sweep() -> Round:
    """A sweeper: the next few, if there are any."""
    return look(POLICY.at_once)


def look(limit: int) -> Round:
    """Judge so many outputs of other versions anew. Raises OSError and RenderLost when nothing can
    be looked at now; those that could be are done then."""
    waiting = islice(chain(_of(OLDER, limit), _of(NEWER, limit)), limit)
    done = [_judged(output) for output in waiting]
    return Round(len(done), sum(done))


def behind() -> int:
    """How many outputs wait to be looked at anew."""
    return Output.objects.filter(OLDER | NEWER).count()


def _of(versions: Q, limit: int) -> Iterator[Output]:
    """In the order of an index, so that it costs nothing to find none."""
    found = Output.objects.filter(versions).order_by("screened", "pk")
    yield from found.select_related("job__author")[:limit]


def _judged(output: Output) -> bool:
    """Whether it is taken down now. The audit chain is locked before the output, as by moderators;
    who comes second finds it judged, and has done nothing."""
    verdict = _verdict(output)
    with transaction.atomic():
        if verdict:
            stop(Subject.OUTPUT, output.down_id, _reason(verdict), verdict)
        same = Output.objects.filter(pk=output.pk, screened=output.screened)
        first = bool(same.update(screened=POLICY.version))
        if not first:
            transaction.set_rollback(True)
    return first and verdict is not None


def _reason(verdict: dict[str, Any]) -> str:
    rule = POLICY.rule(verdict["rule"])
    return rule.reason if rule else Reason.OTHER_RULE


def _verdict(output: Output) -> dict[str, Any] | None:
    """What the policy of now says of all that was said for it, and of what it shows."""
    asked, recipe = orders.asked_words(output.job), output.recipe
    read = [text for text in (recipe.get("engine_prompt"), *recipe.get("engine_shots", ())) if text]
    said = [*prompting.said_in(asked), *(Said(ADDED, text) for text in read)]
    try:
        prompting.check(replace(asked, seen=tuple(_signs(output, said))), *read)
    except Blocked as no:
        return dict(no.facts)
    return None


def _signs(output: Output, said: list[Said]) -> list[Sign]:
    """What models find in it; a file that a model cannot read is judged by its words."""
    if not (settings.SCREENING_TEXTS or _is_looked_at(output)):
        return []
    with CHILDREN.borrow(NEVER) as child:

        def ask(order: dict[str, Any]) -> dict[str, Any]:
            return child.ask(order, lambda done, of: None, NEVER)

        try:
            return [*_in_file(output, ask), *layers.of_texts(said, ask)]
        except (RenderFailed, ValueError):
            log.exception("output %s is judged by its words alone", output.pk)
            return []


def _is_looked_at(output: Output) -> bool:
    return bool(output.renditions and (settings.SCREENING_PICTURES or settings.SCREENING_SPEECH))


def _in_file(output: Output, ask: layers.Ask) -> list[Sign]:
    if not _is_looked_at(output):
        return []
    with (
        storage.local(output.key(smallest(output))) as file,
        tempfile.TemporaryDirectory(prefix="sora-rescan-") as folder,
    ):
        return layers.of_stored(file, Path(folder), ask)
