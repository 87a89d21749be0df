"""Feeds to be compared: ours, ours with a part left out, and what it has to be better than."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from ranking.evaluation.interface import Policy
from ranking.evaluation.policies.als import Als
from ranking.evaluation.policies.lists import ByLot, Following, Hot, Latest, Oracle, Popularity
from ranking.evaluation.policies.models import Engagement, Twitter2023, Watching
from ranking.evaluation.policies.ours import Ours, Parts

BASELINES: dict[str, Callable[[], Policy]] = {
    policy.name: policy
    for policy in (
        ByLot, Latest, Following, Hot, Popularity, Als, Watching, Engagement, Twitter2023, Oracle,
    )
}  # fmt: skip
ABLATIONS: dict[str, Callable[[], Policy]] = {
    f"ours without {said}": partial(Ours, Parts(**{part: False}))
    for said, part in (
        ("nudges", "nudges"), ("friend slots", "friend_slots"), ("explore", "explore"),
        ("author's need", "author_need"), ("caps", "caps"), ("learning", "learned"),
    )
}  # fmt: skip
POLICIES = {"ours": Ours, **BASELINES, **ABLATIONS}
