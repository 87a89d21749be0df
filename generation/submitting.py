"""From what was asked to a job in the queue: everything is checked before anything is kept."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple
from uuid import UUID

from django.db import transaction

from cameos.errors import ConsentRequired
from cameos.models import Cameo, Consent
from cameos.services import count_down, leaves_for, refused
from cameos.states import Gate
from cameos.types import Use
from generation import casting, credits, dispatch, gates, inputs, lineup, wishes
from generation.errors import NotAPreview
from generation.models import CameoUse, CharacterUse, Job, JobSource, Output
from generation.room import room_for
from generation.states import Tier
from generation.wanted import Piece, Wanted, check_form
from generation.wishes import Wish
from sora_social import audit, storage
from sora_social.users.models import User
from sora_social.wording import as_line


class Order(NamedTuple):
    """A wish, what it starts from, and how its pictures are read."""

    wish: Wish
    pieces: list[Piece]
    read: inputs.Reading

    @property
    def sources(self) -> list[Output]:
        return [output for output, _ in self.pieces]


class Allowed(NamedTuple):
    """Who will be in it, what is asked of each, and the leaves it stands on, locked."""

    cast: casting.Cast
    uses: dict[Cameo, Use]
    leaves: dict[UUID, Consent]
    said: str


def submit(author: User, *, key: str, via: str = "", **asked: Any) -> Job:
    """Queue what was asked for (the fields of `Wanted`), or find the job that this key already
    queued (then `fresh` is False); `via` is the key or app that it came by (`keys.came_by`).

    Every cameo in it, mentioned or inherited from a source, needs its owner's leave; every
    character has to be one that the author may use. Raises
    KeyMissing, KeyReused, PromptRefused, WishRefused, NotPossible, UploadRefused, UnknownCameo,
    TooManyCameos, ConsentRequired, CharacterClosed, NotFound, TooManyJobs, NotEnoughCredits.
    """
    wishes.check_key(key)
    order = order_of(asked)
    with _noting_refusals(author):
        return _begin(author, key, order, via)


def finalize(
    author: User, preview: Output, *, key: str, via: str = "", tier: str = Tier.STANDARD
) -> Job:
    """Make a preview's final: the same prompt, seed and inputs, more compute; `via` as in `submit`.

    Raises NotAPreview, and what `submit` raises.
    """
    wishes.check_key(key)
    if preview.job.tier != Tier.PREVIEW:
        raise NotAPreview
    wish, pieces = wishes.final_of(preview, tier), wishes.pieces_of(preview.job)
    with _noting_refusals(author):
        return _begin(author, key, Order(wish, pieces, lambda: inputs.copies(preview.job)), via)


def order_of(asked: dict[str, Any]) -> Order:
    """What the fields of `Wanted` come to. Raises PromptRefused, WishRefused, EngineMissing."""
    wanted = Wanted(**asked)
    check_form(wanted)
    pieces = wanted.pieces
    masked = (pieces[0][0].width, pieces[0][0].height) if pieces else None
    able = lineup.capabilities(wanted.model)
    wish = wishes.resolve(wanted)
    return Order(wish, pieces, lambda: inputs.read(wanted.uploads, masked, able))


def allowed(author: User, order: Order) -> Allowed:
    """Everybody in it and their leave, locked until the transaction ends.

    Raises UnknownCameo, TooManyCameos, ConsentRequired, CharacterClosed, NotFound, NotPossible.
    """
    cast = casting.cast_of(author, order.wish, order.sources)
    said = casting.said_in(order.wish, order.sources)
    uses = casting.uses_of(author, order.wish, cast.people, said)
    return Allowed(cast, uses, leaves_for(author, uses), as_line(said))


@contextmanager
def _noting_refusals(author: User) -> Iterator[None]:
    """Whose likeness somebody tried to use in vain is kept, though nothing else of it is."""
    try:
        yield
    except ConsentRequired as no:
        refused(Gate.SUBMIT, author, no.facts["cameo"], no.facts["rule"])
        raise


def _begin(author: User, key: str, order: Order, via: str) -> Job:
    """The job of this key, or a new one; pictures that came with no new one are dropped."""
    if earlier := wishes.earlier(author, key, order.wish):
        return earlier
    wishes.check_possible(order.wish)
    if order.wish.uploads:  # to read them is dear
        room_for(author, via)
    kept = inputs.keep(order.read())
    job = None
    try:
        _note_attested(author, key, order.wish)
        job = _queue(author, key, order, kept, via)
        return job
    finally:
        if job is None or not job.fresh:
            storage.drop_each(kept.values())


def _note_attested(author: User, key: str, wish: Wish) -> None:
    """Who says so of which pictures; kept before anything is locked, and whatever comes of it."""
    if wish.attested and wish.uploads and wish.final_of is None:
        audit.record("pictures.attested", author.pk, key=key, pictures=wish.uploads)


@transaction.atomic
def _queue(author: User, key: str, order: Order, pictures: dict[str, str], via: str) -> Job:
    """Everything or nothing, locks in the one order: consents, job, account."""
    cast, uses, leaves, said = allowed(author, order)
    account = credits.account_of(author)  # locked: of two with one key the second sees the first
    if earlier := wishes.earlier(author, key, order.wish):
        return earlier
    turn = room_for(author, via).turn(order.wish.price)
    noted = {"said": said, "turn": turn, "via": via, **pictures}
    job = wishes.queued(wishes.as_job(author, key, order.wish, account.at, **noted))
    used = CameoUse.objects.bulk_create(casting.as_rows(job, cast.people, uses, leaves))
    CharacterUse.objects.bulk_create(casting.characters_as_rows(job, cast.characters))
    gates.note(Gate.SUBMIT, author.pk, job.pk, used)
    JobSource.objects.bulk_create(
        JobSource(job=job, output=output, role=role) for output, role in order.pieces
    )
    count_down(leaves.values())
    credits.reserve(job, account)
    transaction.on_commit(lambda: dispatch.send(job.pk), robust=True)
    return job
