"""Posts for tests: real outputs of real jobs, published by the real service."""

from __future__ import annotations

from typing import Any

from feed import services
from feed.catalog import STORE
from feed.models import Post
from generation.models import Output
from sora_social.users.models import User
from tests.generation.making import done_output


def posted(author: User, audience: str = "public", caption: str = "", **made: Any) -> Post:
    """A post of a new output; `cameos` and `prompt` as `done_output` takes them."""
    return services.publish(author, done_output(author, **made).pk, caption, audience)


def remixed(author: User, post: Post, audience: str = "public", **made: Any) -> Post:
    """A remix of a post, posted."""
    return posted(author, audience, parents=[post.output], **made)


def quick_posts(authors: list[User], each: int, **fields: Any) -> list[Post]:
    """Many public posts without files, for lists that only have to be long."""
    return [posted_from(author, None, **fields) for _ in range(each) for author in authors]


def posted_from(author: User, output: Output | None = None, **fields: Any) -> Post:
    post = services.publish(author, (output or done_output(author)).pk)
    if fields:
        Post.objects.filter(pk=post.pk).update(**fields)
    STORE.drop()
    return post


def ids(answer: dict[str, Any]) -> list[int]:
    """The ids of the posts of a page."""
    return [int(item["id"]) for item in answer["items"] if item.get("kind", "post") == "post"]
