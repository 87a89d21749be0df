"""Posts as ranking knows them: items in columns, read from the database, kept in memory."""

from __future__ import annotations

from collections.abc import Sequence

from django.conf import settings
from django.db.models import ExpressionWrapper, F, Q
from django.db.models.fields import BooleanField
from django.db.models.functions import Coalesce

from feed.models import Post, PostAudience
from feed.states import PostState
from generation.models import CameoUse
from ranking.services import ItemStore
from ranking.types import Row, Rows

LISTED = Q(
    state=PostState.LIVE,
    audience__in=[PostAudience.PUBLIC, PostAudience.FOLLOWERS],
    author__is_active=True,
)
_PUBLIC = ExpressionWrapper(Q(audience=PostAudience.PUBLIC), BooleanField())
_WORDS = ("template", "topics", "vector")
_COUNTERS = ("likes", "comments", "remixes", "impressions")


def load(after: int, most: int) -> Rows:
    """Posts that may stand in lists now, with ids above `after`, and whose cameos are in them.

    So many posts are looked at, listed or not: a stretch of ids is quick to read, a limit is not.
    """
    young = Post.objects.filter(pk__gt=after).order_by("pk")
    if not young.exists():  # as in most seconds of most places
        return Rows([], [])
    upto = young.values_list("pk", flat=True)[most - 1 : most].first()
    stretch = young.cleared().filter(LISTED, pk__lte=upto or 2**63 - 1)
    columns = ("pk", "author_id", Coalesce("root_id", "pk"), "depth", *_COUNTERS, _PUBLIC, *_WORDS)
    items = list(map(Row._make, stretch.values_list(*columns)))
    return Rows(items, _cameos(items), upto)


def _cameos(items: Sequence[Row]) -> list[tuple[int, int]]:
    """(post, owner of a cameo in it), of the stretch of ids that the items span."""
    if not items:
        return []
    stretch = {"job__outputs__post__pk__range": (items[0].id, items[-1].id)}
    uses = CameoUse.objects.filter(**stretch, cameo__isnull=False).order_by()
    known = {item.id for item in items}
    pairs = uses.values_list(F("job__outputs__post__pk"), "cameo__owner_id")
    return [pair for pair in pairs if pair[0] in known]


def renew() -> None:
    """Write the store's file anew when it is a minute old; a sweep calls this about each second."""
    STORE.renew()


STORE = ItemStore(load, settings.DATA / "items" / "store")
