"""Posts as ranking knows them: items in columns, read from the database, kept in memory."""

from __future__ import annotations

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


def load(after: int) -> Rows:
    """Posts that may stand in lists now, with ids above `after`, and whose cameos are in them."""
    posts = Post.objects.cleared().filter(LISTED, pk__gt=after).order_by("pk")
    columns = ("pk", "author_id", Coalesce("root_id", "pk"), "depth", *_COUNTERS, _PUBLIC, *_WORDS)
    uses = CameoUse.objects.filter(job__outputs__post__pk__gt=after, cameo__isnull=False)
    cameos = uses.order_by().values_list(F("job__outputs__post__pk"), "cameo__owner_id")
    items = list(map(Row._make, posts.values_list(*columns)))
    known = {item.id for item in items}
    return Rows(items, [pair for pair in cameos if pair[0] in known])


STORE = ItemStore(load)
