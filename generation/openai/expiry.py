"""What was asked to stay for a while only goes when it is over: files, and the files of videos."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction
from django.utils.timezone import now

from generation import services
from generation.models import Output, WireFile, WireVideo
from generation.states import ENDED
from sora_social import storage

A_TIME = 100  # of each that one sweep drops


def sweep() -> None:
    """Drop what is over. It could not be fetched since that moment, whenever this is called."""
    _drop_files()
    over = WireVideo.objects.filter(expires_at__lte=now(), is_dropped=False, job__state__in=ENDED)
    for pk in over.values_list("pk", flat=True)[:A_TIME]:
        _drop_video(pk)


@transaction.atomic
def _drop_files() -> None:
    over = list(WireFile.objects.filter(expires_at__lte=now())[:A_TIME])
    WireFile.objects.filter(pk__in=[file.pk for file in over]).delete()
    storage.drop_later(file.key for file in over)


@transaction.atomic
def _drop_video(pk: UUID) -> None:
    """The video is still told of: it was made, and its files are gone."""
    for output in Output.objects.filter(job=pk).select_related("job"):
        services.discard(output)
    WireVideo.objects.filter(pk=pk).update(is_dropped=True)
