"""Taking a likeness back: what each way of it would reach, and doing it.

Nothing is pushed up: whatever stands on a cameo asks for leave whenever it is looked at, so that
one row makes it dark, however much of it there is. Here that row is written, what is under way is
ended, and with a purge what was made is destroyed.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from django.db import transaction
from django.db.models import Count, F, Q, TextChoices

from cameos import services as cameos
from cameos.models import Cameo
from cameos.states import Basis
from feed.errors import NotConfirmed
from feed.models import Post
from feed.states import PostState
from generation import services as generation
from generation.models import Job, Output
from sora_social.errors import IllegalMove


class Choice(TextChoices):
    """From the mildest."""

    FUTURE = "future", "Nothing new is made with it; what there is stays."
    FREEZE = "freeze", "What there is stays and is not remixed any more; new videos are possible."
    HIDE = "hide", "Nobody sees anything with it and nobody uses it, until you resume it."
    REVOKE = "revoke", "All that was made with it is dark for good, and the likeness is destroyed."
    PURGE = "purge", "As revoked; and the files of all that was made with it are deleted."


FINAL = frozenset({Choice.REVOKE, Choice.PURGE})
DARKENS = FINAL | {Choice.HIDE}
SHOWN = (PostState.LIVE, PostState.HIDDEN)


def reach(cameo: Cameo) -> dict[str, int]:
    """What there is of it: `drafts` and `posts` with it, `remixes` among those, `authors` of all
    that; `jobs` under way, `leaves` that are given or asked for."""
    return _made_with(cameo) | _under_way(cameo)


def _made_with(cameo: Cameo) -> dict[str, int]:
    posted = Q(post__state__in=SHOWN)
    return Output.objects.filter(job__uses__cameo=cameo.pk).aggregate(
        drafts=Count("pk", filter=Q(post=None)),
        posts=Count("pk", filter=posted),
        remixes=Count("pk", filter=posted & Q(job__uses__inherited=True)),
        authors=Count("job__author", distinct=True),
    )


def _under_way(cameo: Cameo) -> dict[str, int]:
    return {
        "jobs": Job.objects.open().filter(uses__cameo=cameo.pk).count(),
        "leaves": cameo.consents.open().exclude(basis=Basis.OWN).count(),
    }


def preview(cameo: Cameo) -> list[dict[str, Any]]:
    """Each choice: what it does, what of the reach it darkens and ends, whether it is final."""
    there = reach(cameo)
    return [_outcome(choice, there) for choice in Choice]


def apply(cameo: Cameo, choice: str, confirm: str = "") -> dict[str, Any]:
    """Take the likeness back in one of the ways; what that came to.

    What ends for good is hidden at once, in a moment however much there is of it; then all of the
    rest is done, or nothing, and it stays hidden until its owner asks again.

    What cannot be undone asks for the cameo's handle. Raises NotConfirmed, IllegalMove.
    """
    chosen = Choice(choice)
    if chosen in FINAL and confirm.lstrip("@").lower() != cameo.handle:
        raise NotConfirmed(handle=cameo.handle)
    before = _under_way(cameo)
    if chosen in FINAL:
        with suppress(IllegalMove), transaction.atomic():  # or it is not shown as it is
            _hide(cameo)
    if chosen == Choice.PURGE:
        before = _made_with(cameo) | before
    with transaction.atomic():
        DONE[chosen](cameo)
    return _outcome(chosen, _made_with(cameo) | before)


def _outcome(choice: Choice, there: dict[str, int]) -> dict[str, Any]:
    dark = choice in DARKENS
    return {
        "choice": choice,
        "does": choice.label,
        "final": choice in FINAL,
        "darkens": {name: there[name] if dark else 0 for name in ("drafts", "posts", "remixes")},
        "cancels_jobs": there["jobs"] if dark else 0,
        "ends_leaves": there["leaves"] if choice in FINAL else 0,
        "deletes_files_of": there["drafts"] + there["posts"] if choice == Choice.PURGE else 0,
        "authors": there["authors"],
    }


def _hide(cameo: Cameo) -> None:
    cameos.pause(cameo)
    generation.cancel_uses(cameo)


def _revoke(cameo: Cameo) -> None:
    cameos.revoke(cameo)
    generation.cancel_uses(cameo)


def _purge(cameo: Cameo) -> None:
    """Posts stay as tombstones, so that the trees they stand in stay whole."""
    _revoke(cameo)
    gone = Post.objects.filter(output__job__uses__cameo=cameo.pk, state__in=SHOWN)
    fewer = gone.exclude(parent=None).order_by().values_list("parent").annotate(Count("pk"))
    for parent, count in list(fewer):
        Post.objects.filter(pk=parent, remixes__gte=count).update(remixes=F("remixes") - count)
    words = {"caption": "", "vector": b"", "topics": 0, "template": 0}
    Post.objects.filter(pk__in=gone.values("pk")).update(state=PostState.REMOVED, **words)
    generation.purge_likeness(cameo)


DONE = {
    Choice.FUTURE: cameos.close,
    Choice.FREEZE: cameos.freeze,
    Choice.HIDE: _hide,
    Choice.REVOKE: _revoke,
    Choice.PURGE: _purge,
}
