"""A state machine is a table; there is one guarded way to move."""

from __future__ import annotations

from collections.abc import Mapping, Set
from typing import Any, ClassVar

from django.db import models
from django.utils.timezone import now

from sora_social.errors import IllegalMove


class Stateful(models.Model):
    """A row with a `state` that moves only along `moves`; of two racing moves one wins."""

    moves: ClassVar[Mapping[str, Set[str]]]

    state = models.CharField(max_length=12, editable=False)
    state_changed_at = models.DateTimeField(default=now, editable=False)

    class Meta:
        abstract = True

    def move(self, to: str, **changes: Any) -> None:
        """Compare and swap the state, with `changes` in the same UPDATE. Raises IllegalMove."""
        unmoved = type(self)._base_manager.filter(pk=self.pk, state=self.state)
        changes |= {"state": to, "state_changed_at": now()}
        if to not in self.moves.get(self.state, ()) or not unmoved.update(**changes):
            raise IllegalMove(here=self.state, to=to)
        self.refresh_from_db(fields=list(changes))
