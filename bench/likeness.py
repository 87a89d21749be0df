"""What it costs to ask who somebody is: opening every sealed template, and the exact search.

Templates are random unit vectors, which are as hard to tell apart as any. Each query has one mate
planted at a cosine of 0.55; recall is the share of mates that come back, and must be 1.
"""

from __future__ import annotations

import os
import tempfile
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import psutil

from bench.costs import cost, least
from bench.output import write
from demo.server import environment

DIM, PACK, MATE = 512, "b" * 64, 0.55
SMALL, LARGE, BATCH = 100_000, 1_000_000, 16
ROOM = 1.6  # of the matrix: so much memory must be free for a size to be tried
TIMES = 7  # each search is measured so often; the least disturbed one counts
AT_ONCE = 20_000
SECOND = timedelta(seconds=1)
ENROLLED = datetime.now(UTC) - timedelta(days=1)  # the last of them; one each second before


def main() -> None:
    with tempfile.TemporaryDirectory() as data:
        embedded = environment(Path(data))
        os.environ.clear()
        os.environ.update(embedded)
        import django  # noqa: PLC0415 -- the environment comes first

        django.setup()
        from django.core.management import call_command  # noqa: PLC0415

        call_command("migrate", verbosity=0)
        write(measure())


def measure() -> dict[str, Any]:
    """Figures of both sizes; of the large one only what memory allows, and how many were loaded."""
    large = min(LARGE, int(psutil.virtual_memory().available / (DIM * 4 * ROOM)))
    found = {"small": _measured(min(SMALL, large)), "large": _measured(large)}
    return {
        "likeness_single_ms": found["small"]["single_cpu_ms"],
        "likeness_batch_ms": found["large"]["batch_cpu_ms"] if large == LARGE else "no memory",
        "likeness_load_s": found["large"]["load_s"] if large == LARGE else "no memory",
        "sizes": found,
    }


def _measured(size: int) -> dict[str, Any]:
    """Enrol, load, search; everybody is gone afterwards."""
    from cameos.index import Index  # noqa: PLC0415 -- the environment comes first
    from cameos.models import Cameo  # noqa: PLC0415

    queries = _unit(np.random.default_rng(1).standard_normal((BATCH, DIM)))
    mates = _enrol(size, queries)
    index = Index(PACK, DIM, kept=3600)
    load = cost(index.catch_up)
    found = index.gallery.nearest(queries, pack=PACK)
    recall = sum(one.who == mate for one, mate in zip(found, mates, strict=True)) / BATCH
    assert recall == 1.0, f"{recall:.3f} of the mates were found among {size}"
    search = index.gallery.nearest
    single = least(lambda: search(queries[:1], pack=PACK), TIMES)
    batch = least(lambda: search(queries, pack=PACK), TIMES)
    tail = least(index.catch_up, TIMES)
    index.forget()
    Cameo.objects.all()._raw_delete(Cameo.objects.db)
    return {
        "templates": size,
        "recall": recall,
        "load_s": round(load["wall"], 2),
        "load_cpu_s": round(load["cpu"], 2),
        "single_cpu_ms": round(single["cpu"] * 1000, 2),
        "batch_cpu_ms": round(batch["cpu"] * 1000 / BATCH, 2),
        "batch_wall_ms": round(batch["wall"] * 1000 / BATCH, 2),
        "tail_ms": round(tail["wall"] * 1000, 2),
    }


def _enrol(size: int, queries: np.ndarray) -> list[uuid.UUID]:
    """So many cameos of one person with sealed templates; the ids of the queries' mates."""
    from cameos.models import Cameo  # noqa: PLC0415 -- the environment comes first

    owner, mates, times = _owner(), list[uuid.UUID](), count()
    for rows in _templates(size, queries):
        cameos = [_cameo(owner, row, ENROLLED - next(times) * SECOND) for row in rows]
        Cameo.objects.bulk_create(cameos)
        mates = mates or [cameo.pk for cameo in cameos[:BATCH]]
    return mates


def _templates(size: int, queries: np.ndarray) -> Iterator[np.ndarray]:
    """First a mate of each query, then strangers, (N, DIM) at a time."""
    rng = np.random.default_rng(2)
    away = rng.standard_normal(queries.shape)
    away = _unit(away - (away * queries).sum(1, keepdims=True) * queries)
    yield MATE * queries + (1 - MATE**2) ** 0.5 * away
    for begin in range(BATCH, size, AT_ONCE):
        yield _unit(rng.standard_normal((min(AT_ONCE, size - begin), DIM), np.float32))


def _unit(rows: np.ndarray) -> np.ndarray:
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def _owner() -> int:
    """Somebody who may, in this database, have any number of cameos."""
    from django.db import connection  # noqa: PLC0415 -- the environment comes first

    from cameos.models import Cameo  # noqa: PLC0415
    from sora_social.users.models import User  # noqa: PLC0415

    one_each = next(c for c in Cameo._meta.constraints if c.name == "one_cameo_each")
    if not User.objects.exists():
        with connection.schema_editor() as editor:
            editor.remove_constraint(Cameo, one_each)
    return User.objects.get_or_create(handle="bench", defaults={"birthdate": "1990-01-01"})[0].pk


def _cameo(owner: int, template: np.ndarray, enrolled: datetime) -> Any:
    from cameos.index import house_key  # noqa: PLC0415 -- the environment comes first
    from cameos.likeness import seal  # noqa: PLC0415
    from cameos.models import Cameo  # noqa: PLC0415

    pk = uuid.uuid4()
    sealed = seal(template, cameo=str(pk), pack=PACK, house_key=house_key())
    return Cameo(
        pk=pk, down_id=str(pk), owner_id=owner, handle=pk.hex[:24], state="paused", pack_id=PACK,
        template=sealed.body, wrapped_key=sealed.key, state_changed_at=enrolled,
    )  # fmt: skip


if __name__ == "__main__":
    main()
