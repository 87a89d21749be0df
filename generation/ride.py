"""Several jobs on one child: their requests are rendered together, each job goes its own way.

Every job has a seat and a thread. Once each has asked for its rendering, or gone (blocked,
cancelled), one order with all requests is given. Who gets up early does not stop the others; when
all have, the child stops.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, wait
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TypeVar

from generation.engine.takes import OnStep
from generation.rendering import POLL, Child, Children, Message, RenderStopped, all_made

NEVER = threading.Event()
T = TypeVar("T")


@dataclass
class Wish:
    """What one job asked to have rendered."""

    order: Message
    on_step: OnStep
    first: int = 0  # of its items among all items
    made: Future[Message] = field(default_factory=Future)


class Seat:
    """The place of one job: it asks as it would ask a child of its own."""

    def __init__(self, ride: Ride) -> None:
        self.ride, self.lost, self.is_gone = ride, NEVER, False
        self.wish: Wish | None = None

    @contextmanager
    def taken(self, lost: threading.Event) -> Iterator[Seat]:
        """Sit for this block; the ride waits for nobody who got up."""
        self.lost = lost
        try:
            yield self
        finally:
            with self.ride.changed:
                self.is_gone = True
                self.ride.changed.notify_all()

    def ask(self, order: Message, on_step: OnStep, lost: threading.Event) -> Message:
        """Raises RenderStopped once `lost` is set, RenderFailed, RenderLost."""
        child = _await(self.ride.child, lost)
        if order["do"] != "render":
            return self._ask_by_myself(child, order, lost)
        with self.ride.changed:
            self.wish = Wish(order, on_step)
            self.ride.changed.notify_all()
        return all_made(_await(self.wish.made, lost))

    def _ask_by_myself(self, child: Child, order: Message, lost: threading.Event) -> Message:
        """It is short; to stop it in its middle could cost the others the child."""
        if "item" in order and self.wish:
            order = order | {"item": order["item"] + self.wish.first}
        while not self.ride.turn.acquire(timeout=POLL):
            if lost.is_set():
                raise RenderStopped
        try:
            return child.ask(order, lambda done, of: None, NEVER)
        finally:
            self.ride.turn.release()


class Ride:
    """The seats, and the one child they share."""

    def __init__(self, seats: int) -> None:
        self.changed, self.turn = threading.Condition(), threading.Lock()
        self.seats = [Seat(self) for _ in range(seats)]
        self.child: Future[Child] = Future()

    def drive(self, children: Children) -> None:
        """Render what the seats ask for, and lend them the child until all have got up."""
        try:
            with children.borrow(self) as child:
                self.child.set_result(child)
                self._until(lambda seat: seat.is_gone or seat.wish is not None)
                with self.turn:
                    self._render(child)
                self._until(lambda seat: seat.is_gone)
        except Exception as error:
            self._fail(error)

    def is_set(self) -> bool:
        """Whether nobody wants the rendering any more."""
        return all(seat.is_gone or seat.lost.is_set() for seat in self.seats)

    def _until(self, so: Callable[[Seat], bool]) -> None:
        with self.changed:
            self.changed.wait_for(lambda: all(map(so, self.seats)))

    def _render(self, child: Child) -> None:
        """One order for all; each gets the items it asked for."""
        wishes = [seat.wish for seat in self.seats if seat.wish and not seat.is_gone]
        if not wishes:
            return
        result = child.obey(_joined(wishes), self._tell, self)
        for wish in wishes:
            items = result["items"][wish.first : wish.first + len(wish.order["requests"])]
            wish.made.set_result(result | {"items": items})

    def _tell(self, done: int, of: int) -> None:
        for seat in self.seats:
            if seat.wish and not (seat.is_gone or seat.lost.is_set()):
                seat.wish.on_step(done, of)

    def _fail(self, error: Exception) -> None:
        """Nobody waits for what will never come."""
        if not self.child.done():
            self.child.set_exception(error)
        for seat in self.seats:
            if seat.wish and not seat.wish.made.done():
                seat.wish.made.set_exception(error)
        self._until(lambda seat: seat.is_gone)


def _await(promised: Future[T], lost: threading.Event) -> T:
    """What was promised, unless it is lost before. Raises RenderStopped."""
    while not lost.is_set():
        done, _ = wait([promised], POLL)
        if done:
            return promised.result()
    raise RenderStopped


def _joined(wishes: list[Wish]) -> Message:
    """One order with the requests of all, in the order of the seats."""
    requests: list[Message] = []
    for wish in wishes:
        wish.first = len(requests)
        requests += wish.order["requests"]
    return wishes[0].order | {"requests": requests}
