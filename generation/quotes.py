"""What a wish would cost and when it would be done, said beforehand; nothing of it is kept."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from django.db import transaction

from generation import credits, wishes
from generation.pace import Outlook, outlook_of
from generation.room import Room, room_of
from generation.submitting import allowed, order_of
from sora_social.users.models import User


class Quote(NamedTuple):
    """`available` is what the author has now; `outlook` is that of the job if it came now."""

    cost: int
    available: int
    room: Room
    outlook: Outlook

    @property
    def left(self) -> int | None:
        """What would be left to spend; None where there is not enough."""
        return self.available - self.cost if self.cost <= self.available else None

    @property
    def is_possible(self) -> bool:
        """Whether it would be taken now."""
        return self.left is not None and self.room.refusal is None


def quote(author: User, *, via: str = "", **asked: Any) -> Quote:
    """What `submit` would say to the same, as far as can be known: it raises what that raises, but
    says of credits and room how things stand."""
    order = order_of(asked)
    wishes.check_possible(order.wish)
    order.read()
    with _undone():
        allowed(author, order)
        account, room = credits.account_of(author), room_of(author, via)
        turn = room.turn(order.wish.price)
        job = wishes.as_job(author, "", order.wish, account.at, turn=turn)
        return Quote(order.wish.price, account.available, room, outlook_of([job])[job.pk])


@contextmanager
def _undone() -> Iterator[None]:
    """Everything is asked as it would be, and nothing of it stays."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)
