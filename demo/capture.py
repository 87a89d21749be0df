"""A capture clip out of one still: the head of a photograph made to turn as a challenge asks.

The photograph ships with scikit-image and is in the public domain. Its face is lifted to a
surface with depth, the surface is turned, and each pixel is fetched from where it was.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

import av
import cv2
import numpy as np
import skimage
from scipy.spatial import Delaunay

from cameos.faces import reader
from cameos.pack.mesh import mesh
from demo.voice import spoken

ROOT = Path(__file__).resolve().parent.parent
LITE = Path(os.environ.get("LIKENESS_MODEL_PACK", ROOT / "var" / "packs" / "lite"))
FPS = 8
SOUND_RATE = 44_100  # Hz
PAUSE, LOUD = SOUND_RATE // 2, 0.5  # samples before the voice, and how loud it is
WINDOW = np.s_[0:360, 30:430]  # head and shoulders of the photograph
# Where each turn ends: degrees of yaw to the subject's own left, and of pitch upwards.
ENDS = {"left": (28, 0), "right": (-28, 0), "up": (0, 20), "down": (0, -20)}
AHEAD = (0.0, 0.0)
GO, STAY = 5, 2  # frames
RING = 40  # points around the head
RINGS = ((1.12, 0.55), (1.45, 0.95))  # width and depth of hair and neck, in face widths
HELD = (2.3, 2.6)  # width and height of the oval outside which nothing moves

Pose = tuple[float, float]


def capture_clip(
    turns: Sequence[str], digits: str, out: Path, picture: np.ndarray | None = None
) -> Path:
    """Write an H.264 clip in which the head makes these turns while a voice says the digits.

    `picture` (H, W, 3) BGR shows one face looking ahead; by default it is the astronaut's.
    """
    picture = astronaut() if picture is None else picture
    return write_clip(turning(picture, poses(turns)), out, voice=spoken(digits, SOUND_RATE))


def poses(turns: Iterable[str]) -> list[Pose]:
    """Yaw and pitch of each frame: ahead, out to every turn in order and back."""
    path = [AHEAD] * 4
    for turn in turns:
        way = np.linspace(0, 1, GO + 1)[1:, None] * ENDS[turn]
        out = [(float(yaw), float(pitch)) for yaw, pitch in way]
        path += [*out, *[out[-1]] * STAY, *out[-2::-1], *[AHEAD] * (STAY + 1)]
    return path


def turning(picture: np.ndarray, path: Iterable[Pose]) -> list[np.ndarray]:
    """One frame per pose of the head in a picture."""
    head = Head(picture)
    return [head.turned(yaw, pitch) for yaw, pitch in path]


class Head:
    """A face's surface, ringed by hair and neck, in a picture that stays where it is."""

    def __init__(self, picture: np.ndarray) -> None:
        surface = surface_of(picture)
        self.picture = np.ascontiguousarray(picture)
        self.points = np.vstack([surface, *_surroundings(surface)])  # (P, 3)
        self.movable = len(self.points) - RING
        self.triangles = Delaunay(self.points[:, :2]).simplices  # (N, 3)
        nearest, width = surface[:, 2].min(), np.ptp(surface[:, 0])
        self.centre = np.array([*surface[:, :2].mean(0), nearest + 0.62 * width])

    def turned(self, yaw: float, pitch: float) -> np.ndarray:
        """The picture (H, W, 3) with the head turned by degrees."""
        points = self.points.copy()
        points[: self.movable] -= self.centre
        points[: self.movable] @= _rotation(yaw, pitch).T
        points[: self.movable] += self.centre
        sources = self._sources(points)
        return cv2.remap(self.picture, *sources, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)

    def _sources(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """For each pixel, where in the picture it comes from: x and y (H, W)."""
        owner = self._owners(points)  # (H, W), -1 outside
        maps = _affine(points[self.triangles][..., :2], self.points[self.triangles][..., :2])
        y, x = np.indices(owner.shape, np.float32)
        m = maps[owner]  # (H, W, 2, 3)
        moved = m[..., 0] * x[..., None] + m[..., 1] * y[..., None] + m[..., 2]
        inside = owner >= 0
        return (
            np.where(inside, moved[..., 0], x).astype(np.float32),
            np.where(inside, moved[..., 1], y).astype(np.float32),
        )

    def _owners(self, points: np.ndarray) -> np.ndarray:
        """Paint each triangle's number, far ones first; one that turned away shows nothing."""
        owner = np.full(self.picture.shape[:2], -1, np.int32)
        depth = points[self.triangles][..., 2].mean(1)
        depth[(self.triangles >= self.movable).any(1)] = np.inf
        facing = _area(points[self.triangles]) * _area(self.points[self.triangles]) > 0
        outlines = np.round(points[self.triangles][..., :2] * 16).astype(np.int32)
        for number in np.argsort(-depth):
            if facing[number]:
                cv2.fillConvexPoly(owner, outlines[number], int(number), shift=4)
        return owner


def astronaut() -> np.ndarray:
    """The photograph's head and shoulders (360, 400, 3) BGR."""
    shown = cv2.imread(str(Path(skimage.__file__).parent / "data" / "astronaut.png"))
    return np.ascontiguousarray(shown[WINDOW])


def surface_of(picture: np.ndarray) -> np.ndarray:
    """The 468 points (x, y, depth) of the one face in a picture, as the lite pack sees it."""
    eyes = reader(LITE)
    return mesh(eyes.pack, picture, eyes.faces(picture)[0].box)


def _surroundings(surface: np.ndarray) -> list[np.ndarray]:
    """Rings of points (40, 3) around a face: hair and neck behind it, then what holds still."""
    middle, nearest = surface[:, :2].mean(0), surface[:, 2].min()
    wide, high = np.ptp(surface[:, :2], axis=0)
    rings = [((w * wide, 1.05 * w * high), nearest + d * wide) for w, d in RINGS]
    rings.append(((HELD[0] * wide, HELD[1] * wide), 0.0))
    angle = np.linspace(0, 2 * np.pi, RING, endpoint=False)
    circle = np.column_stack([np.cos(angle), np.sin(angle)]) / 2
    return [
        np.column_stack([middle + circle * size, np.full(RING, depth)]) for size, depth in rings
    ]


def _rotation(yaw: float, pitch: float) -> np.ndarray:
    """(3, 3) from degrees, for points with x rightwards, y downwards and depth away."""
    (cy, cp), (sy, sp) = np.cos(np.radians([yaw, pitch])), np.sin(np.radians([yaw, pitch]))
    about_y = np.array([[cy, 0, -sy], [0, 1, 0], [sy, 0, cy]])
    about_x = np.array([[1, 0, 0], [0, cp, sp], [0, -sp, cp]])
    return about_x @ about_y


def _area(triangles: np.ndarray) -> np.ndarray:
    """Twice the signed area of each triangle (N, 3, 2 or 3) as seen from the front."""
    (ax, ay), (bx, by) = ((triangles[:, i] - triangles[:, 0])[:, :2].T for i in (1, 2))
    return ax * by - ay * bx


def _affine(here: np.ndarray, there: np.ndarray) -> np.ndarray:
    """The maps (N, 2, 3) taking triangles (N, 3, 2) to others; degenerate ones map nowhere."""
    corners = np.concatenate([here, np.ones_like(here[..., :1])], axis=2)
    flat = np.abs(np.linalg.det(corners)) < 1e-6
    corners[flat] = np.eye(3)
    return np.linalg.solve(corners, there).transpose(0, 2, 1)


def write_clip(
    frames: Sequence[np.ndarray],
    out: Path,
    fps: float = FPS,
    voice: np.ndarray | None = None,
    crf: int = 23,
) -> Path:
    """Write BGR frames as an H.264 and AAC mp4: a `voice` over the quiet hum of a room."""
    with av.open(str(out), "w") as file:
        video = file.add_stream(
            "libx264", rate=fps, options={"crf": str(crf), "preset": "veryfast"}
        )
        video.height, video.width = frames[0].shape[:2]
        video.pix_fmt = "yuv420p"
        sound = file.add_stream("aac", rate=SOUND_RATE, layout="mono")
        for frame in frames:
            file.mux(video.encode(av.VideoFrame.from_ndarray(frame, "bgr24")))
        file.mux(video.encode(None))
        file.mux(sound.encode(_heard(len(frames) / fps, voice)))
        file.mux(sound.encode(None))
    return out


def _heard(seconds: float, voice: np.ndarray | None) -> av.AudioFrame:
    sound = np.random.default_rng(0).normal(0, 0.003, int(seconds * SOUND_RATE))
    if voice is not None:
        spoken_over = sound[PAUSE : PAUSE + len(voice)]
        spoken_over += LOUD * voice[: len(spoken_over)]
    frame = av.AudioFrame.from_ndarray(sound[None].astype(np.float32), "fltp", "mono")
    frame.sample_rate = SOUND_RATE
    return frame
