"""What we sign: the files of an output, last of all, with what they were made from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from functools import cache
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as version_of
from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.checks import CheckMessage, Error, register

from generation import lineup, marks
from generation.models import Job, JobSource
from generation.provenance import chain
from generation.renditions import FILES, PARTS, PLAYLISTS, SIGNED
from sora_social import storage

if TYPE_CHECKING:
    from generation.provenance.signing import Parent, Signer

PLAYLIST_OF = {parts: PLAYLISTS[name] for name, parts in PARTS.items()}


def sign(folder: Path, renditions: Sequence[str], signer: Signer) -> None:
    """Sign every film and picture in a folder; playlists follow what moves in their files."""
    from generation.encoding.stream import move  # noqa: PLC0415 -- codecs load when first used

    for name in renditions:
        if name in SIGNED:
            grown = signer.sign(folder / FILES[name].file, FILES[name].content_type)
            if name in PLAYLIST_OF:
                move(folder / FILES[PLAYLIST_OF[name]].file, grown)


def signer_of(job: Job, mark: int, weights: str) -> Signer:
    """Who signs an output of the job."""
    from generation.provenance.manifest import Told  # noqa: PLC0415 -- c2pa loads on first use
    from generation.provenance.signing import Signer  # noqa: PLC0415

    sources = list(job.sources.select_related("output").order_by("pk"))
    told = Told(
        mark=mark,
        model=lineup.name_of(job.model) if weights else "",
        weights=weights[:16],
        policy=marks.version(),
        version=software(),
        roles=tuple(source.role for source in sources),
    )
    with ExitStack() as opened:
        parents = list(_parents(sources, opened))
        return Signer(own_chain(), told, parents, settings.PROVENANCE_STAMPS)


def own_chain() -> chain.Chain:
    """What signs. Raises chain.BadChain."""
    _make_own()
    return chain.read(settings.PROVENANCE)


def roots() -> str:
    """Whom we trust, PEM. Raises chain.BadChain."""
    _make_own()
    return chain.roots_of(settings.PROVENANCE)


@cache
def software() -> str:
    """Our version."""
    try:
        return version_of("sora-social")
    except PackageNotFoundError:
        return "0"


@register()
def check_chain(**asked: object) -> list[CheckMessage]:
    """Processes that cannot sign do not start."""
    try:
        own_chain()
    except chain.BadChain as bad:
        return [Error(f"PROVENANCE: {bad}", id="generation.E001")]
    return []


def _make_own() -> None:
    """The embedded server makes a chain for itself, once."""
    if settings.PROVENANCE_OWN and not settings.PROVENANCE.exists():
        try:
            chain.make(settings.PROVENANCE)
        except FileExistsError:  # another process was quicker
            pass


def _parents(sources: Sequence[JobSource], opened: ExitStack) -> Iterator[Parent]:
    from generation.provenance.signing import Parent  # noqa: PLC0415 -- c2pa loads on first use

    for source in sources:
        assert source.output is not None, "whoever signs has what it was made from"
        file = opened.enter_context(storage.local(source.output.main_key))
        kind = FILES[source.output.main].content_type
        yield Parent(file, kind, source.output.mark)
