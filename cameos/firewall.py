"""Who is in this, and are they all allowed? Asked of everything that goes into a rendering and of
everything that comes out.

A face counts as whoever is nearest to it. A pack of strength `recognition` may decide: a match at
its `firewall_block` is certain. The similarities of any other only tell a moderator where to look.

It fails closed. Whom it cannot compare (another pack's templates, or unreadable ones) makes it
unsure of every face, and at strength `recognition` an unreadable template stops the try, as does a
missing pack while anybody is enrolled.
"""

from __future__ import annotations

import logging
from collections.abc import Collection
from pathlib import Path
from uuid import UUID

import numpy as np

from cameos.enrolment import current_pack
from cameos.errors import FirewallOff, LikenessOff
from cameos.faces import Pack
from cameos.gallery import Nearest
from cameos.index import Answer, index_of
from cameos.models import Cameo
from cameos.states import Verdict
from cameos.types import Seen, Sight
from cameos.watching import Sighting, watcher

log = logging.getLogger(__name__)
DECIDES = "recognition"  # the strength of a pack whose similarities may stop something


def is_anybody_enrolled() -> bool:
    """Whether there is anybody to protect."""
    return Cameo.objects.enrolled().exists()


def who_is_in(path: Path, allowed: Collection[UUID]) -> Sight:
    """Everybody in a film or picture of ours; `allowed` are the cameos that may be in it.

    Raises FirewallOff when that cannot be told.
    """
    pack = _pack()
    if pack is None:
        return Sight(blind=True)
    sightings = watcher.watch(path, pack)
    if not sightings:
        return Sight(strength=pack.strength)
    found = index_of(pack).ask(np.stack([one.template for one in sightings]))
    _require_readable(found, pack)
    seen = zip(sightings, found.nearest, strict=True)
    return Sight(
        seen=tuple(_judge(*one, set(allowed), pack) for one in seen),
        strength=pack.strength,
        unsure=bool(found.unreadable or found.elsewhere),
    )


def warm() -> None:
    """Load the models before the first film, if there is a pack."""
    try:
        if pack := _pack():
            watcher.warm(pack)
    except FirewallOff:
        log.exception("nothing can be looked at")


def _pack() -> Pack | None:
    """None where there is no pack, and nobody enrolled. Raises FirewallOff."""
    try:
        return current_pack()
    except LikenessOff as error:
        if is_anybody_enrolled():
            raise FirewallOff(why=error.code) from error
        return None


def _require_readable(found: Answer, pack: Pack) -> None:
    if found.unreadable and pack.strength == DECIDES:
        raise FirewallOff(unreadable=found.unreadable)


def _judge(one: Sighting, nearest: Nearest, allowed: set[UUID], pack: Pack) -> Seen:
    if nearest.alike < pack.thresholds.firewall_review:
        return Seen(one.at, one.box, Verdict.UNMATCHED)
    if nearest.who in allowed:
        return Seen(one.at, one.box, Verdict.ALLOWED)
    certain = pack.strength == DECIDES and nearest.alike >= pack.thresholds.firewall_block
    return Seen(one.at, one.box, Verdict.MATCH, nearest.who, certain)
