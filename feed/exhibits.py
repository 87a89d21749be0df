"""What there is to see of a post at the moderators' desk: its video, its words, and the remix tree
that a decision about it touches."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from django.db.models import Q, QuerySet

from cameos.models import Cameo
from feed.models import Comment, Post
from feed.revocation import reach
from feed.states import PostState
from generation.exhibits import of_video
from generation.services import bar_output
from sora_social.moderation.desk import Exhibit, Parties, bars, owns, shows
from sora_social.moderation.models import Case, Subject, Takedown
from sora_social.moderation.people import day

MOST = 100  # posts of a tree that are shown
INDENT = "\u2003"
GONE = (("gone", "There is nothing left of it."),)


# --- whose ----------------------------------------------------------------------------------------


@owns(Subject.POST)
def whose_post(subject_id: str, facts: Mapping[str, Any]) -> Parties:
    """Its author; everybody in it has a part in it."""
    post = Post.objects.filter(down_id=subject_id).first()
    if post is None:
        return Parties()
    people = Cameo.objects.filter(uses__job__outputs__post=post.pk)
    return Parties(post.author_id, frozenset(people.values_list("owner", flat=True)))


@bars(Subject.POST)
def bar_post(case: Case) -> None:
    """Its video is down with it, and may not be posted anew."""
    if post := Post.objects.select_related("output").filter(down_id=case.subject_id).first():
        bar_output(case, post.output)


@owns(Subject.COMMENT)
def whose_comment(subject_id: str, facts: Mapping[str, Any]) -> Parties:
    """Its author; whose post it is under has a part in it."""
    comment = Comment.objects.select_related("post").filter(down_id=subject_id).first()
    if comment is None:
        return Parties()
    return Parties(comment.author_id, frozenset({comment.post.author_id}))


# --- what there is to see -------------------------------------------------------------------------


@shows(Subject.POST)
def of_post(case: Case) -> Iterator[Exhibit]:
    posts = Post.objects.select_related("author", "output__job__author")
    post = posts.filter(down_id=case.subject_id).first()
    if post is None:
        yield Exhibit("The post", lines=GONE)
        return
    yield Exhibit("The post", lines=tuple(_about(post)))
    yield from of_video(post.output)
    yield _tree(_branch(post.pk, post.root_id or post.pk))


@shows(Subject.OUTPUT)
def posts_of_output(case: Case) -> Iterator[Exhibit]:
    """The post of a video and its remixes."""
    if post := Post.objects.filter(output__down_id=case.subject_id).first():
        yield _tree(_branch(post.pk, post.root_id or post.pk))


@shows(Subject.COMMENT)
def of_comment(case: Case) -> Iterator[Exhibit]:
    comments = Comment.objects.select_related("author", "post__author")
    comment = comments.filter(down_id=case.subject_id).first()
    if comment is None:
        yield Exhibit("The comment", lines=GONE)
        return
    post = comment.post
    said = ("comment", comment.text), ("by", f"@{comment.author.handle}")
    under = ("under the post of", f"@{post.author.handle}"), ("caption", post.caption or "none")
    yield Exhibit("The comment", lines=(*said, ("made", day(comment.made_at)), *under))


@shows(Subject.CAMEO)
def of_cameo(case: Case) -> Iterator[Exhibit]:
    """How far a decision about a likeness would reach, and the posts it is in."""
    cameo = Cameo.objects.filter(down_id=case.subject_id).first()
    if cameo is None:
        return
    there = tuple((name, str(count)) for name, count in reach(cameo).items())
    yield Exhibit("What stands on it", lines=there)
    yield _tree(Post.objects.filter(output__job__uses__cameo=cameo.pk))


def _about(post: Post) -> Iterator[tuple[str, str]]:
    yield "author", f"@{post.author.handle}"
    yield "caption", post.caption or "none"
    yield "audience", str(post.audience)
    yield "state", str(post.state)
    yield "posted", day(post.made_at)
    yield "likes, comments, remixes", f"{post.likes}, {post.comments}, {post.remixes}"


# --- the tree -------------------------------------------------------------------------------------


def _branch(pk: int, root: int) -> list[Post]:
    """A post and what was remixed from it, of all posts of its tree."""
    family = _shown(Post.objects.filter(Q(pk=root) | Q(root=root)))
    below, kept = {pk}, []
    for post in family:  # children have larger ids than their parents
        if post.pk in below or post.parent_id in below:
            below.add(post.pk)
            kept.append(post)
    return kept


def _shown(posts: QuerySet[Post]) -> list[Post]:
    return list(posts.select_related("author").order_by("pk")[: MOST * 5])


def _tree(posts: Any) -> Exhibit:
    """Depth first, indented; what is down or removed says so."""
    found = _shown(posts) if isinstance(posts, QuerySet) else posts
    down = set(Takedown.objects.of(Subject.POST).filter(subject_id__in=[p.down_id for p in found]))
    lines = [_line(post, depth, down) for post, depth in _ordered(found)]
    title = f"The remix tree affected: {len(found)} posts"
    return Exhibit(title, lines=tuple(lines[:MOST]), style="tree")


def _ordered(posts: list[Post]) -> Iterator[tuple[Post, int]]:
    known, children = {post.pk for post in posts}, defaultdict[int | None, list[Post]](list)
    for post in posts:
        children[post.parent_id if post.parent_id in known else None].append(post)
    open_ = [(post, 0) for post in reversed(children[None])]
    while open_:
        post, depth = open_.pop()
        yield post, depth
        open_ += [(child, depth + 1) for child in reversed(children[post.pk])]


def _line(post: Post, depth: int, down: set[str]) -> tuple[str, str]:
    state = "down" if post.down_id in down else str(post.state)
    mark = "" if state == PostState.LIVE else f" ({state})"
    branch = INDENT * (depth - 1) + "└ " if depth else ""
    return f"{branch}@{post.author.handle}", f"{post.caption or 'no caption'}{mark}"
