"""Signing files: the last thing that is done to them."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import c2pa

from generation.encoding.stream import boxes_of
from generation.provenance import manifest
from generation.provenance.chain import Chain
from generation.provenance.manifest import Told
from generation.provenance.trust import trusting

MOST_CARRIED = 128 << 10  # bytes of a parent's manifests that are carried along
C2PA_BOX = bytes.fromhex("d8fec3d61b0e483c92975828877ec481")
MP4, PNG = "video/mp4", "image/png"


class Parent(NamedTuple):
    """What something was made from: its file, what that is, and its mark."""

    file: Path
    content_type: str
    mark: int | None


class Signer:
    """Signs the files of one output: all say the same."""

    def __init__(
        self, chain: Chain, told: Told, parents: Sequence[Parent] = (), stamps: str = ""
    ) -> None:
        """`stamps`: the address of an authority that says when it was signed."""
        self.chain, self.told, self.stamps = chain, told, stamps or None
        self.context = c2pa.Context.from_dict(trusting(chain.roots))
        self.archive = self._archive(parents)

    def sign(self, file: Path, content_type: str) -> int:
        """Sign a file in its place; by how many bytes it grew."""
        signed = file.with_suffix(f".signed{file.suffix}")
        with (
            self._builder() as builder,
            self._signature() as signature,
            file.open("rb") as source,
            signed.open("w+b") as target,
        ):
            builder.sign(signature, content_type, source, target)
        grown = signed.stat().st_size - file.stat().st_size
        signed.replace(file)
        return grown

    def _builder(self) -> c2pa.Builder:
        builder = c2pa.Builder.from_json("{}", context=self.context)
        return builder.with_archive(io.BytesIO(self.archive))

    def _signature(self) -> c2pa.Signer:
        es256, certificates = c2pa.C2paSigningAlg.ES256, self.chain.certificates
        return c2pa.Signer.from_callback(self.chain.sign, es256, certificates, self.stamps)

    def _archive(self, parents: Sequence[Parent]) -> bytes:
        """What all files say; the parents are read once for all of them."""
        said = [
            (parent, manifest.ingredient(self.told, place, parent.mark))
            for place, parent in enumerate(parents)
        ]
        carried = [(parent, words) for parent, words in said if is_carried(parent)]
        words = manifest.definition(self.told)
        words["ingredients"] = [one for parent, one in said if not is_carried(parent)]
        archive = io.BytesIO()
        with c2pa.Builder.from_json(json.dumps(words), context=self.context) as builder:
            for parent, one in carried:
                with parent.file.open("rb") as file:
                    builder.add_ingredient(json.dumps(one), parent.content_type, file)
            builder.to_archive(archive)
        return archive.getvalue()


def is_carried(parent: Parent) -> bool:
    """Whether a parent's own manifests go along. When they have grown too many, how it came about
    is known to the server alone."""
    return manifests_in(parent.file, parent.content_type) <= MOST_CARRIED


def manifests_in(file: Path, content_type: str) -> int:
    """Bytes of the manifests in an mp4 or a png, counted without reading them."""
    parts = {MP4: _boxes, PNG: _chunks}.get(content_type)
    return sum(parts(file)) if parts else 0


def _boxes(path: Path) -> Iterator[int]:
    with path.open("rb") as file:
        for name, at, length in boxes_of(path):
            file.seek(at + 8)
            if name == "uuid" and file.read(16) == C2PA_BOX:
                yield length


def _chunks(path: Path) -> Iterator[int]:
    with path.open("rb") as file:
        file.seek(8)
        while len(head := file.read(8)) == 8:
            length = int.from_bytes(head[:4])
            if head[4:] == b"caBX":
                yield length
            file.seek(length + 4, 1)
