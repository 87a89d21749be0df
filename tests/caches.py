"""An empty cache for a test, without taking away what other test processes keep in theirs."""

from __future__ import annotations

from django.conf import settings
from django.core.cache import cache

from ranking.buckets import BUCKETS


def forget() -> None:
    """Drop what this process has cached; a whole Redis is shared with others."""
    BUCKETS.drop()
    if not settings.REDIS_URL:
        cache.clear()
        return
    redis = cache._cache.get_client(None, write=True)
    if keys := list(redis.scan_iter(match=f"{settings.NAMESPACE}:*")):
        redis.delete(*keys)
