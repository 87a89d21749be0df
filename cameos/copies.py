"""Is a capture a copy of one that was sent before, coded anew, trimmed or in a mirror?"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from cameos.models import Capture
from cameos.prints import ALIKE, COPY, nearest
from cameos.verifying import Finding

REPLAYED, PERHAPS = "replayed", "like_a_capture"


def compared(capture: Capture, finding: Finding) -> Finding:
    """The finding, refused if the capture is a copy and in doubt if it may be one. Its own prints
    are written down first, so that of two copies at once at least one is found."""
    if finding.prints is None or not finding.prints.any():
        return finding
    Capture.objects.filter(pk=capture.pk).update(prints=finding.prints[0].astype("<u8").tobytes())
    apart = _nearest(capture, finding.prints)
    if apart <= COPY:
        return Finding(False, (*finding.reasons, REPLAYED), finding.doubts)
    return replace(finding, doubts=(*finding.doubts, PERHAPS)) if apart <= ALIKE else finding


def _nearest(capture: Capture, both: np.ndarray) -> float:
    """How near the nearest other capture is, as filmed or in a mirror."""
    kept = Capture.objects.others_with_prints(capture).values_list("prints", flat=True)
    others = [np.frombuffer(bytes(row), "<u8") for row in kept.iterator()]
    return min(nearest(way, others) for way in both)
