"""Groups of friends, worked out once a day and kept; while something is tried on them they stand
still, so that nobody changes arms."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from django.core.cache import cache
from django.db import transaction
from django.db.models import Exists, F, OuterRef
from django.utils.timezone import now

from ranking.clusters import groups
from ranking.models import Experiment, ExperimentState, FriendGroup
from sora_social.users.models import Follow

EVERY = timedelta(days=1)
AT_ONCE = 2000  # rows in a statement


def regroup_daily() -> int:
    """Work the groups out if that was not done today; how many people are in one."""
    if not cache.add("friend-groups", True, EVERY.total_seconds()):
        return 0
    running = Experiment.objects.filter(state=ExperimentState.RUNNING)
    return 0 if running.filter(definition__unit="friends").exists() else regroup()


@transaction.atomic
def regroup() -> int:
    """Work out everybody's group anew."""
    found, at = groups(_mutual_follows()), now()
    FriendGroup.objects.bulk_create(
        [FriendGroup(person=person, group=group, made_at=at) for person, group in found.items()],
        batch_size=AT_ONCE, update_conflicts=True,
        unique_fields=["person"], update_fields=["group", "made_at"],
    )  # fmt: skip
    FriendGroup.objects.filter(made_at__lt=at).delete()
    return len(found)


def _mutual_follows() -> Iterable[tuple[int, int]]:
    """Every pair once."""
    back = Follow.objects.filter(follower=OuterRef("followed"), followed=OuterRef("follower"))
    pairs = Follow.objects.filter(Exists(back), follower__lt=F("followed")).order_by()
    return pairs.values_list("follower", "followed").iterator()
