"""Posting, remixing, and what people do with posts: each rule one verb."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F

from cameos.states import Gate
from feed.errors import (
    AlreadyPosted,
    HeldForReview,
    LeaveGone,
    NeverServed,
    NoSuchDraft,
    NotReady,
    TooWide,
)
from feed.models import SURFACES, Comment, Like, Post, PostAudience
from feed.states import PostState
from feed.wording import told
from generation.models import Job, Output, OutputParent
from generation.services import ask, require_characters, screen_beside, submit, understand
from generation.states import JobState
from ranking import services as ranking
from ranking.models import EventKind
from sora_social import outbox
from sora_social.ids import snowflake, uuid7
from sora_social.users.models import User

# A remix reaches no further than its parent: what each audience of a parent leaves open.
REACH = {
    PostAudience.PUBLIC: frozenset(PostAudience),
    PostAudience.UNLISTED: frozenset({PostAudience.UNLISTED, PostAudience.FOLLOWERS}),
    PostAudience.FOLLOWERS: frozenset({PostAudience.FOLLOWERS}),
}


def publish(
    author: User, draft: uuid.UUID, caption: str = "", audience: str = PostAudience.PUBLIC
) -> Post:
    """Show a draft to others, once. Everyone in it is asked for their leave again.

    Raises NoSuchDraft, NotReady, HeldForReview, LeaveGone, CharacterClosed, AlreadyPosted, TooWide,
    Blocked.
    """
    output = _draft(author, draft)
    if caption:
        _screen_caption(output, caption)
    _require_leave(output, audience)
    require_characters(output)
    return _publish(author, draft, caption=caption, audience=audience)


@transaction.atomic
def _publish(author: User, draft: uuid.UUID, *, caption: str, audience: str) -> Post:
    output = _draft(author, draft)
    parents = _parents(output)
    _check_reach(audience, parents)
    parent = parents[0] if parents else None
    post = _create(author, output, parent, caption=caption, audience=audience)
    if parent:
        Post.objects.filter(pk=parent.pk).update(remixes=F("remixes") + 1)
        _tell(parent, author, "remix", f"remix:{post.pk}", remix=str(post.pk))
    return post


def _draft(author: User, draft: uuid.UUID) -> Output:
    mine = Output.objects.by(author)
    if output := mine.cleared().filter(pk=draft).first():
        return output
    if found := mine.filter(pk=draft).first():
        raise HeldForReview if found.is_held else LeaveGone
    job = Job.objects.by(author).exclude(state=JobState.DONE).filter(pk=draft).first()
    raise NotReady(state=job.state) if job else NoSuchDraft


def _require_leave(output: Output, audience: str) -> None:
    """Everyone in it lets it be seen there. Raises LeaveGone."""
    where = SURFACES[PostAudience(audience)]
    if no := ask(Gate.PUBLISH, output.job.author, output.job_id, [where]):
        raise LeaveGone(cameo=no.cameo, rule=no.rule)


def _screen_caption(output: Output, caption: str) -> None:
    """It is shown with everyone in the video. Raises Blocked."""
    screen_beside(output.job, "caption", caption, with_likeness=output.job.uses.exists())


def _parents(output: Output) -> list[Post]:
    """The posts that this one was made from, through drafts that were never posted."""
    found, young = list[Post](), [output.pk]
    while young:
        steps = OutputParent.objects.filter(child__in=young, parent__isnull=False)
        old = list(dict.fromkeys(steps.order_by("pk").values_list("parent", flat=True)))
        posts = {post.output_id: post for post in Post.objects.filter(output__in=old)}
        found += [posts[pk] for pk in old if pk in posts]
        young = [pk for pk in old if pk not in posts]
    return found


def _check_reach(audience: str, parents: Iterable[Post]) -> None:
    for parent in parents:
        if audience not in REACH[PostAudience(parent.audience)]:
            raise TooWide(parent=parent.audience)


def _create(author: User, output: Output, parent: Post | None, **said: str) -> Post:
    number = snowflake()
    try:
        with transaction.atomic():
            return Post.objects.create(
                pk=number, down_id=str(number), state=PostState.LIVE, author=author,
                output=output, **_place(parent), **said,
                **told(output.job.prompt, output.job.style, said["caption"]),
            )  # fmt: skip
    except IntegrityError:
        raise AlreadyPosted from None


def _place(parent: Post | None) -> dict[str, Any]:
    """Where a remix of this parent stands in the tree."""
    if parent is None:
        return {}
    return {"parent": parent, "root_id": parent.root_id or parent.pk, "depth": parent.depth + 1}


def change(post: Post, *, hidden: bool | None = None, **said: str) -> None:
    """Another `caption` or `audience`; hidden, or shown again.

    Raises LeaveGone, TooWide, Blocked, IllegalMove.
    """
    if said.get("caption"):
        _screen_caption(post.output, said["caption"])
    _change(post, hidden, said)


@transaction.atomic
def _change(post: Post, hidden: bool | None, said: Mapping[str, str]) -> None:
    if "audience" in said:
        _require_leave(post.output, said["audience"])
        _check_reach(said["audience"], _parents(post.output))
    if said:
        Post.objects.filter(pk=post.pk).update(**said, **_retold(post, said))
    if hidden is not None and hidden != (post.state == PostState.HIDDEN):
        hide(post) if hidden else show(post)


def _retold(post: Post, said: Mapping[str, str]) -> dict[str, Any]:
    job = post.output.job
    return told(job.prompt, job.style, said["caption"]) if "caption" in said else {}


def hide(post: Post) -> None:
    """Out of everybody's sight but the author's. Raises IllegalMove."""
    post.move(PostState.HIDDEN)


def show(post: Post) -> None:
    """Back into sight. Raises IllegalMove."""
    post.move(PostState.LIVE)


@transaction.atomic
def remove(post: Post) -> None:
    """Out of everybody's sight, for good. Raises IllegalMove."""
    post.move(PostState.REMOVED)
    one_remix_less(post)


def one_remix_less(post: Post) -> None:
    """Of its parent, when it has gone."""
    parent = Post.objects.filter(pk=post.parent_id or 0, remixes__gt=0)
    parent.update(remixes=F("remixes") - 1)


def remix(person: User, post: Post, key: str, wish: Mapping[str, Any], via: str = "") -> Job:
    """Make something of a visible post: a job that starts from its video, cameos inherited.

    Raises what `generation.services.submit` raises.
    """
    return submit(person, key=key, via=via, **understand(person, wish), source=post.output)


# --- what people do with posts --------------------------------------------------------------------


@transaction.atomic
def like(person: User, post: Post) -> None:
    """Once, however often it is asked."""
    _, new = Like.objects.get_or_create(post=post, person=person)
    if new:
        Post.objects.filter(pk=post.pk).update(likes=F("likes") + 1)
        _tell(post, person, "like", f"like:{post.pk}:{person.pk}")


@transaction.atomic
def unlike(person: User, post: Post) -> None:
    """Once, however often it is asked."""
    gone, _ = Like.objects.filter(post=post, person=person).delete()
    if gone:
        Post.objects.filter(pk=post.pk).update(likes=F("likes") - 1)


def comment(person: User, post: Post, text: str) -> Comment:
    """Say something about a visible post: 1 to 500 plain characters. Raises Blocked."""
    screen_beside(post.output.job, "text", text, with_likeness=False)
    return _comment(person, post, text)


@transaction.atomic
def _comment(person: User, post: Post, text: str) -> Comment:
    number = uuid7()
    made = Comment.objects.create(
        pk=number, down_id=str(number), post=post, author=person, text=text
    )
    Post.objects.filter(pk=post.pk).update(comments=F("comments") + 1)
    _tell(post, person, "comment", f"comment:{made.pk}", comment=str(made.pk))
    return made


@transaction.atomic
def uncomment(comment: Comment) -> None:
    """Take a comment away; the second time nothing is left to take."""
    gone, _ = Comment.objects.filter(pk=comment.pk).delete()
    if gone:
        Post.objects.filter(pk=comment.post_id).update(comments=F("comments") - 1)


def _tell(post: Post, by: User, kind: str, event_key: str, **facts: str) -> None:
    """A notice to the author; never of one's own acts, never across a block."""
    if post.author_id != by.pk and User.objects.visible_to(by).filter(pk=post.author_id).exists():
        outbox.write(event_key, post.author_id, kind, by=by.handle, post=str(post.pk), **facts)


def engage(person: User, page: uuid.UUID, events: Sequence[Mapping[str, Any]]) -> int:
    """What the person did on a page they were served; how many events were new.

    Raises NotFound for a page of somebody else, NeverServed for a post that was not on it.
    """
    served = ranking.page_of(person.pk, page)
    for number, event in enumerate(events):
        if "item" in event and event["item"] not in served.items:
            raise NeverServed(field=f"events.{number}.post", post=str(event["item"]))
    fresh = ranking.engage(served, events)
    _see_less(person, events)
    return fresh


def _see_less(person: User, events: Sequence[Mapping[str, Any]]) -> None:
    """What was asked for less of becomes a wish that the person can read and remove."""
    named = [event["item"] for event in events if event["kind"] == EventKind.SEE_LESS]
    posts = Post.objects.filter(pk__in=named).order_by("pk")
    ranking.see_less(person.pk, posts.values_list("pk", "vector", "template"))


def count_impressions(limit: int = 500) -> int:
    """Add the impressions of served pages to their posts; a sweep calls this about each second."""
    return ranking.count_impressions(limit, _add_impressions)


def _add_impressions(seen: Mapping[int, int]) -> None:
    for pk in sorted(seen):  # one order, so that two sweeps never wait for each other
        Post.objects.filter(pk=pk).update(impressions=F("impressions") + seen[pk])


def may_watch(viewer: User, output: Output) -> bool:
    """Whether a cleared video's files may go to the viewer: its author, whose likeness is in it,
    or somebody who may see the post of it."""
    return (
        output.job.author_id == viewer.pk
        or Output.objects.of_likeness(viewer).filter(pk=output.pk).exists()
        or Post.objects.visible_to(viewer).filter(output=output).exists()
    )
