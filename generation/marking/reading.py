"""Finding marks in pictures of any origin: blind, whatever their size and wherever they were cut.

What does not belong to a mark is taken away from the frames as far as possible and the rest added
up. Then every scale is tried: all tiles are laid on one, and its agreement with the pilot at every
place comes out of one Fourier transform. What agrees by far more than chance does is read.

`score` is in deviations of what chance does at one place. About 10,000 places at each of some 300
scales are looked at, so chance alone reaches 5 in most pictures, SURE in about one of a million,
and a number is only believed when its check holds as well.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from generation.marking import code
from generation.marking.pattern import SHORT, SIDE, Pattern, Spectrum

Frame = npt.NDArray[np.uint8]  # (H, W, 3) RGB
Rest = npt.NDArray[np.float32]  # (H, W): what may be the mark

WORKING = 384  # px of the short side at most
SMOOTH = 11.0  # units: what is even over so much is no mark
CLIPPED = 5.0  # steps: what sticks out further is no mark
WORTH, SURE = 5.0, 7.5  # scores: worth reading; a mark even where it cannot be read
READ_AT_MOST = 8  # places of one look
STEP, FINE = 1.012, (0.992, 0.996, 1.0, 1.004, 1.008)  # between scales; around the best of them
TOPS, NEAR = 3, 3  # places of one scale; units within which two of them would be one
USUAL = (1.0,)  # the whole picture, of whatever size
LOW, HIGH = 0.5, 1.5  # short side of the marked picture over that of what is looked at


class Place(NamedTuple):
    """Where a tile may begin, in a picture taken at a scale."""

    score: float
    scale: float
    row: int
    column: int


@dataclass(frozen=True)
class Found:
    """A mark that was read; `wrong` of its `code.CODED_BITS` bits stood in the picture wrongly."""

    number: int
    score: float
    scale: float
    wrong: int


@dataclass(frozen=True)
class Seen:
    """What was found in pictures: marks that were read, best first, and the best score at all."""

    marks: tuple[Found, ...]
    score: float

    @property
    def is_marked(self) -> bool:
        """Whether there is a mark of ours, read or not."""
        return bool(self.marks) or self.score >= SURE


def look(frames: Iterable[Frame], pattern: Pattern) -> Seen:
    """The marks in frames that show one clip, or in one picture; frames of one size."""
    return look_into(rest_of(frames), pattern)


def look_into(rest: Rest | None, pattern: Pattern) -> Seen:
    """The marks in what `rest_of` some frames was: for several keys."""
    if rest is None:
        return Seen((), 0.0)
    first = _seen(rest, USUAL, pattern)
    return first if first.marks else _seen(rest, all_scales(), pattern)


def all_scales() -> list[float]:
    """Every scale that is tried."""
    low, high = (round(math.log(end) / math.log(STEP)) for end in (LOW, HIGH))
    return [STEP**power for power in range(low, high + 1)]


def _seen(rest: Rest, scales: Sequence[float], pattern: Pattern) -> Seen:
    """What is found at these scales and close to the best of them."""
    rough = sorted((_agreeing(rest, scale, pattern)[0] for scale in scales), reverse=True)
    found: dict[int, Found] = {}
    best = rough[0].score
    for place in rough[:READ_AT_MOST]:
        closer = max((_agreeing(rest, place.scale * by, pattern) for by in FINE), key=_first_score)
        best = max(best, closer[0].score)
        for one in closer:
            if one.score >= WORTH and (mark := _read(rest, one, pattern)):
                found.setdefault(mark.number, mark)
        if found:
            break
    return Seen(tuple(found.values()), best)


def rest_of(frames: Iterable[Frame]) -> Rest | None:
    """What frames have in common that may be a mark, at WORKING size; None without a frame."""
    total: Rest | None = None
    for frame in frames:
        rest = _rest(_grey(frame))
        total = rest if total is None else total + rest
    return total


def _grey(frame: Frame) -> Rest:
    height, width = frame.shape[:2]
    grey = cv2.cvtColor(np.ascontiguousarray(frame), cv2.COLOR_RGB2GRAY)
    if (ratio := WORKING / min(height, width)) < 1:
        size = (round(width * ratio), round(height * ratio))
        grey = cv2.resize(grey, size, interpolation=cv2.INTER_AREA)
    return grey.astype(np.float32)


def _rest(grey: Rest) -> Rest:
    """Without what is smoother than a mark, and without what sticks out."""
    wide = (round(SMOOTH * min(grey.shape) / SHORT) | 1,) * 2  # px
    rest = grey - cv2.blur(cv2.blur(grey, wide), wide)
    return np.asarray(np.clip(rest, -CLIPPED, CLIPPED))


def _agreeing(rest: Rest, scale: float, pattern: Pattern) -> list[Place]:
    """The places at which a scale agrees best with the pilot, apart from each other."""
    spectrum = _whitened(_folded(rest, scale))
    agreement = np.fft.irfft2(spectrum * pattern.pilot.conj(), (SIDE, SIDE))
    scores = agreement / (agreement.std() + 1e-12)
    return list(_tops(scores, scale))


def _tops(scores: npt.NDArray[np.float64], scale: float) -> Iterator[Place]:
    for _ in range(TOPS):
        row, column = divmod(int(scores.argmax()), SIDE)
        yield Place(float(scores[row, column]), scale, row, column)
        near = np.arange(-NEAR, NEAR + 1)
        scores[np.ix_((row + near) % SIDE, (column + near) % SIDE)] = -np.inf


def _first_score(places: Sequence[Place]) -> float:
    return places[0].score


def _read(rest: Rest, place: Place, pattern: Pattern) -> Found | None:
    spectrum = _moved(_whitened(_folded(rest, place.scale)), place.row, place.column)
    soft = pattern.soft(spectrum)
    number = code.decode(soft)
    if number is None:
        return None
    wrong = int(np.count_nonzero((soft > 0) != code.encode(number)))
    return Found(number, place.score, place.scale, wrong)


def _folded(rest: Rest, scale: float) -> npt.NDArray[np.float64]:
    """All tiles on one (SIDE, SIDE), where the marked picture's short side is `scale` of ours."""
    height, width = rest.shape
    unit = min(height, width) * scale / SHORT  # px
    rows, columns = (-(-round(side / unit) // SIDE) * SIDE for side in (height, width))
    at = np.array([[unit, 0, unit / 2 - 0.5], [0, unit, unit / 2 - 0.5]])
    way = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    laid = cv2.warpAffine(rest, at, (columns, rows), flags=way)
    tiles = laid.reshape(rows // SIDE, SIDE, columns // SIDE, SIDE)
    return np.asarray(tiles.sum((0, 2), dtype=np.float64))


def _whitened(tile: npt.NDArray[np.float64]) -> Spectrum:
    """The spectrum with what is loud made as loud as its neighbours."""
    spectrum = np.fft.rfft2(tile)
    power = np.square(spectrum.real) + np.square(spectrum.imag)
    usual = cv2.blur(power, (7, 7), borderType=cv2.BORDER_REFLECT_101)
    return np.asarray(spectrum / np.sqrt(usual + 1e-9))


def _moved(spectrum: Spectrum, row: int, column: int) -> Spectrum:
    """The spectrum of the tile as it begins at a place."""
    down, across = np.fft.fftfreq(SIDE)[:, None], np.fft.rfftfreq(SIDE)[None]
    return np.asarray(spectrum * np.exp(2j * np.pi * (down * row + across * column)))
