"""A cameo of somebody new in thousands of the posts that a viewer is shown."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

from django.utils.timezone import now

from cameos.models import Audience, Cameo, Consent
from cameos.states import EVERYTHING, Basis, CameoState, ConsentState
from feed.models import Post
from generation.models import Account, CameoUse, Job, Output
from generation.states import JobState
from sora_social import storage
from sora_social.users.models import Follow, User


@dataclass(frozen=True)
class Lent:
    cameo: Cameo
    posts: frozenset[int]  # with it
    post: int  # one of them, a remix, with files
    parent: int  # of that
    author: str
    job: Job  # one that waits


def lend(viewer: User, affected: int) -> Lent:
    """The newest posts of those whom the viewer follows, that had nobody in them."""
    followed = Follow.objects.filter(follower=viewer).values("followed")
    free = Post.objects.listed_for(viewer).filter(author__in=followed, output__job__uses=None)
    posts = list(free.order_by("-pk").select_related("author", "output")[:affected])
    cameo = _cameo("lender")
    leaves = {author: _leave(cameo, author) for author in {post.author for post in posts}}
    CameoUse.objects.bulk_create(
        CameoUse(job_id=post.output.job_id, cameo=cameo, consent=leaves[post.author])
        for post in posts
    )
    seen = set(Post.objects.listed_for(viewer).values_list("pk", flat=True))
    chosen = next(post for post in posts if post.parent_id in seen)
    _files(chosen.output)
    job = _waiting(chosen.author, cameo, leaves[chosen.author])
    pks = frozenset(post.pk for post in posts)
    return Lent(cameo, pks, chosen.pk, chosen.parent_id, chosen.author.handle, job)


def _cameo(handle: str) -> Cameo:
    owner = User.objects.create_user(handle, birthdate=datetime.date(1990, 1, 1))
    return Cameo.objects.create(
        owner=owner, handle=handle, state=CameoState.ACTIVE, wrapped_key=b"k",
        audience=Audience.EVERYONE, surfaces=EVERYTHING,
    )  # fmt: skip


def _leave(cameo: Cameo, author: User) -> Consent:
    return Consent.objects.create(
        cameo=cameo, requester=author, basis=Basis.EVERYONE, state=ConsentState.GRANTED
    )


def _files(output: Output) -> None:
    output.folder = f"renders/{output.pk}"
    output.save(update_fields=["folder"])
    for key in output.keys:
        storage.put_bytes(key, b"a file")


def _waiting(author: User, cameo: Cameo, leave: Consent) -> Job:
    Account.objects.get_or_create(user=author)
    job = Job.objects.create(
        author=author, state=JobState.QUEUED, prompt="x", seed=1, width=96, height=96, seconds=2,
        deadline_at=now() + datetime.timedelta(hours=1), idempotency_key=f"w{leave.pk}",
        fingerprint="", dispatched_at=now(), cost=0,
    )  # fmt: skip
    CameoUse.objects.create(job=job, cameo=cameo, consent=leave)
    return job
