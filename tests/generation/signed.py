"""Outputs whose files are marked and signed as those of a real job are, without rendering any."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path

import numpy as np
from django.conf import settings

from cameos.models import Cameo
from generation import claims, marks
from generation.encoding import encode
from generation.marking.marks import Marks
from generation.marking.stamp import Stamp
from generation.models import Output, OutputParent
from generation.provenance import chain, signing
from generation.provenance.manifest import Told
from generation.renditions import FILES
from sora_social import storage
from sora_social.users.models import User
from tests.generation.drawn import FPS, RATE
from tests.generation.making import done_output
from tests.generation.marking.pictures import drawn

NUMBER = 0x5EED5EED5E
VIDEO = FILES["video"]


@cache
def marked(number: int = NUMBER, seed: int = 3) -> Path:
    """A drawn clip that bears a number; not signed yet."""
    folder = Path(tempfile.mkdtemp(prefix="marked-", dir=settings.DATA))
    hidden = Marks(Stamp(marks.tile_of(number)))
    encode(drawn(seed), FPS, np.zeros(0, np.float32), RATE, folder, marks=hidden)
    return folder / VIDEO.file


def sign(
    file: Path,
    number: int = NUMBER,
    by: chain.Chain | None = None,
    roles: Sequence[str] = (),
    parents: Sequence[signing.Parent] = (),
) -> Path:
    """Sign it in its place, as ourselves or somebody else."""
    told = Told(number, "small", "ab12", "2026-11-22", "0.1.0", tuple(roles))
    signing.Signer(by or claims.own_chain(), told, parents).sign(file, VIDEO.content_type)
    return file


@cache
def signed(number: int = NUMBER) -> Path:
    """The same, signed by us."""
    file = Path(tempfile.mkdtemp(prefix="signed-", dir=settings.DATA)) / VIDEO.file
    file.write_bytes(marked().read_bytes())
    return sign(file, number)


def known(
    author: User,
    cameos: Iterable[Cameo] = (),
    number: int = NUMBER,
    parents: Iterable[Output] = (),
    role: str = "remix",
) -> Output:
    """An output that bears the number, its video signed."""
    output = done_output(author, cameos)
    Output.objects.filter(pk=output.pk).update(mark=number)
    for parent in parents:
        OutputParent.objects.create(child=output, parent=parent, role=role)
    storage.drop(output.video_key)
    storage.put(output.video_key, signed())
    output.refresh_from_db()
    return output
