"""Whom a person follows, who follows back, and who is blocked either way: as sorted numbers."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from django.db.models import Exists, OuterRef, Q
from numpy.typing import NDArray

from sora_social.remembering import Remembered
from sora_social.users.models import Block, Follow

People = NDArray[np.int64]  # sorted


class Relations(NamedTuple):
    friends: People  # who follow back
    followed: People  # friends among them
    blocked: People  # by the person, or who blocked the person


def _read(person: int) -> Relations:
    back = Follow.objects.filter(follower=OuterRef("followed"), followed=person)
    rows = Follow.objects.filter(follower=person).annotate(mutual=Exists(back))
    pairs = list(rows.order_by("followed").values_list("followed", "mutual"))
    blocks = Block.objects.filter(Q(blocker=person) | Q(blocked=person))
    either = {who for pair in blocks.values_list("blocker", "blocked") for who in pair} - {person}
    return Relations(
        _people([who for who, mutual in pairs if mutual]),
        _people([who for who, _ in pairs]),
        _people(sorted(either)),
    )


def _people(found: list[int]) -> People:
    return np.array(found, np.int64)


RELATIONS = Remembered("relations", _read)
