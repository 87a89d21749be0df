"""The shared cache without the price of a new client for every word said to it."""

from __future__ import annotations

from typing import Any

from django.core.cache.backends.redis import RedisCache, RedisCacheClient


class KeptClient(RedisCacheClient):  # type: ignore[misc]
    """Django makes a client for each command, which costs more than the command; one for each
    server does, for all they share are the pool's connections."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._kept: dict[int, Any] = {}

    def get_client(self, key: Any = None, *, write: bool = False) -> Any:
        pool = self._get_connection_pool(write)
        if id(pool) not in self._kept:
            self._kept[id(pool)] = self._client(connection_pool=pool)
        return self._kept[id(pool)]


class KeptRedisCache(RedisCache):  # type: ignore[misc]
    def __init__(self, server: str, params: dict[str, Any]) -> None:
        super().__init__(server, params)
        self._class = KeptClient
