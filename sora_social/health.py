"""`/healthz`: 200 once this process can serve and a worker can render."""

from __future__ import annotations

from django.conf import settings
from django.db import connection
from django.http import HttpRequest, JsonResponse


def healthz(request: HttpRequest) -> JsonResponse:
    found = {"database": _database(), "worker": _worker()}
    return JsonResponse(found, status=200 if all(found.values()) else 503)


def _database() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("select 1")
        return cursor.fetchone() == (1,)


def _worker() -> bool:
    from sora_social import embedded  # noqa: PLC0415 -- Celery's worker is imported on first use

    return not settings.EMBEDDED_WORKER or embedded.is_ready()
