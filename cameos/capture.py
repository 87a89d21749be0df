"""The capture check: did one living head make the turns it was asked for?

Poses count only against the capture's own first moments, and only in the degrees of its pack.
What the check cannot settle it leaves to a moderator; its scores never leave the server.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np

from cameos.faces import Face, Reader
from cameos.pack.card import Pack, Turns
from cameos.pictures import reference_pictures, sharpness

__all__ = ["Challenge", "Verdict", "check_capture", "draw_challenge", "reference_pictures"]

TURNS = ("left", "right", "up")
DIGITS = 3
LEAST_FRAMES = 8  # with exactly one face
LONGEST_GAP = 1.0  # seconds between two of them
MAY_MISS = 0.1  # share of frames without exactly one face
HELD = 2  # frames from which a turn counts
WINDOW = 3  # frames before and after a moment, compared to see whether it is still the same head
JUMP, GROWTH = 0.6, 0.45  # face widths a face may move or grow between two frames
FLAT = 0.03  # face widths: features of a flat picture move together as well as this
REFERENCES = 3
APART = 3  # frames between two of them
SMALL = 64  # pixels
BLURRY = 0.02  # `sharpness`; a clear face has three times as much
SURE = 1.3  # times the continuity threshold

LEFT_EYE, RIGHT_EYE = 36, 42  # first of six landmarks each
OPEN = 0.25  # height over width of an open eye


@dataclass(frozen=True)
class Challenge:
    """What the server asked for: turns in the subject's own terms, and digits to say."""

    turns: tuple[str, ...]
    digits: str


@dataclass(frozen=True, eq=False)
class Verdict:
    """What a capture showed. `reasons` refuse it; `doubts` send it to a moderator.

    reasons: no_face, not_one_face, too_few_frames, wrong_turns, still_photo, identity_changed,
    face_jumped. doubts: faces_missing, small_face, blurry, weak_identity. What follows them is
    empty unless the capture passed.
    """

    passed: bool
    reasons: tuple[str, ...]
    doubts: tuple[str, ...] = ()
    template: np.ndarray | None = None  # (dim,) unit float32
    references: tuple[int, ...] = ()  # indices of the best frames, best first
    faces: tuple[Face, ...] = ()  # the face in each of them
    mirrored: bool = False  # the frames show left as right


@dataclass(frozen=True, eq=False)
class Sight:
    """A frame in which exactly one face was seen."""

    index: int
    time: float
    face: Face


def draw_challenge(rng: random.Random | None = None) -> Challenge:
    """Three turns in an order, and three different digits, that nobody can foresee."""
    rng = rng or random.SystemRandom()
    return Challenge(
        turns=tuple(rng.sample(TURNS, len(TURNS))),
        digits="".join(rng.sample("0123456789", DIGITS)),
    )


def check_capture(
    frames: Sequence[np.ndarray],
    times: Sequence[float],
    reader: Reader,
    challenge: Challenge,
    mirrored: bool = False,
) -> Verdict:
    """Judge frames (H, W, 3) uint8 BGR at their times in seconds.

    `mirrored` says that the recording shows left as right, as many front cameras do.
    """
    shown = [_right_way_round(frame) for frame in frames] if mirrored else frames
    seen = [reader.faces(frame) for frame in shown]
    sights = _sights(times, seen)
    if reasons := _reasons(sights, seen, challenge, reader.pack):
        return Verdict(False, reasons, mirrored=mirrored)
    best = _references(sights, shown)
    return Verdict(
        passed=True,
        reasons=(),
        doubts=_doubts(sights, shown, best, reader.pack),
        template=_template(sights, reader.pack.turns),
        references=tuple(sight.index for sight in best),
        faces=tuple(sight.face for sight in best),
        mirrored=mirrored,
    )


def _right_way_round(frame: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(frame[:, ::-1])


def _sights(times: Sequence[float], seen: Sequence[Sequence[Face]]) -> list[Sight]:
    return [
        Sight(index, float(time), faces[0])
        for index, (time, faces) in enumerate(zip(times, seen, strict=True))
        if len(faces) == 1
    ]


# --- what refuses a capture ---


def _reasons(
    sights: Sequence[Sight], seen: Sequence[Sequence[Face]], challenge: Challenge, pack: Pack
) -> tuple[str, ...]:
    missing = _missing(seen)
    if _too_few(sights):
        return (*missing, "too_few_frames")
    poses = _poses(sights)
    found = {
        "wrong_turns": _turns(poses, pack.turns) != challenge.turns,
        "still_photo": _still(sights, poses, pack.turns),
        "identity_changed": _identity_changed(sights, pack),
        "face_jumped": _jumped([sight.face for sight in sights]),
    }
    return (*missing, *(reason for reason, holds in found.items() if holds))


def _missing(seen: Sequence[Sequence[Face]]) -> tuple[str, ...]:
    """Why too many frames lack exactly one face, if they do."""
    none = sum(not faces for faces in seen)
    many = sum(len(faces) > 1 for faces in seen)
    if none + many <= MAY_MISS * len(seen):
        return ()
    return ("no_face",) if none >= many else ("not_one_face",)


def _too_few(sights: Sequence[Sight]) -> bool:
    gaps = np.diff([sight.time for sight in sights])
    return len(sights) < LEAST_FRAMES or bool((gaps > LONGEST_GAP).any() or (gaps <= 0).any())


def _poses(sights: Sequence[Sight]) -> np.ndarray:
    """(T, 2): pitch and yaw in degrees, from where the head was at first."""
    poses = np.array([sight.face.pose[:2] for sight in sights])
    return poses - np.median(poses[: _first(sights)], axis=0)


def _first(sights: Sequence[Sight]) -> int:
    """How many sights count as the beginning, when the head still looks ahead."""
    return max(3, len(sights) // 8)


def _turns(poses: np.ndarray, least: Turns) -> tuple[str, ...]:
    """The turns made, in order; coming back the same way is no second one."""
    named = [_name(pitch, yaw, least) for pitch, yaw in poses]
    held = [(turn, len(list(run))) for turn, run in groupby(filter(None, named))]
    return tuple(turn for turn, frames in held if turn and frames >= HELD)


def _name(pitch: float, yaw: float, least: Turns) -> str | None:
    if abs(yaw) > least.yaw:
        return "left" if yaw > 0 else "right"
    return "up" if pitch > least.pitch else None  # a nod is never asked for, and people nod


def _still(sights: Sequence[Sight], poses: np.ndarray, least: Turns) -> bool:
    """No turn at all, or one in which eyes, nose and jaw moved as if printed on one sheet."""
    moved = (abs(poses) > [least.pitch, least.yaw]).any(1)
    if not moved.any():
        return True
    turned = [sight.face for sight, out in zip(sights, moved, strict=True) if out]
    return max(_parallax(sights[0].face, face) for face in turned) < FLAT


def _parallax(ahead: Face, turned: Face) -> float:
    """How badly one affine map takes a face's landmarks to another's, in face widths."""
    here = np.column_stack([ahead.landmarks[:, :2], np.ones(len(ahead.landmarks))])
    there = turned.landmarks[:, :2]
    rest = there - here @ np.linalg.lstsq(here, there, rcond=None)[0]
    return float(np.sqrt((rest**2).sum(1).mean()) / turned.width)


def _template(sights: Sequence[Sight], least: Turns) -> np.ndarray:
    """The mean template (dim,) of the frames that look ahead."""
    ahead = abs(_poses(sights)[:, 1]) < least.yaw * 2 / 3
    ahead |= not ahead.any()
    templates = np.stack([sight.face.template for sight in sights])
    mean = templates[ahead].mean(0)
    return mean / np.linalg.norm(mean)


def _identity_changed(sights: Sequence[Sight], pack: Pack) -> bool:
    """Are the frames unlike their mean, or those before some moment unlike those after it?"""
    least = pack.thresholds.continuity
    templates = np.stack([sight.face.template for sight in sights])
    means = np.stack(
        [templates[i : i + WINDOW].mean(0) for i in range(len(templates) - WINDOW + 1)]
    )
    means /= np.linalg.norm(means, axis=1, keepdims=True)
    steps = (means[WINDOW:] * means[:-WINDOW]).sum(1)
    return not (_likeness(sights, pack) >= least and steps.min() >= least)


def _likeness(sights: Sequence[Sight], pack: Pack) -> float:
    """The median similarity of the frames to their mean template."""
    template = _template(sights, pack.turns)
    return float(np.median([sight.face.template @ template for sight in sights]))


def _jumped(faces: Sequence[Face]) -> bool:
    boxes = np.array([face.box for face in faces])
    width = boxes[:, 2] - boxes[:, 0]
    middle = np.column_stack([boxes[:, 0] + boxes[:, 2], boxes[:, 1] + boxes[:, 3]]) / 2
    moved = abs(np.diff(middle, axis=0)).max(1) / width[:-1]
    grown = abs(np.diff(width)) / width[:-1]
    return bool((moved > JUMP).any() or (grown > GROWTH).any())


# --- what becomes of one that passed ---


def _references(sights: Sequence[Sight], frames: Sequence[np.ndarray]) -> list[Sight]:
    """The best frames, best first, no two of them neighbours."""
    poses = _poses(sights)
    quality = [
        _quality(sight.face, frames[sight.index], pose)
        for sight, pose in zip(sights, poses, strict=True)
    ]
    chosen: list[Sight] = []
    for i in np.argsort(quality)[::-1]:
        if all(abs(sights[i].index - other.index) >= APART for other in chosen):
            chosen.append(sights[i])
    return chosen[:REFERENCES]


def _quality(face: Face, frame: np.ndarray, pose: np.ndarray) -> float:
    """Sharp, looking ahead, eyes open, surely a face."""
    ahead = np.exp(-abs(pose).sum() / 15)
    return (
        float(sharpness(frame, face) ** 0.5 * ahead * min(1, _eyes_open(face) / OPEN)) * face.score
    )


def _eyes_open(face: Face) -> float:
    """Height over width, the mean of both eyes."""
    return float(np.mean([_eye_open(face.landmarks[e : e + 6]) for e in (LEFT_EYE, RIGHT_EYE)]))


def _eye_open(eye: np.ndarray) -> float:
    outer, top1, top2, inner, low2, low1 = eye
    high = np.linalg.norm(top1 - low1) + np.linalg.norm(top2 - low2)
    return float(high / (2 * np.linalg.norm(outer - inner)))


def _doubts(
    sights: Sequence[Sight], frames: Sequence[np.ndarray], best: Sequence[Sight], pack: Pack
) -> tuple[str, ...]:
    found = {
        "faces_missing": len(sights) < len(frames),
        "small_face": np.median([sight.face.width for sight in sights]) < SMALL,
        "blurry": max(sharpness(frames[sight.index], sight.face) for sight in best) < BLURRY,
        "weak_identity": _likeness(sights, pack) < SURE * pack.thresholds.continuity,
    }
    return tuple(doubt for doubt, holds in found.items() if holds)
