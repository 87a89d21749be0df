"""The one way into ranking: what its rooms offer to others, and what sweepers call."""

from __future__ import annotations

from django.conf import settings
from django.core.cache import cache
from django.utils.timezone import now

from ranking import experiments, recipes
from ranking.attribution import Deed, attribute, watched
from ranking.choices import (
    Chosen,
    active_recipe,
    change_recipe,
    chosen,
    pick,
    remove_chip,
    remove_recipe,
    say,
    see_less,
    set_plain,
    use_recipe,
)
from ranking.counterfactual import decided
from ranking.embedding import cluster_of, embed, packed, template_of, unpacked
from ranking.experiments import Metric
from ranking.explain import chip_text, explain, people_in, why
from ranking.grouping import regroup_daily
from ranking.history import HOME, History, by_author, hidden, history
from ranking.inviting import may_nudge, nudge, outside_nudges, settle, windows_since
from ranking.nudges import PLACE, TEXTS, tired, wanted
from ranking.own import chosen_data, forget, personal_data
from ranking.pool import POLICY, Ranking
from ranking.profiles import lately
from ranking.registry import REGISTRY
from ranking.reports import ArmReport, nudge_effects
from ranking.retention import keep_days
from ranking.scoring import rank
from ranking.sentences import MOST_DAYS
from ranking.serving import PLAIN, count_impressions, engage, log_page, page_of
from ranking.slate import slate
from ranking.sources import CAMEOS, gather
from ranking.steering import asked_for, direction, is_hard, unwanted
from ranking.store import (
    BASE_RATE,
    ItemStore,
    NotReady,
    Segment,
    among,
    made_by,
    newest_of,
    seconds,
    sighted,
    with_cameo_of,
)
from ranking.tally import impressions, saturation
from ranking.tasks import train_ranker
from ranking.topics import TOPICS, topics_in

__all__ = [
    "BASE_RATE",
    "CAMEOS",
    "HOME",
    "MOST_DAYS",
    "PLACE",
    "PLAIN",
    "POLICY",
    "TEXTS",
    "TOPICS",
    "ArmReport",
    "Chosen",
    "Deed",
    "History",
    "ItemStore",
    "Metric",
    "NotReady",
    "Ranking",
    "Segment",
    "active_recipe",
    "among",
    "asked_for",
    "attribute",
    "by_author",
    "change_recipe",
    "chip_text",
    "chosen",
    "chosen_data",
    "cluster_of",
    "count_impressions",
    "current",
    "decided",
    "direction",
    "embed",
    "engage",
    "experiments",
    "explain",
    "forget",
    "gather",
    "hidden",
    "history",
    "impressions",
    "is_hard",
    "keep_log",
    "lately",
    "log_page",
    "made_by",
    "may_nudge",
    "newest_of",
    "nudge",
    "nudge_effects",
    "outside_nudges",
    "packed",
    "page_of",
    "people_in",
    "personal_data",
    "pick",
    "rank",
    "recipes",
    "regroup_daily",
    "remove_chip",
    "remove_recipe",
    "saturation",
    "say",
    "seconds",
    "see_less",
    "set_plain",
    "settle",
    "sighted",
    "slate",
    "template_of",
    "tired",
    "topics_in",
    "train_hourly",
    "unpacked",
    "unwanted",
    "use_recipe",
    "wanted",
    "watched",
    "why",
    "windows_since",
    "with_cameo_of",
]
HOUR_S = 3600
current = REGISTRY.current  # the learned model that serves, if any


def keep_log() -> int:
    """What is older than settings.LOG_DAYS goes; a sweep calls this, and once an hour it acts."""
    if not cache.add("ranking:keeping", 1, HOUR_S):
        return 0
    return keep_days(settings.LOG_DAYS, now())


def train_hourly() -> None:
    """Ask a worker to learn from the log, every settings.LEARN_EVERY_S seconds."""
    every = settings.LEARN_EVERY_S
    if every and cache.add("ranking:training", 1, every):
        train_ranker.delay()
