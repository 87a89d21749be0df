"""The item store: columns in memory, so that a page costs the same at any number of items."""

from ranking.store.columns import UNTRIED, seconds
from ranking.store.groups import BASE_RATE, SMOOTHING, over_usual
from ranking.store.keeping import ItemStore, NotReady
from ranking.store.pointers import Pointers, among, first_of
from ranking.store.segment import Segment, made_by, newest_of, sighted, with_cameo_of

__all__ = [
    "BASE_RATE",
    "SMOOTHING",
    "UNTRIED",
    "ItemStore",
    "NotReady",
    "Pointers",
    "Segment",
    "among",
    "first_of",
    "made_by",
    "newest_of",
    "over_usual",
    "seconds",
    "sighted",
    "with_cameo_of",
]
