"""The invitations that may stand on a page: for whom, and what each hands over, ready to be used.

Only what the viewer may really use is offered: a post they may remix, a draft of their own, a cameo
whose owner lends it to them. Young people are offered a rest before anything else.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import timedelta
from itertools import chain, islice
from typing import Any, NamedTuple

from cameos.models import Cameo
from cameos.services import ask, use_of
from feed.cards import Card
from feed.endings import is_night, is_young, was_stopped
from feed.models import Post
from generation.models import CameoUse, Job, Output
from ranking import services
from ranking.services import History
from ranking.types import Arm, Drawn, Placed, Sitting, Source
from sora_social.users.models import User

UNFINISHED = timedelta(days=14)  # how old a draft may be
A_WEEK = timedelta(days=7)
TRIED = 3  # friends' posts whose people are asked
Handed = dict[str, Any]  # what an arm hands over: a prompt, and what it is about


class Sight(NamedTuple):
    """Who looks, at what, and since when."""

    viewer: User
    past: History
    placed: Sequence[Placed]
    shown: Mapping[int, Card]


def invite(
    viewer: User, past: History, placed: Sequence[Placed], shown: Mapping[int, Card]
) -> tuple[Drawn, Card | None]:
    """Perhaps an invitation, and its card; never to somebody who has created in this session."""
    moment = past.moment.timestamp()
    if not placed or not services.may_nudge(viewer.pk, _sitting(past), moment):
        return Drawn(), None
    made = Job.objects.by(viewer).filter(made_at__gte=past.moment - A_WEEK)
    if made.filter(made_at__gte=past.began).exists():
        return Drawn(), None
    offered = offers(Sight(viewer, past, placed, shown))
    sitting = _sitting(past, maker=made.exists(), alike=_alike(past))
    drawn = services.nudge(viewer.pk, sitting, list(offered), moment)
    return drawn, _card(drawn, offered[Arm(drawn.arm)]) if drawn.text else None


def _sitting(past: History, maker: bool = False, alike: int | None = None) -> Sitting:
    return Sitting(past.began.timestamp(), past.passive(), False, alike, maker)


def _alike(past: History) -> int:
    """How much of what this session showed is of one kind."""
    watched = Counter(chain.from_iterable(page.items for page in past.here))
    rows = list(Post.objects.filter(pk__in=watched).exclude(vector=b"").values_list("pk", "vector"))
    kinds = Counter[int]()
    found = services.cluster_of(services.unpacked([bytes(vector) for _, vector in rows]))
    for (pk, _), kind in zip(rows, found.tolist(), strict=True):
        kinds[kind] += watched[pk]
    return max(kinds.values(), default=0)


def _card(drawn: Drawn, handed: Handed) -> Card:
    nothing = dict.fromkeys(("prompt", "post", "draft", "cameo"))
    return {"kind": "nudge", "arm": drawn.arm, "text": drawn.text} | nothing | handed


def offers(sight: Sight) -> dict[Arm, Handed]:
    """What may be offered here and now. A rest goes before everything that would go on."""
    viewer, past = sight.viewer, sight.past
    if services.tired(_sitting(past), past.moment.timestamp()):
        return {Arm.TAKE_A_BREAK: {}}
    if is_young(viewer) and (is_night(viewer, past.moment) or not was_stopped(past)):
        return {}
    found = ((arm, next(hands(sight), None)) for arm, hands in OFFERS.items())
    return {arm: handed for arm, handed in found if handed is not None}


# --- what each arm hands over ---------------------------------------------------------------------


def _draft(sight: Sight) -> Iterator[Handed]:
    """The newest of the viewer's own that can be posted and was not."""
    mine = Output.objects.by(sight.viewer).cleared().filter(post=None)
    young = mine.filter(made_at__gte=sight.past.moment - UNFINISHED).order_by("-pk")
    for pk, prompt in young.values_list("pk", "job__prompt")[:1]:
        yield {"draft": str(pk), "prompt": prompt}


def _remix(sight: Sight) -> Iterator[Handed]:
    """A friend's post that the viewer may remix, the best first."""
    friends = [place for place in sight.placed if place.source == Source.FRIEND]
    for card in islice(_best(sight, friends), TRIED):
        if _may_remix(sight.viewer, card):
            yield {"post": card["id"], "prompt": card["prompt"]}


def _may_remix(viewer: User, card: Card) -> bool:
    """Everybody in it lets the viewer restyle it; nothing is written down."""
    use = use_of(
        viewer, remixes=True, alters=True, speaks=False, contexts=frozenset(), text=card["prompt"]
    )
    return not any(said.rule for said in ask(viewer, [c["handle"] for c in card["cameos"]], use))


def _cameo(sight: Sight) -> Iterator[Handed]:
    """A friend's cameo that the viewer may use and never has, the newest first."""
    friends = User.objects.mutuals_of(sight.viewer)
    used = CameoUse.objects.filter(job__author=sight.viewer.pk, cameo__isnull=False)
    lent = Cameo.objects.usable_by(sight.viewer).filter(owner__in=friends)
    fresh = lent.exclude(pk__in=used.values("cameo")).order_by("-made_at")
    for handle in fresh.values_list("handle", flat=True)[:1]:
        yield {"cameo": handle, "prompt": f"@{handle} "}


def _template(sight: Sight) -> Iterator[Handed]:
    """A prompt of this page that needs nobody's leave, the best first."""
    for card in _best(sight, sight.placed):
        if "@" not in card["prompt"]:
            yield {"post": card["id"], "prompt": card["prompt"]}


def _best(sight: Sight, placed: Sequence[Placed]) -> Iterator[Card]:
    for place in sorted(placed, key=lambda place: -place.score):
        yield sight.shown[place.item]


OFFERS: dict[Arm, Callable[[Sight], Iterator[Handed]]] = {
    Arm.FINISH_DRAFT: _draft,
    Arm.REMIX_YOUR_FRIEND: _remix,
    Arm.INVITE_CAMEO: _cameo,
    Arm.TRY_THIS: _template,
}
