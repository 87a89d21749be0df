"""Requests for videos, handed on to `generation.services` in its words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from datetime import timedelta
from typing import Any, NamedTuple, TypeVar
from uuid import uuid4

from django.utils.timezone import now
from rest_framework.request import Request

from cameos.states import Surface
from generation import services
from generation.engine.types import Capabilities
from generation.models import Output, WireVideo
from generation.openai import catalog, sizes, starts
from generation.openai.files import LIFE, lifetime
from generation.openai.people import cast
from generation.openai.pictures import picture
from generation.openai.starts import Start
from generation.orders import SEEDS
from generation.quotes import Quote
from generation.states import Task, Tier
from generation.wishes import check_key
from sora_social.prepared import insert
from sora_social.users import keys
from sora_social.users.models import User
from sora_social.users.scopes import Scope
from sora_social.users.tokens import digest
from sora_social.wire.bodies import Body
from sora_social.wire.errors import WireError

LONGEST_PROMPT = 32_000
DRAFT = "draft"
AUDIENCES = (DRAFT, "followers", "unlisted", "public")  # beside the first those of a post
Asked = TypeVar("Asked", WireVideo, Quote)


class Asker(NamedTuple):
    """Who asks, with which idempotency key, and by which API key or app (`keys.came_by`)."""

    person: User
    key: str
    via: str

    @classmethod
    def of(cls, request: Request) -> Asker:
        return cls(request.user, _key_of(request), keys.came_by(request.auth))


def _key_of(request: Request) -> str:
    """The wish's key: the one that was given, which for each app is its own, or a new one.
    Raises KeyMissing."""
    if not (given := request.headers.get("Idempotency-Key")):
        return uuid4().hex
    check_key(given)
    app = request.auth.authorization_id
    return f"{app}:{digest(given)}" if app else given


def create(asker: Asker, body: Body) -> WireVideo:
    """`POST /videos`: a video from words, and a picture it begins with. Raises WireError, and what
    `services.submit` raises."""
    return _new(asker, body, _submit)


def quote(asker: Asker, body: Body) -> Quote:
    """`POST /videos/quote`: what the same would cost. Raises WireError, and what `services.quote`
    raises."""
    return _new(asker, body, _quote)


def _new(asker: Asker, body: Body, hand_on: Callable[..., Asked]) -> Asked:
    """A new video, handed on as `asked` and what it is to be `told` as."""
    prompt, author = body.text("prompt", LONGEST_PROMPT), asker.person
    model = catalog.named(body)
    size = body.choice("size", sizes.SIZES, sizes.USUAL_SIZE)
    seconds = body.choice("seconds", sizes.SECONDS, sizes.USUAL_SECONDS)
    with ExitStack() as opened:
        pictures = {
            "first_frame": picture(author, body, "input_reference", opened),
            "last_frame": picture(author, body, "last_frame", opened),
        }
        asked = _own(body, model) | pictures | {"prompt": cast(author, body, prompt)}
        asked |= {"loop": body.flag("loop"), "seconds": float(seconds)}
        told = {"model": model, "prompt": prompt, "size": size, "seconds": seconds}
        return hand_on(asker, body, asked, **told)


def remix(asker: Asker, body: Body, source: WireVideo) -> WireVideo:
    """`POST /videos/{id}/remix`: the same, drawn anew by other words."""
    return _redrawn(asker, body, starts.of_video(source))


def edit(asker: Asker, body: Body) -> WireVideo:
    """`POST /videos/edits`: as a remix, the video named in the body, or in it."""
    body.text("prompt", LONGEST_PROMPT)
    with ExitStack() as opened:
        return _redrawn(asker, body, starts.start(asker.person, body, opened))


def extend(asker: Asker, body: Body) -> WireVideo:
    """`POST /videos/extensions`: a video and what happens next, in one file."""
    prompt, author = body.text("prompt", LONGEST_PROMPT), asker.person
    more = body.choice("seconds", sizes.SECONDS)
    with ExitStack() as opened:
        start = starts.start(author, body, opened)
        total = start.whole_seconds + int(more)
        if start.extensions >= sizes.MOST_EXTENSIONS:
            said = f"A video can be extended {sizes.MOST_EXTENSIONS} times."
            raise WireError("invalid_value", said, "video")
        if total > sizes.LONGEST:
            said = f"A video can have {sizes.LONGEST} seconds in all, not {total}."
            raise WireError("invalid_value", said, "seconds")
        asked = _own(body, start.told["model"]) | start.asked
        asked |= {"prompt": cast(author, body, prompt)}
        asked |= {"task": Task.EXTEND.value, "seconds": total - start.seconds}
        told = start.told | {"prompt": prompt, "extensions": start.extensions + 1}
        return _submit(asker, body, asked, **told, seconds=str(total))


def _redrawn(asker: Asker, body: Body, start: Start) -> WireVideo:
    prompt, author = body.text("prompt", LONGEST_PROMPT), asker.person
    seconds = start.whole_seconds
    asked = _own(body, start.told["model"]) | start.asked | {"prompt": cast(author, body, prompt)}
    asked |= {"task": Task.RESTYLE.value, "seconds": float(seconds)}
    return _submit(asker, body, asked, **start.told, prompt=prompt, seconds=str(seconds))


def _own(body: Body, model: str) -> dict[str, Any]:
    """What only this server takes, where it is given, and its word for the model."""
    seed = body.whole("seed", SEEDS - 1)
    given = catalog.asked_of(model)
    given |= {
        "attested": body.flag("attested"),
        "style": body.text("style", 24, "", blank=True),
        "tier": body.choice("tier", Tier.values, given["tier"]),
    }
    return given if seed is None else given | {"seed": seed}


def _afterwards(asker: Asker, body: Body) -> dict[str, Any]:
    """What becomes of the video: whom it is posted to once it is done, how long its files stay.
    To post in a person's name wants a scope of its own. Raises WireError."""
    audience = body.choice("audience", AUDIENCES, DRAFT)
    seconds = lifetime(body, "expires_after", LIFE)
    if audience != DRAFT and not keys.may_go_on(asker.via, Scope.POSTS_WRITE):
        said = f"This key lacks the scope {Scope.POSTS_WRITE}."
        raise WireError("missing_scope", said, "audience", status=403)
    return {
        "audience": "" if audience == DRAFT else audience,
        "expires_at": now() + timedelta(seconds=seconds) if seconds else None,
    }


def _submit(asker: Asker, body: Body, asked: dict[str, Any], **told: Any) -> WireVideo:
    """Queue it for this surface, at the asked size and length, and keep the client's words."""
    told |= _afterwards(asker, body)
    job = services.submit(asker.person, key=asker.key, **_in_our_words(asker, asked, told))
    if job.fresh:
        insert(video := WireVideo(job=job, **told))
    else:
        video, _ = WireVideo.objects.select_related("job").get_or_create(job=job, defaults=told)
    video.shown = False  # it has only begun
    return video


def _quote(asker: Asker, body: Body, asked: dict[str, Any], **told: Any) -> Quote:
    _afterwards(asker, body)
    return services.quote(asker.person, **_in_our_words(asker, asked, told))


def _in_our_words(asker: Asker, asked: dict[str, Any], told: Mapping[str, Any]) -> dict[str, Any]:
    """As `services.submit` and `services.quote` take it."""
    width, height = sizes.pixels(told["size"])
    given = {name: value for name, value in asked.items() if value not in (None, "", False)}
    return given | {
        "via": asker.via,
        "surfaces": [Surface.API],
        "delivery": {"width": width, "height": height, "seconds": float(told["seconds"])},
        **_shape(asked.get("source"), told["size"], services.capabilities(asked["model"])),
    }


def _shape(source: Output | None, size: str, able: Capabilities) -> dict[str, int]:
    """The size to render: the source's own, or that of the model nearest to what was asked."""
    if source is not None:
        return {"width": source.job.width, "height": source.job.height}
    width, height = sizes.rendered(size, able)
    return {"width": width, "height": height}
