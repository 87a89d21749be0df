"""The end of a cameo: by its owner, or because nobody finished it or ever used it.

Faces are not kept for nothing. Once an hour is asked what is long over: enrolments that were begun
and left, likenesses that lapsed and were never in anything, likenesses shown anew that no moderator
decided about, what is known of the movement in captures that were refused, and clips whose upload
broke off.
"""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.core.cache import cache
from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now
from django.utils.timezone import now

from cameos import renewals
from cameos.leaves import end_all
from cameos.models import Cameo, Capture, Character, Erasure, Renewal
from cameos.review import NO_LIKENESS, drop_files, forget_prints
from cameos.states import CameoState
from cameos.terms import tell
from sora_social import audit, storage
from sora_social.ids import made_at
from sora_social.moderation.models import CaseKind, Subject
from sora_social.moderation.services import withdraw_cases
from sora_social.users.models import HandleKind
from sora_social.users.services import release_handle

PAUSE = 3600  # seconds between two sweeps of all processes
AT_ONCE = 500
STRAY = timedelta(hours=1)  # from then on a clip that nobody knows was left behind


@transaction.atomic
def end(cameo: Cameo) -> None:
    """Key, template, pictures and every leave are gone. Raises IllegalMove if they are already."""
    cameo.move(CameoState.REVOKED, epoch=F("epoch") + 1, **NO_LIKENESS)
    drop_files(cameo)
    forget_prints(cameo)
    Erasure.objects.get_or_create(cameo_id=cameo.pk)
    end_all(cameo, cameo.owner)
    release_handle(cameo.owner, cameo.handle, HandleKind.CAMEO)
    _withdraw(cameo)
    transaction.on_commit(lambda: storage.drop_prefix(f"cameos/{cameo.pk}"), robust=True)


def _withdraw(cameo: Cameo) -> None:
    withdraw_cases(Subject.CAMEO, str(cameo.pk), CaseKind.ENROLMENT, CaseKind.DUPLICATE)


def purge_forgotten() -> int:
    """Purge what is long over; of how much. Sweepers call this."""
    if not cache.add("cameos.purging", 1, PAUSE):
        return 0
    begun, lapsed = Cameo.objects.unfinished(), Cameo.objects.never_used()
    purged = sum(_purge(cameo.pk, "unfinished") for cameo in begun[:AT_ONCE])
    purged += sum(_purge(cameo.pk, "never_used") for cameo in lapsed[:AT_ONCE])
    return purged + _purge_renewals() + _forget_refused() + _drop_stray_clips()


@transaction.atomic
def _purge(pk: UUID, why: str) -> bool:
    """False when its owner came back meanwhile."""
    over = {"unfinished": Cameo.objects.unfinished, "never_used": Cameo.objects.never_used}[why]
    cameo = Cameo.objects.select_for_update().filter(pk__in=over().filter(pk=pk)).first()
    if cameo is None:
        return False
    end(cameo)
    audit.record("cameo.purged", None, cameo=str(pk), why=why)
    tell("purged", cameo)
    return True


def _purge_renewals() -> int:
    """The older likenesses stay."""
    waiting = Renewal.objects.filter(made_at__lt=now() - settings.CAMEO_UNFINISHED)
    return sum(_refuse(renewal) for renewal in waiting.select_related("cameo")[:AT_ONCE])


@transaction.atomic
def _refuse(renewal: Renewal) -> bool:
    cameo = Cameo.objects.select_for_update().get(pk=renewal.cameo_id)
    if not Renewal.objects.filter(pk=renewal.pk).exists():  # a moderator was faster
        return False
    renewals.refuse(cameo, renewal)
    _withdraw(cameo)
    audit.record("cameo.renewal_purged", None, cameo=str(cameo.pk))
    return True


def _forget_refused() -> int:
    old = Capture.objects.filter(passed=False, made_at__lt=Now() - settings.CAMEO_UNFINISHED)
    return old.exclude(prints=b"").update(prints=b"")


def _drop_stray_clips() -> int:
    """Of uploads that broke off between the file and its row."""
    clips = {UUID(key.rpartition("/")[2]): key for key in storage.keys_under("quarantine")}
    old = {pk: key for pk, key in clips.items() if made_at(pk) < now() - STRAY}
    for waiting in (Capture.objects.waiting(), Character.objects.waiting()):
        for pk in waiting.filter(pk__in=old).values_list("pk", flat=True):
            del old[pk]
    storage.drop_each(old.values())
    return len(old)
