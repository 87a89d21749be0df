"""What is known of an item before it is shown: twelve of the features that the model will read.

Sizes and embeddings, rates of trees and templates, and the session's own numbers come with the
learned model. Everything here is a column of float64, near 0 when nothing is known.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ranking.store import among, seconds
from ranking.types import DAY, Candidates, Items, Numbers, Viewer

FEATURES = (
    "friend",  # each follows the other
    "follow",  # the viewer follows the author
    "cameo_me",  # the viewer's own likeness is in it
    "cameo_friend",  # a friend's likeness is in it
    "is_remix",
    "depth",  # logarithm of the steps from the root of its tree
    "prolific",  # 0 at up to two posts of its author a day, 1 at ten and more
    "age",  # days, at most 7
    "remix_rate",  # logarithm of its smoothed rate over the usual one
    "like_rate",
    "tried",  # logarithm of its impressions
    "heard",  # 1 when its author has received plenty, 0 when nothing
)
SMOOTHING = 40.0  # impressions' worth of belief in the usual rate
USUAL_REMIX, USUAL_LIKE = 0.02, 0.10


def features(viewer: Viewer, candidates: Candidates, moment: float) -> NDArray[np.float64]:
    """(n, len(FEATURES)), in the order of FEATURES."""
    items = candidates.items
    return np.stack(
        [
            among(items.author, viewer.friends),
            among(items.author, viewer.followed),
            among(items.id, viewer.cameo_items),
            among(items.id, viewer.friend_cameo_items),
            items.depth > 0,
            np.log1p(items.depth),
            ((items.author_posts - 2) / 8).clip(0, 1),
            ((moment - seconds(items.id)) / DAY).clip(0, 7),
            rate(items.remixes, items, USUAL_REMIX),
            rate(items.likes, items, USUAL_LIKE),
            np.log1p(items.impressions),
            1 - need(items),
        ],
        axis=1,
    ).astype(np.float64)


def rate(count: NDArray[np.int64], items: Items, usual: float) -> Numbers:
    """Logarithm of the smoothed rate over the usual one: 0 for the untried."""
    smoothed = (count + SMOOTHING * usual) / (items.impressions + SMOOTHING)
    return np.asarray(np.log(smoothed / usual), np.float64)


def need(items: Items) -> Numbers:
    """How much its author needs to be heard: 1 when nobody has answered yet."""
    return 1 / (1 + items.author_feedback)
