"""Ways to fill a page, and the parts of ours."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.db import connection
from django.utils.timezone import now

from feed import cards, fallback, page, sources
from feed.catalog import STORE
from feed.filters import sift
from ranking import services
from ranking.history import history
from ranking.models import ServedPage
from sora_social.ids import uuid7
from sora_social.prepared import write

Ways = dict[str, Callable[[Any], Any]]
NAIVE = """
    select p.id from feed_post p join users_follow f on f.followed_id = p.author_id
    where f.follower_id = %s and p.state = 'live' order by p.id desc limit 20"""
LATERAL = """
    select x.id from users_follow f cross join lateral (select id from feed_post
        where author_id = f.followed_id order by id desc limit 20) x
    where f.follower_id = %s order by x.id desc limit 20"""
LISTED = 400  # ids in the list that a fan-out would keep for somebody


def built() -> dict[str, Any]:
    """The store's file made and opened."""
    began, cpu = time.perf_counter(), time.process_time()
    STORE.renew()
    took, spent = time.perf_counter() - began, time.process_time() - cpu
    began = time.perf_counter()
    segment = STORE.segments()[0]
    return {
        "items": len(segment),
        "bytes_a_post": segment.nbytes / len(segment),
        "built_s": took,
        "built_cpu_s": spent,
        "opened_s": time.perf_counter() - began,
    }


def ways(redis: str) -> Ways:
    positions: dict[int, Any] = {}

    def first(viewer: Any) -> None:  # each in a session of its own, as a first page is
        positions[viewer.pk] = page.home(viewer, session=f"s{time.perf_counter_ns()}")[1]

    def later(viewer: Any) -> None:
        page.home(viewer, positions[viewer.pk], session=f"s{time.perf_counter_ns()}")

    def cached(viewer: Any) -> None:
        page.home(viewer, positions[viewer.pk])

    found: Ways = {
        "home_first": first,
        "home_later": later,
        "home_later_in_session": cached,
        "fallback_ids": lambda viewer: fallback.newest(viewer, fallback.LAST, 42),
        "sql_naive": lambda viewer: _hydrated(viewer, NAIVE),
        "sql_lateral": lambda viewer: _hydrated(viewer, LATERAL),
    }
    return found | floor() | parts() | (_redis(redis) if redis else {})


def _hydrated(viewer: Any, sql: str) -> dict[int, Any]:
    """Twenty ids, and the cards that ours has as well, asked as quickly as ours."""
    with connection.cursor() as cursor:
        cursor.execute(sql, [viewer.pk])
        return cards.by_id(viewer, [pk for (pk,) in cursor.fetchall()])


def parts() -> Ways:
    """What a first page consists of, each with the newest of what goes before it."""
    last: dict[str, Any] = {}

    def meet(viewer: Any) -> None:
        last["past"] = history(viewer.pk, now(), "parts")
        last["known"] = sources.meet(viewer, last["past"], STORE.segments())

    def gather(viewer: Any) -> None:
        found = services.gather(last["known"], STORE.segments(), time.time())
        last["found"] = sift(last["known"], found)

    def rank(viewer: Any) -> None:
        last["ranking"] = services.rank(last["known"], last["found"], time.time(), seed=1)

    def compose(viewer: Any) -> None:
        last["placed"] = services.slate(last["ranking"], 20)

    def question(viewer: Any) -> None:
        cards.LISTED.rows(viewer.pk, [place.item for place in last["placed"]])

    def hydrate(viewer: Any) -> None:
        cards.by_id(viewer, [place.item for place in last["placed"]])

    def log(viewer: Any) -> None:
        services.log_page(viewer.pk, "parts", "home", last["placed"])

    named = (meet, gather, rank, compose, question, hydrate, log)
    return {f"part_{part.__name__}": part for part in named}


def floor() -> Ways:
    """What no ranking code can save: twenty posts with their consents asked of the database, and
    one row of the log, as wide as a real one."""
    rows: dict[int, Any] = {}

    def ask_and_log(viewer: Any) -> None:
        row = rows.get(viewer.pk) or rows.setdefault(viewer.pk, _logged(viewer))
        cards.LISTED.rows(viewer.pk, row["items"])
        write(ServedPage, row | {"id": uuid7()}, soon=True)

    return {"floor": ask_and_log}


def _logged(viewer: Any) -> dict[str, Any]:
    """The last ranked page."""
    pages = ServedPage.objects.filter(viewer=viewer.pk, surface="home").exclude(found=b"")
    return dict(pages.values().latest("at"))


def _redis(url: str) -> Ways:
    """The bare list: ids by score, and twenty rendered cards."""
    from redis import Redis  # noqa: PLC0415

    client = Redis.from_url(url)
    key = f"bench:{time.time_ns()}"
    card = json.dumps({"caption": "Look!", "media": "x" * 1000})
    client.zadd(key, {str(n): n for n in range(LISTED)})
    client.mset({f"{key}:{n}": card for n in range(LISTED)})
    for name in (key, *(f"{key}:{n}" for n in range(LISTED))):
        client.expire(name, 3600)

    def bare(viewer: Any) -> None:
        ids = client.zrevrange(key, 0, 19)
        client.mget([f"{key}:{pk.decode()}" for pk in ids])

    return {"redis_list": bare}


def server_cpu() -> float:
    """Seconds that PostgreSQL's process for this connection has worked; 0 where it is elsewhere."""
    connection.ensure_connection()
    schedule = Path(f"/proc/{connection.connection.info.backend_pid}/schedstat")
    return int(schedule.read_text().split()[0]) / 1e9 if schedule.exists() else 0.0
