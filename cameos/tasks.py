"""What workers do for cameos."""

from celery import shared_task

from cameos import services


@shared_task(name="cameos.tasks.verify")
def verify(capture_id: str) -> None:
    services.verify(capture_id)


@shared_task(name="cameos.tasks.repack")
def repack(pk: str) -> None:
    services.repack(pk)


@shared_task(name="cameos.tasks.sketch")
def sketch(character_id: str) -> None:
    services.sketch(character_id)
