"""What does not come into question, before anything is scored.

Visibility itself is asked of the database when a page is shown; here is only what is known in
memory: one's own posts, blocks, what one hid or wants no such of, and posts for followers of
somebody else.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ranking.services import among, unwanted
from ranking.types import Candidates, Flags, Viewer

Filter = Callable[[Viewer, Candidates], Flags]


def not_own(viewer: Viewer, candidates: Candidates) -> Flags:
    return candidates.items.author != viewer.id


def not_blocked(viewer: Viewer, candidates: Candidates) -> Flags:
    return ~among(candidates.items.author, viewer.blocked)


def not_hidden(viewer: Viewer, candidates: Candidates) -> Flags:
    return ~among(candidates.items.id, viewer.hidden)


def open_to(viewer: Viewer, candidates: Candidates) -> Flags:
    keep, at = candidates.items.public.copy(), np.flatnonzero(~candidates.items.public)
    keep[at] = among(candidates.items.author[at], viewer.followed)
    return keep


def not_unwanted(viewer: Viewer, candidates: Candidates) -> Flags:
    """What the viewer said they want less or nothing of: a hard rule."""
    return ~unwanted(viewer.hard, candidates.items)


FILTERS: tuple[Filter, ...] = (not_own, not_blocked, not_hidden, not_unwanted, open_to)


def sift(viewer: Viewer, candidates: Candidates) -> Candidates:
    """The candidates that pass every filter."""
    keep = np.logical_and.reduce([keeps(viewer, candidates) for keeps in FILTERS])
    if keep.all():
        return candidates
    at = np.flatnonzero(keep)
    return Candidates(candidates.items.take(at), candidates.source[at])
