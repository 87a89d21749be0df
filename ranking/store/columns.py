"""Items as compact columns: what is kept of each in about 130 bytes, pointers included."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ranking.embedding import cluster_of, unpacked
from ranking.store.groups import BASE_RATE, Groups, rates
from ranking.store.pointers import Pointers, among, first_of, top
from ranking.types import DAY, Flags, Ids, Numbers, Row, Rows
from sora_social.ids import seconds_of

Columns = Mapping[str, NDArray[Any]]
PLAIN: dict[str, Any] = {  # one value an item
    "id": np.int64, "depth": np.uint16, "likes": np.uint32, "comments": np.uint16,
    "remixes": np.uint16, "impressions": np.uint32, "public": np.bool_, "topics": np.int64,
}  # fmt: skip
KEPT_ELSEWHERE = {"author_keys": "people", "tree_keys": "trees", "template_keys": "templates"}
POINTERS = ("author", "tree", "template", "cluster", "cameo")
HOT, LATEST = 120, 120
HOT_S, FADES_S = 2 * DAY, 2 * DAY
UNTRIED = 20  # impressions: the least that a new post is given
NEAR = 8_192  # the newest items, whose vectors are compared with a viewer's


def read(rows: Rows) -> dict[str, NDArray[Any]]:
    """Rows as columns, still with their authors and roots by id."""
    *numbers, vectors = zip(*rows.items, strict=True) if rows.items else [()] * len(Row._fields)
    wide = {
        name: np.array(column, np.int64) for name, column in zip(Row._fields, numbers, strict=False)
    }
    narrow = {name: _fitted(wide[name], kind) for name, kind in PLAIN.items()}
    cameos = np.array(list(rows.cameos), np.int64).reshape(-1, 2)
    return narrow | {
        "author": wide["author"], "root": wide["root"], "template": wide["template"],
        "vector": _sound(unpacked(vectors)),
        "cameo_item": cameos[:, 0], "cameo_owner": cameos[:, 1],
    }  # fmt: skip


def joined(parts: Iterable[Columns]) -> dict[str, NDArray[Any]]:
    """Columns of parts that follow each other in time."""
    found = list(parts)
    return {name: np.concatenate([part[name] for part in found]) for name in found[0]}


def arranged(raw: Columns, moment: float) -> dict[str, NDArray[Any]]:
    """The columns of a segment: items, what they have in common, pointers and pools."""
    people, who = np.unique(raw["author"], return_inverse=True)
    roots, template = raw["root"], raw["template"]
    grown = among(roots, np.unique(roots[roots != raw["id"]]))
    trees, templates = Groups.of(roots, grown), Groups.of(template, template != 0)
    cluster = cluster_of(raw["vector"]).astype(np.uint16)
    plain = {name: raw[name] for name in PLAIN}
    found = plain | {
        "who": who.astype(np.int32), "people": people, "vector": raw["vector"],
        "cluster": cluster, "tree": trees.place, "trees": trees.keys,
        "template": templates.place, "templates": templates.keys,
    }  # fmt: skip
    age = moment - seconds(raw["id"])
    found |= _authors(raw, who, len(people), age) | _rates(raw, trees, templates)
    return found | _pointers(raw, cluster, trees, templates) | _pools(raw, age)


def seconds(ids: Ids) -> Numbers:
    """The Unix times at which ids were made."""
    return np.asarray(seconds_of(ids), np.float64)  # type: ignore[arg-type]  # shifts columns too


def _fitted(column: Ids, kind: Any) -> NDArray[Any]:
    """As much of a number as its column holds."""
    most = np.iinfo(kind).max if kind != np.bool_ else 1
    return column.clip(0, most).astype(kind)


def _sound(vectors: NDArray[np.float16]) -> NDArray[np.float16]:
    """What is no number says nothing."""
    sound = np.isfinite(vectors).all(axis=1, keepdims=True)
    return np.where(sound, vectors, np.float16(0))


def _authors(raw: Columns, who: Ids, people: int, age: Numbers) -> dict[str, NDArray[Any]]:
    """What each posted in a day, and received, and how often others made something of it."""
    received = raw["likes"].astype(np.float64) + raw["comments"] + raw["remixes"]
    return {
        "posts": np.bincount(who, age < DAY, people).astype(np.float32),
        "feedback": np.bincount(who, received, people).astype(np.float32),
        "author_rates": rates(who, people, raw["remixes"], raw["impressions"]),
    }


def _rates(raw: Columns, trees: Groups, templates: Groups) -> dict[str, NDArray[Any]]:
    return {
        f"{name}_rates": groups.rates(raw["remixes"], raw["impressions"])
        for name, groups in (("tree", trees), ("template", templates))
    }


def _pointers(
    raw: Columns, cluster: NDArray[np.uint16], trees: Groups, templates: Groups
) -> dict[str, NDArray[Any]]:
    places = np.arange(len(cluster), dtype=np.int32)
    used = np.searchsorted(raw["id"], raw["cameo_item"]).astype(np.int32)
    made = {
        "author": Pointers(raw["author"], places),
        "tree": trees.pointers(),
        "template": templates.pointers(),
        "cluster": Pointers(cluster, places),
        "cameo": Pointers(raw["cameo_owner"], used),
    }
    named = {f"{name}_{part}": c for name, p in made.items() for part, c in p.columns().items()}
    return {name: column for name, column in named.items() if name not in KEPT_ELSEWHERE}


def _pools(raw: Columns, age: Numbers) -> dict[str, NDArray[Any]]:
    """Positions of what is shown beyond one's own circle."""
    public = raw["public"]
    newest = np.flatnonzero(public)[-10 * LATEST :][::-1]
    two = first_of(raw["author"][newest], 2)  # of an author; the rest only where others are few
    untried = np.flatnonzero(public & (age < DAY) & (raw["impressions"] < UNTRIED))
    pools = {
        "hot": _hot(raw, public & (age < HOT_S), age),
        "fresh": untried,
        "latest": newest[np.concatenate([two, np.delete(np.arange(len(newest)), two)])][:LATEST],
        "near": np.flatnonzero(public)[-NEAR:],
    }
    return {name: pool.astype(np.int32) for name, pool in pools.items()}


def _hot(raw: Columns, young: Flags, age: Numbers) -> Ids:
    """Items whose trees make people create more than impressions would lead one to expect."""
    at = np.flatnonzero(young)
    _, tree = np.unique(raw["root"][at], return_inverse=True)
    created = np.bincount(tree, raw["remixes"][at]) + 1
    expected = np.bincount(tree, raw["impressions"][at] * BASE_RATE) + 1
    over = np.where(created > 1, created / expected, 0.0)
    score = over[tree] * 0.5 ** (age[at] / FADES_S)
    best = at[top(score, 4 * HOT)]
    best = best[first_of(raw["root"][best], 2)]
    return best[first_of(raw["author"][best], 2)][:HOT]
