"""Items as compact columns: what is kept of each in about 130 bytes, pointers included."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ranking.embedding import cluster_of, unpacked
from ranking.store.pointers import Places, Pointers, first_of, top
from ranking.types import DAY, Flags, Ids, Numbers, Row, Rows
from sora_social.ids import seconds_of

Columns = Mapping[str, NDArray[Any]]
PLAIN: dict[str, Any] = {  # one value an item
    "id": np.int64, "depth": np.uint16, "likes": np.uint32, "comments": np.uint16,
    "remixes": np.uint16, "impressions": np.uint32, "public": np.bool_, "template": np.int64,
    "topics": np.int64,
}  # fmt: skip
POINTERS = ("author", "tree", "template", "cluster", "cameo")
BASE_RATE = 0.02  # creations expected of an impression before anything is known
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
        "author": wide["author"], "root": wide["root"], "vector": _sound(unpacked(vectors)),
        "cameo_item": cameos[:, 0], "cameo_owner": cameos[:, 1],
    }  # fmt: skip


def joined(parts: Iterable[Columns]) -> dict[str, NDArray[Any]]:
    """Columns of parts that follow each other in time."""
    found = list(parts)
    return {name: np.concatenate([part[name] for part in found]) for name in found[0]}


def arranged(raw: Columns, moment: float) -> dict[str, NDArray[Any]]:
    """The columns of a segment: items, the people and trees they name, pointers and pools."""
    people, who = np.unique(raw["author"], return_inverse=True)
    trees, tree = _trees(raw["id"], raw["root"])
    cluster = cluster_of(raw["vector"]).astype(np.uint16)
    plain = {name: raw[name] for name in PLAIN}
    found = plain | {
        "who": who.astype(np.int32), "tree": tree, "trees": trees, "people": people,
        "vector": raw["vector"], "cluster": cluster,
    }  # fmt: skip
    age = moment - seconds(raw["id"])
    return found | _authors(raw, who, age) | _pointers(raw, who, found) | _pools(raw, age)


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


def _trees(ids: Ids, roots: Ids) -> tuple[Ids, Places]:
    """The roots of more than one item, and of each item its place among them; -1: none."""
    trees = np.unique(roots[roots != ids])
    at = trees.searchsorted(roots).clip(max=max(len(trees) - 1, 0))
    known = trees[at] == roots if len(trees) else np.zeros(len(ids), np.bool_)
    return trees, np.where(known, at, -1).astype(np.int32)


def _authors(raw: Columns, who: Ids, age: Numbers) -> dict[str, NDArray[Any]]:
    """What each posted in a day, and received."""
    received = raw["likes"].astype(np.float64) + raw["comments"] + raw["remixes"]
    return {
        "posts": np.bincount(who, age < DAY).astype(np.float32),
        "feedback": np.bincount(who, received).astype(np.float32),
    }


def _pointers(raw: Columns, who: Ids, found: Columns) -> dict[str, NDArray[Any]]:
    places = np.arange(len(who), dtype=np.int32)
    said, grown = found["template"] != 0, found["tree"] >= 0
    used = np.searchsorted(raw["id"], raw["cameo_item"]).astype(np.int32)
    made = {
        "author": Pointers(raw["author"], places),
        "tree": Pointers(raw["root"][grown], places[grown], at_least=2),
        "template": Pointers(found["template"][said], places[said], at_least=2),
        "cluster": Pointers(found["cluster"], places),
        "cameo": Pointers(raw["cameo_owner"], used),
    }
    named = {f"{name}_{part}": c for name, p in made.items() for part, c in p.columns().items()}
    del named["author_keys"]  # they are `people`
    return named


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
