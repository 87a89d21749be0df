"""The shared cache keeps its client, and says what it is told."""

import pytest
from django.conf import settings
from django.core.cache.backends.redis import RedisCache

from sora_social.caching import KeptRedisCache

URL = settings.REDIS_URL or "redis://127.0.0.1:1/0"


def test_there_is_one_client_and_django_would_make_many():
    kept, usual = KeptRedisCache(URL, {}), RedisCache(URL, {})
    assert kept._cache.get_client() is kept._cache.get_client(write=True)
    assert usual._cache.get_client() is not usual._cache.get_client()


@pytest.mark.skipif(not settings.REDIS_URL, reason="needs Redis")
def test_what_one_writes_another_reads():
    params = {"KEY_PREFIX": settings.NAMESPACE}
    one, other = KeptRedisCache(URL, params), KeptRedisCache(URL, params)
    one.set("word", {"n": 1}, 60)
    assert other.get("word") == {"n": 1}
    other.delete("word")
    assert one.get("word") is None
