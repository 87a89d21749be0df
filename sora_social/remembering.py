"""What a process remembers of people, for as long as nobody says that it has changed.

The thing itself stays in the process; the shared cache holds a token for it. Whoever changes what
it was made from takes the token away, and every process reads again. A lost cache costs time only.
"""

from __future__ import annotations

import secrets
from collections import OrderedDict
from collections.abc import Callable
from threading import Lock
from typing import Generic, TypeVar

from django.core.cache import cache
from django.db import transaction

T = TypeVar("T")
KEPT_S = 600  # then it is read again all the same
MOST = 2_000  # people


class Remembered(Generic[T]):
    """One thing for each person, as `read` finds it."""

    def __init__(self, name: str, read: Callable[[int], T]) -> None:
        self._name, self._read = name, read
        self._known: OrderedDict[int, tuple[str, T]] = OrderedDict()
        self._lock = Lock()

    def of(self, person: int) -> T:
        token = cache.get(self._key(person))
        known = self._known.get(person)
        if known and known[0] == token:
            return known[1]
        if token is None:  # before it is read: what changes meanwhile takes it away again
            token = self._mark(person)
        found = self._read(person)
        self._hold(person, token, found)
        return found

    def put(self, person: int, thing: T) -> None:
        """What is known to be so now; other processes read it again."""
        self._hold(person, self._mark(person), thing)

    def forget(self, *people: int) -> None:
        """At once for whoever asks in this transaction, and again when others may see it."""
        keys = [self._key(person) for person in people]
        cache.delete_many(keys)
        transaction.on_commit(lambda: cache.delete_many(keys))

    def _mark(self, person: int) -> str:
        token = secrets.token_hex(8)
        cache.set(self._key(person), token, KEPT_S)
        return token

    def _hold(self, person: int, token: str, thing: T) -> None:
        with self._lock:
            self._known[person] = (token, thing)
            self._known.move_to_end(person)
            if len(self._known) > MOST:
                self._known.popitem(last=False)

    def _key(self, person: int) -> str:
        return f"{self._name}:{person}"
