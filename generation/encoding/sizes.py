"""How large a clip is shown: enlarged when small, and smaller again for slow lines."""

from __future__ import annotations

from typing import NamedTuple

from generation.renditions import LADDER

DECENT = 384  # px of the short side below which a clip is enlarged, by a whole number
SHARES = {"video": 1.0, "medium": 0.75, "low": 0.5}  # of the source's sides
AT_MOST = {"video": 1 << 16, "medium": 540, "low": 270}  # px of the short side
PREVIEW_SIDE = 192  # px of the short side


class Size(NamedTuple):
    width: int
    height: int

    @property
    def short(self) -> int:
        return min(self)

    def times(self, ratio: float) -> Size:
        """Both sides scaled, and even: H.264 stores colour at half the size."""
        width, height = (max(2, round(side * ratio / 2) * 2) for side in self)
        return Size(width, height)


def shown(frame: Size) -> Size:
    """The size at which frames of this size are shown."""
    enlarged = max(1, round(DECENT / frame.short))
    return Size(*(max(2, side * enlarged // 2 * 2) for side in frame))


def ladder(source: Size) -> dict[str, Size]:
    """The sizes of the renditions; none is larger than the source."""
    return {name: source.times(min(SHARES[name], AT_MOST[name] / source.short)) for name in LADDER}


def preview(frame: Size, source: Size) -> Size:
    """Of the preview: small frames by a whole number, larger ones down to PREVIEW_SIDE."""
    ratio = PREVIEW_SIDE / frame.short
    found = frame.times(int(ratio) if ratio >= 1 else ratio)
    return found if found.short <= source.short else source
