"""What a person makes and watches, in one row: sums that lose half of themselves in ten days."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from django.db import transaction

from ranking.embedding import SIZE
from ranking.models import Profile
from ranking.types import DAY, Habits, Vector
from sora_social.remembering import Remembered

HALF_LIFE = 10 * DAY
AUTHORS = 200  # those answered most are remembered


def _blank() -> Vector:
    return np.zeros(SIZE, np.float32)


@dataclass(slots=True)
class Lately:
    """What a person makes and watches; or what is to be added to that."""

    created: Vector = field(default_factory=_blank)
    watched: Vector = field(default_factory=_blank)
    creations: float = 0.0
    served: float = 0.0
    authors: dict[int, float] = field(default_factory=dict)
    made_at: float = 0.0  # the last time, Unix seconds

    def habits(self, began: float, sitting: int) -> Habits:
        """As features ask for it, in a session that began then and has served so much."""
        made_now = self.made_at >= began
        return Habits(self.creations, self.served, dict(self.authors), sitting, made_now)


def lately(viewer: int, moment: float) -> Lately:
    """What is known of a person at a Unix time; nothing of one never seen."""
    row = PROFILES.of(viewer)
    return _faded(row, moment) if row else Lately()


def _read(viewer: int) -> Profile | None:
    return Profile.objects.filter(viewer=viewer).first()


PROFILES = Remembered("profile", _read)


def _faded(row: Profile, moment: float) -> Lately:
    left = 0.5 ** max((moment - row.at) / HALF_LIFE, 0.0)
    felt = {int(author): left * much for author, much in row.authors.items()}
    return Lately(
        left * _vector(row.created), left * _vector(row.watched),
        left * row.creations, left * row.served, felt, row.made_at,
    )  # fmt: skip


def _vector(kept: bytes | memoryview) -> Vector:
    return np.frombuffer(kept, "<f4").astype(np.float32) if len(kept) == 4 * SIZE else _blank()


@transaction.atomic
def remember(news: Mapping[int, Lately], moment: float) -> None:
    """Add to what is known of each of these people; called with what is new, once."""
    rows = Profile.objects.select_for_update().in_bulk(sorted(news))
    Profile.objects.bulk_create(
        [_added(rows.get(viewer), viewer, news[viewer], moment) for viewer in sorted(news)],
        update_conflicts=True,
        unique_fields=["viewer"],
        update_fields=["created", "watched", "creations", "served", "authors", "made_at", "at"],
    )
    PROFILES.forget(*news)


def _added(row: Profile | None, viewer: int, new: Lately, moment: float) -> Profile:
    at = max(moment, row.at) if row else moment
    old = _faded(row, at) if row else Lately()
    authors = (Counter(old.authors) + Counter(new.authors)).most_common(AUTHORS)
    return Profile(
        viewer=viewer, at=at,
        created=(old.created + new.created).astype("<f4").tobytes(),
        watched=(old.watched + new.watched).astype("<f4").tobytes(),
        creations=old.creations + new.creations, served=old.served + new.served,
        made_at=max(old.made_at, new.made_at),
        authors={str(author): round(much, 3) for author, much in authors if much > 0.01},
    )  # fmt: skip
