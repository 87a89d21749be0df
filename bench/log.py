"""Writing the log: impressions a second by COPY, beside one INSERT for each page.

`DATABASE_URL` names a server; a database of its own is made there and dropped in the end.
"""

from __future__ import annotations

import random
import time
from importlib import import_module
from typing import Any

from bench.database import own_database

PAGES, SIZE, SINGLY = 20_000, 20, 500


def main() -> None:
    with own_database("log"):
        measure()


def measure() -> None:
    """The same pages both ways, whole: items, sources, terms, and what was known of each."""
    from bench import output  # noqa: PLC0415 -- models load after setup
    from ranking.bulk import write_pages  # noqa: PLC0415

    _divide()
    pages = _pages(PAGES)
    copied = _timed(lambda: write_pages(pages))
    singly = _pages(SINGLY)
    inserted = _timed(lambda: [page.save(force_insert=True) for page in singly])
    by_copy, by_insert = PAGES * SIZE / copied["wall_s"], SINGLY * SIZE / inserted["wall_s"]
    output.write(
        {
            "impressions_a_second": by_copy,
            "log_target_ratio": 100_000 / by_copy,
            "by_insert": by_insert,
            "copy_to_insert": by_copy / by_insert,
            "bytes_a_page": _bytes_a_page(),
            "copied": copied,
            "inserted": inserted,
        }
    )


def _divide() -> None:
    """Into days, as the migration does: these tables were made straight from the models."""
    from django.db import connection  # noqa: PLC0415
    from django.utils.timezone import now  # noqa: PLC0415

    from ranking.retention import keep_days  # noqa: PLC0415

    with connection.schema_editor() as editor:
        import_module("ranking.migrations.0005_days").divide(None, editor)
    keep_days(60, now())


def _timed(write: Any) -> dict[str, float]:
    wall, cpu = time.perf_counter(), time.process_time()
    write()
    return {"wall_s": time.perf_counter() - wall, "cpu_s": time.process_time() - cpu}


def _pages(count: int) -> list[Any]:
    import numpy as np  # noqa: PLC0415 -- after setup

    from ranking.features import FEATURES, packed  # noqa: PLC0415
    from ranking.models import ServedPage  # noqa: PLC0415
    from sora_social.ids import snowflake  # noqa: PLC0415

    lot = np.random.default_rng(1)
    known = [packed(lot.normal(size=(SIZE, len(FEATURES)))) for _ in range(50)]
    return [
        ServedPage(
            viewer=random.randrange(100_000), session="bench", surface="home", policy="prior-1",
            items=[snowflake() for _ in range(SIZE)], sources=["latest"] * SIZE,
            slots=["greedy"] * SIZE, propensities=[1.0] * SIZE,
            scores=[round(random.random(), 6) for _ in range(SIZE)],
            terms=[[["friend", 1.2], ["is_remix", 0.3]]] * SIZE, found=known[number % 50],
        )
        for number in range(count)
    ]  # fmt: skip


def _bytes_a_page() -> float:
    from django.db import connection  # noqa: PLC0415

    with connection.cursor() as cursor:
        cursor.execute(
            "select (select sum(pg_total_relation_size(relid)) "
            "from pg_partition_tree('ranking_servedpage')) / count(*)::float "
            "from ranking_servedpage"
        )
        return float(cursor.fetchone()[0])


if __name__ == "__main__":
    main()
