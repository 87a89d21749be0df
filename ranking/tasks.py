"""Hints from the broker. Each is one call, and safe to run twice."""

import logging

from celery import shared_task
from django.utils.timezone import now

log = logging.getLogger(__name__)


@shared_task(name="ranking.tasks.train_ranker")  # type: ignore[untyped-decorator]
def train_ranker() -> None:
    """Learn from the log; what is too little to learn from changes nothing, and is said."""
    from ranking.promotion import TooLittle, train  # noqa: PLC0415 -- web processes only send

    try:
        row = train(now())
    except TooLittle as reason:
        log.info("nothing was trained: %s", reason)
    else:
        log.info("%s: %s", row.name, "serves" if row.promoted else "was not better")
