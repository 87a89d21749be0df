"""After another model pack was chosen: likenesses embedded anew, from the pictures that are kept.

Templates of two packs cannot be compared. Until everybody is in the pack of today the firewall is
unsure of every face and holds it, so nobody slips through meanwhile. Sweepers write down whose turn
it is; a worker claims one and looks at its pictures. Where they show no face any more, the owner is
asked to show theirs.
"""

from __future__ import annotations

import hashlib
import logging

import numpy as np
from django.core.cache import cache
from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef
from django.db.models.functions import Now
from django.utils.timezone import now

from cameos import waiting
from cameos.enrolment import current_pack
from cameos.errors import FirewallOff, LikenessOff
from cameos.faces import Pack
from cameos.lookalikes import seal_for
from cameos.models import Cameo, ReferencePicture, Repacking
from cameos.watching import Sighting, watcher
from sora_social import audit, storage

log = logging.getLogger(__name__)
REPACK = "cameos.tasks.repack"
AT_ONCE = 20  # under way together, so that captures are looked at as well
PAUSE = 5  # seconds between two sweeps of all processes: a broken pack is read anew each time
BROKEN, NOT_KEPT, NO_FACE = "check_failed", "picture_not_kept", "no_face"


class Unshown(Exception):
    """The kept pictures do not show the likeness any more."""


def move_to_current_pack() -> int:
    """Send likenesses of other packs to be embedded anew; how many. Sweepers call this."""
    if not (cache.add("cameos.repacking", 1, PAUSE) and Cameo.objects.enrolled().exists()):
        return 0
    try:
        pack = current_pack()
    except LikenessOff:
        return 0
    under_way = Repacking.objects.filter(given_up=False)
    under_way.exclude(pack_id=pack.id).delete()
    again = waiting.send_again(Repacking.objects.free(), REPACK)
    return again + _begin(pack, AT_ONCE - under_way.count())


def _begin(pack: Pack, most: int) -> int:
    known = Repacking.objects.filter(cameo=OuterRef("pk"), pack_id=pack.id)
    behind = Cameo.objects.enrolled_elsewhere(pack.id).exclude(Exists(known))
    return sum(_write_down(cameo, pack) for cameo in behind[: max(most, 0)])


def _write_down(cameo: Cameo, pack: Pack) -> bool:
    """False when another sweeper was faster."""
    try:
        with transaction.atomic():
            waiting.send(Repacking.objects.create(cameo=cameo, pack_id=pack.id), REPACK)
    except IntegrityError:
        return False
    return True


def repack(pk: str) -> None:
    """Embed one likeness anew, unless another worker has it. Safe to run twice."""
    pack = current_pack()
    if not waiting.claim(Repacking.objects.free().filter(pack_id=pack.id), pk):
        return
    row = Repacking.objects.select_related("cameo").get(pk=pk)
    try:
        if row.tries > waiting.MOST_TRIES:
            raise Unshown(BROKEN)
        _keep(row, _template(row.cameo, pack), pack)
    except Unshown as why:
        _give_up(row, str(why))
    except FirewallOff:  # a look that broke is tried again once its lease is over
        log.exception("cameo %s is not embedded anew yet", row.cameo_id)


def _template(cameo: Cameo, pack: Pack) -> np.ndarray:
    """The mean unit template (dim,) of whom the kept pictures show. Raises Unshown, FirewallOff."""
    found = [_middle(picture, pack) for picture in cameo.references.all()]
    templates = [one.template for one in found if one]
    if not templates:
        raise Unshown(NO_FACE)
    mean: np.ndarray = np.mean(templates, axis=0)
    mean /= np.linalg.norm(mean)
    return mean


def _middle(picture: ReferencePicture, pack: Pack) -> Sighting | None:
    """The largest face: a picture is twice as wide as the one it is of. Raises Unshown."""
    try:
        with storage.local(picture.key) as path:
            if hashlib.sha256(path.read_bytes()).hexdigest() != picture.sha256:
                raise Unshown(NOT_KEPT)
            return max(watcher.watch(path, pack), key=_size, default=None)
    except FileNotFoundError as gone:
        raise Unshown(NOT_KEPT) from gone


def _size(seen: Sighting) -> float:
    left, top, right, bottom = seen.box
    return (right - left) * (bottom - top)


@transaction.atomic
def _keep(row: Repacking, template: np.ndarray, pack: Pack) -> None:
    """In the place of the older template, whose key is gone with that; unless its owner revoked it
    or showed their face anew meanwhile."""
    cameo = row.cameo
    unchanged = Cameo.objects.enrolled_elsewhere(pack.id).filter(
        pk=cameo.pk, wrapped_key=cameo.wrapped_key
    )
    sealed = seal_for(cameo, template, pack)
    if unchanged.update(**sealed, state_changed_at=now()):  # by which the index reads it again
        audit.record("cameo.repacked", None, cameo=str(cameo.pk), pack=pack.id)
    Repacking.objects.filter(pk=row.pk).delete()


@transaction.atomic
def _give_up(row: Repacking, why: str) -> None:
    """It stays in its older pack, and the firewall unsure, until its owner shows their face: they
    are reminded, and nothing new is made with it by anybody."""
    log.error("cameo %s could not be embedded anew: %s", row.cameo_id, why)
    Repacking.objects.filter(pk=row.pk).update(given_up=True)
    behind = Cameo.objects.enrolled_elsewhere(row.pack_id).filter(pk=row.cameo_id)
    behind.filter(lapses_at__gt=Now()).update(lapses_at=Now(), reminded_at=None)
    audit.record("cameo.not_repacked", None, cameo=str(row.cameo_id), why=why)
