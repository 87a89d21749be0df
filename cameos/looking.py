"""The child that looks at one capture: `python -m cameos.looking ORDER FOLDER`."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import django
import numpy as np

from cameos.verifying import ANSWER, PRINTS, TEMPLATE, Finding

if TYPE_CHECKING:
    from sora_social.uploads import Clip


def main(order: dict[str, Any], folder: Path) -> None:
    """Look, and leave in the folder what was found."""
    django.setup()  # our errors stand on a framework that asks for it
    write_down(_look(order), folder)


def write_down(finding: Finding, folder: Path) -> None:
    """The answer of a child, as `verifying.ask` reads it."""
    if finding.template is not None:
        np.save(folder / TEMPLATE, finding.template)
    if finding.prints is not None:
        np.save(folder / PRINTS, finding.prints)
    for number, picture in enumerate(finding.pictures):
        (folder / f"{number}.webp").write_bytes(picture)
    facts = {"passed": finding.passed, "reasons": finding.reasons, "doubts": finding.doubts}
    (folder / ANSWER).write_text(json.dumps(facts))


def _look(order: dict[str, Any]) -> Finding:
    from cameos.origins import GENERATED, carries_our_mark, says_generated  # noqa: PLC0415
    from sora_social.uploads import UploadRefused, read_clip  # noqa: PLC0415 -- after the set-up

    try:
        clip = read_clip(Path(order["clip"]))
    except UploadRefused as refused:
        return Finding(False, (str(refused.facts["rule"]),))
    if says_generated(Path(order["clip"])) or carries_our_mark(clip.frames):
        return Finding(False, (GENERATED,))
    return _judge(clip, order)


def _judge(clip: Clip, order: dict[str, Any]) -> Finding:
    """The head's turns and the digits, together."""
    from cameos.capture import Challenge, check_capture  # noqa: PLC0415 -- after the set-up
    from cameos.faces import reader  # noqa: PLC0415
    from cameos.pictures import reference_pictures  # noqa: PLC0415
    from cameos.prints import both_ways  # noqa: PLC0415
    from cameos.speech import check_digits  # noqa: PLC0415

    frames, times = list(clip.bgr), clip.times.tolist()
    challenge = Challenge(tuple(order["turns"]), order["digits"])
    looks = reader(Path(order["pack"]))
    verdict = check_capture(frames, times, looks, challenge, order["mirrored"])
    said = check_digits(clip.sound, order["digits"], order["language"], order["recogniser"])
    prints, doubts = both_ways(frames), (*verdict.doubts, *said.doubts)
    if reasons := (*verdict.reasons, *said.reasons):
        return Finding(False, reasons, doubts, prints=prints)
    pictures = tuple(reference_pictures(frames, verdict))
    return Finding(True, (), doubts, verdict.template, pictures, prints)


if __name__ == "__main__":
    main(json.loads(sys.argv[1]), Path(sys.argv[2]))
