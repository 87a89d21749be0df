"""What can be said today of a file, or of what one of our addresses leads to: what `generation`
finds out, where it is posted, and whom a public post names."""

from __future__ import annotations

from collections.abc import Sequence
from typing import IO, Any
from urllib.parse import unquote, urlsplit
from uuid import UUID

from django.conf import settings
from django.db.models import Q, QuerySet
from django.http.request import split_domain_port, validate_host
from django.urls import Resolver404, ResolverMatch, resolve

from cameos.states import Surface, bits
from feed.errors import LinkRefused
from feed.models import SURFACES, Post, PostAudience
from feed.states import PostState
from generation import media, verifying
from generation.models import CameoUse, Output
from generation.verifying import Found
from sora_social.errors import NotFound
from sora_social.moderation.models import Subject, Takedown
from sora_social.users.models import User

BY_LINK = [PostAudience.PUBLIC, PostAudience.UNLISTED]  # whose link it is, whoever has it may see
LONGEST = 2000
OF_A_CLIP = {  # routes, and how they name an output
    "draft": lambda said: Q(pk=said["output_id"]),
    "wire-video": lambda said: Q(job=said["pk"]),
    "wire-content": lambda said: Q(job=said["pk"]),
}


def of_file(file: IO[bytes]) -> dict[str, Any]:
    """What an open file is. Raises UploadRefused for what is no film and no picture."""
    return _answered(verifying.of_file(file))


def of_link(link: str, host: str, viewer: User) -> dict[str, Any]:
    """What an address of ours leads to; `host` is who we were asked as. Nothing is fetched.

    Raises LinkRefused, and NotFound where there is nothing for this viewer.
    """
    return _answered(verifying.of_output(*_led_to(_route(link, host), viewer)))


def _answered(found: Found) -> dict[str, Any]:
    posts = Post.objects.filter(output__in=found.outputs)
    is_down = posts.filter(down_id__in=Takedown.objects.of(Subject.POST)).exists()
    answer = verifying.answer(found, _surfaces(posts), is_down)
    answer["consent"]["named"] = _named(found.outputs)
    return answer


def _surfaces(posts: QuerySet[Post]) -> dict[UUID, int]:
    """Where outputs are posted, as the bits that leaves are compared with."""
    where = posts.filter(state=PostState.LIVE).values_list("output", "audience")
    return {pk: bits([SURFACES[PostAudience(audience)]], Surface) for pk, audience in where}


def _named(outputs: Sequence[Output]) -> list[str]:
    """The handles of those whom a public post names already, with their leave."""
    authors = User.objects.present()
    public = Post.objects.cleared().filter(
        state=PostState.LIVE, audience=PostAudience.PUBLIC, author__in=authors, output__in=outputs
    )
    uses = CameoUse.objects.filter(job__outputs__post__in=public, cameo__isnull=False)
    return sorted({*uses.values_list("cameo__handle", flat=True)})


# --- addresses ------------------------------------------------------------------------------------


def _route(link: str, host: str) -> ResolverMatch:
    try:
        parts = urlsplit(link.strip())
    except ValueError:
        raise LinkRefused(rule="broken") from None
    if len(link) > LONGEST or parts.scheme not in ("", "http", "https"):
        raise LinkRefused(rule="broken")
    if parts.netloc and not _is_ours(parts.netloc, host):
        raise LinkRefused(rule="elsewhere")
    try:
        return resolve(unquote(parts.path))
    except Resolver404:
        raise LinkRefused(rule="no_video") from None


def _is_ours(netloc: str, host: str) -> bool:
    """The name that we were asked by, or another that is ours; `*` in the settings names nobody."""
    name, _ = split_domain_port(netloc)
    ours = [one for one in settings.ALLOWED_HOSTS if one != "*"]
    return netloc.lower() == host.lower() or (bool(name) and validate_host(name, ours))


def _led_to(route: ResolverMatch, viewer: User) -> tuple[Output, str]:
    """The output, and which file of it. Raises LinkRefused, NotFound."""
    name, said = route.url_name or "", route.kwargs
    if name == "media":
        return media.named(said["token"], said["file"])
    if name.startswith("post") and "pk" in said:
        which = Q(post__pk=said["pk"])
    elif name in OF_A_CLIP:
        which = OF_A_CLIP[name](said)
    else:
        raise LinkRefused(rule="no_video")
    by_link = Q(post__state=PostState.LIVE, post__audience__in=BY_LINK)
    seen = Output.objects.filter(by_link | Q(job__author=viewer.pk)).filter(which)
    if (output := seen.select_related("job").first()) is None:
        raise NotFound
    return output, output.main
