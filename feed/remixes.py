"""The remix tree: one query and one pass. What may not be seen leaves a tombstone, or nothing."""

from __future__ import annotations

from collections import defaultdict
from typing import Any, NamedTuple

from django.db.models import Q

from feed.cards import by_id, cards
from feed.models import Post
from sora_social.users.models import User

LARGEST = 500


class Node(NamedTuple):
    pk: int
    parent: int | None
    depth: int


def tree(viewer: User, post: Post) -> dict[str, Any]:
    """The whole tree that a visible post stands in, parents before their children.

    A node is a post, or a tombstone (`post` is null) where one that may not be seen leads to one
    that may. Nodes are numbered, for the id of a post by link alone is its link.
    """
    nodes = _nodes(post)
    shown = by_id(viewer, [node.pk for node in nodes[:LARGEST]])
    if post.pk not in shown:  # opened by its link
        shown[post.pk] = cards(viewer, Post.objects.filter(pk=post.pk))[0]
    order = _grow(nodes[:LARGEST], set(shown))
    number = {node.pk: place for place, node in enumerate(order)}
    items = [
        {"node": number[n.pk], "parent_node": number.get(n.parent), "depth": n.depth,
         "post": shown.get(n.pk)}
        for n in order
    ]  # fmt: skip
    return {"items": items, "truncated": len(nodes) > LARGEST}


def _nodes(post: Post) -> list[Node]:
    root = post.root_id or post.pk
    family = Post.objects.filter(Q(pk=root) | Q(root=root)).order_by("pk")
    return [Node(*row) for row in family.values_list("pk", "parent_id", "depth")[: LARGEST + 1]]


def _grow(nodes: list[Node], shown: set[int]) -> list[Node]:
    """Depth first; branches in which nothing may be seen fall away."""
    children, living = defaultdict[int | None, list[Node]](list), set(shown)
    for node in reversed(nodes):  # children have larger ids than their parents
        if node.pk in living:
            living.add(node.parent or node.pk)
    known = {node.pk for node in nodes}
    for node in nodes:
        if node.pk in living:
            children[node.parent if node.parent in known else None].append(node)
    order, open_ = [], children[None][::-1]
    while open_:
        order.append(node := open_.pop())
        open_ += children[node.pk][::-1]
    return order
