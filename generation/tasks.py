"""Hints from the broker. Each is one call, and safe to run twice."""

import threading

from celery import shared_task
from celery.signals import worker_ready


@shared_task(name="generation.tasks.run_job")
def run_job(job_id: str) -> None:
    """Somebody waits: it need not be the job that this hint was sent for."""
    from generation.execution import execute  # noqa: PLC0415 -- web processes only send

    execute()


@worker_ready.connect
def warm_up(**_: object) -> None:
    """The models are loaded before the first job asks for them."""
    from generation.checking import warm  # noqa: PLC0415 -- only a worker looks at faces
    from generation.rendering import children  # noqa: PLC0415 -- only a worker renders

    for load in (children.warm, warm):
        threading.Thread(target=load, name="warm-up", daemon=True).start()
