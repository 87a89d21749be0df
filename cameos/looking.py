"""The child that looks at one capture: `python -m cameos.looking ORDER FOLDER`."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import django
import numpy as np

from cameos.verifying import ANSWER, TEMPLATE, Finding


def main(order: dict[str, Any], folder: Path) -> None:
    """Write the answer, and when the capture passed its template and pictures, into the folder."""
    django.setup()  # our errors stand on a framework that asks for it
    finding = _look(order)
    if finding.template is not None:
        np.save(folder / TEMPLATE, finding.template)
    for number, picture in enumerate(finding.pictures):
        (folder / f"{number}.webp").write_bytes(picture)
    facts = {"passed": finding.passed, "reasons": finding.reasons, "doubts": finding.doubts}
    (folder / ANSWER).write_text(json.dumps(facts))


def _look(order: dict[str, Any]) -> Finding:
    from cameos.capture import Challenge, check_capture  # noqa: PLC0415 -- after the set-up
    from cameos.faces import reader  # noqa: PLC0415
    from cameos.pictures import reference_pictures  # noqa: PLC0415
    from sora_social.uploads import UploadRefused, read_clip  # noqa: PLC0415

    try:
        clip = read_clip(Path(order["clip"]))
    except UploadRefused as refused:
        return Finding(False, (str(refused.facts["rule"]),))
    frames, times = list(clip.bgr), clip.times.tolist()
    challenge = Challenge(tuple(order["turns"]), order["digits"])
    looks = reader(Path(order["pack"]))
    verdict = check_capture(frames, times, looks, challenge, order["mirrored"])
    if not verdict.passed:
        return Finding(False, verdict.reasons, verdict.doubts)
    pictures = tuple(reference_pictures(frames, verdict))
    return Finding(True, (), verdict.doubts, verdict.template, pictures)


if __name__ == "__main__":
    main(json.loads(sys.argv[1]), Path(sys.argv[2]))
