"""Is one clip a copy of the other? Told from the hashes of their frames, whatever their times.

A copy may be quicker, slower, shorter, cut into something longer, or one picture of it. So each
hash of the one with fewer of them is held to its nearest of the other, and enough must be near.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sora_social.resemblance.prints import distances

FEW = 2  # frames: with no more of them in common, they must be nearer


class Nearness(NamedTuple):
    """What counts as near (bits of 256), of how many of the shorter one's frames (a share)."""

    within: int
    single: int  # the same, where there are FEW frames or less
    share: float


def is_copy(copy: np.ndarray, wide: np.ndarray, near: Nearness) -> bool:
    """Whether hashes (Q, 4) are a copy of what has the wide hashes (K, W, 4)."""
    if not len(copy) or not len(wide):
        return False
    apart = distances(copy[:, None, None], wide[None]).min(2)  # (Q, K)
    least = apart.min(1) if len(copy) <= len(wide) else apart.min(0)
    within = near.single if len(least) <= FEW else near.within
    return bool((least <= within).mean() >= near.share)
