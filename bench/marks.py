"""What the invisible mark bears, how often it is seen where it is not, and what marking costs.

`python -m bench.marks` measures all of it; `python -m bench.marks pictures` draws what stands in
docs/pictures/marks.
"""

from __future__ import annotations

import io
import math
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
from PIL import Image

from bench.costs import cost as cost_of
from bench.costs import least
from bench.encoding import drawn
from bench.output import write
from generation.encoding import encode
from generation.engine.drawn import clips, scene
from generation.marking import code, reading
from generation.marking.marks import Marks
from generation.marking.pattern import pattern
from generation.marking.stamp import Stamp
from generation.provenance import chain, manifest, signing
from generation.provenance import reading as accounts
from generation.renditions import FILES, Rendition
from sora_social.uploads import read_glimpses

Frames = Sequence[np.ndarray]  # (H, W, 3) RGB each

KEY, NUMBER = pattern(b"bench"), 0x5EED5EED5E
SIZE, COUNT, FPS, SERVED = (160, 288), 24, 8, (320, 576)
CLIPS, UNMARKED, SEARCHED = 8, 10_000, 100  # frames that are looked at, and those at every scale
EACH = 8  # frames of one drawn scene
PICTURES = Path("docs/pictures/marks")


def main() -> None:
    if sys.argv[1:] == ["pictures"]:
        draw()
    else:
        costs = cost()
        write({"robustness": robustness(), "false": unmarked(), "cost": costs, **told(costs)})


# --- what it bears --------------------------------------------------------------------------------


def filmed(frames: Frames, crf: int, size: tuple[int, int] | None = None, fps: int = FPS) -> Frames:
    """The frames after H.264, scaled before."""
    if size:
        frames = [cv2.resize(frame, size, interpolation=cv2.INTER_AREA) for frame in frames]
    height, width = frames[0].shape[:2]
    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as film:
        stream = film.add_stream("libx264", rate=fps, options={"crf": str(crf)})
        stream.width, stream.height, stream.pix_fmt = width // 2 * 2, height // 2 * 2, "yuv420p"
        for frame in frames:
            film.mux(
                stream.encode(av.VideoFrame.from_ndarray(np.ascontiguousarray(frame), "rgb24"))
            )
        film.mux(stream.encode(None))
    file.seek(0)
    with av.open(file) as film:
        return [frame.to_ndarray(format="rgb24") for frame in film.decode(video=0)]


def jpeg(frames: Frames, quality: int) -> Frames:
    """One frame of them, as a picture."""
    written = cv2.imencode(".jpg", frames[0][..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    return [np.ascontiguousarray(cv2.imdecode(written, cv2.IMREAD_COLOR)[..., ::-1])]


def cut(frames: Frames, share: float) -> Frames:
    """What is left in the middle when a share of both sides is cut off."""
    height, width = frames[0].shape[:2]
    top, left = (round(side * share / 2) for side in (height, width))
    return [frame[top : height - top, left : width - left] for frame in frames]


def on_screen(frames: Frames) -> Frames:
    """A player in a window, photographed by the machine itself."""
    return [np.pad(f, ((150, 90), (40, 60), (0, 0)), constant_values=230) for f in frames]


def turned(frames: Frames, degrees: float) -> Frames:
    height, width = frames[0].shape[:2]
    around = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1)
    return [cv2.warpAffine(frame, around, (width, height)) for frame in frames]


TREATMENTS: dict[str, Callable[[Frames], Frames]] = {
    "as served (crf 18)": lambda f: f,
    "one frame of it": lambda f: f[:1],
    "again at crf 23": lambda f: filmed(f, 23),
    "again at crf 28": lambda f: filmed(f, 28),
    "again at crf 33": lambda f: filmed(f, 33),
    "again at crf 38": lambda f: filmed(f, 38),
    "three times at crf 28": lambda f: filmed(filmed(filmed(f, 28), 28), 28),
    "scaled to 3/4, crf 26": lambda f: filmed(f, 26, (240, 432)),
    "scaled to 1/2, crf 26": lambda f: filmed(f, 26, (160, 288)),
    "scaled to 720p, crf 28": lambda f: filmed(f, 28, (720, 1296)),
    "phone: 720p, crf 30, then 480p, crf 30": lambda f: filmed(
        filmed(f, 30, (720, 1296)), 30, (480, 864)
    ),
    "cut by 3 %, crf 23": lambda f: filmed(cut(f, 0.03), 23),
    "cut by 10 %, crf 23": lambda f: filmed(cut(f, 0.10), 23),
    "cut by 30 %, crf 23": lambda f: filmed(cut(f, 0.30), 23),
    "cut by 10 %, stretched back": lambda f: filmed(cut(f, 0.10), 23, SERVED),
    "every second frame, crf 23": lambda f: filmed(f[::2], 23, fps=4),
    "on a screen, crf 23": lambda f: filmed(on_screen(f), 23),
    "picture, JPEG 80": lambda f: jpeg(f, 80),
    "picture, JPEG 50": lambda f: jpeg(f, 50),
    "brighter and softer": lambda f: [
        cv2.GaussianBlur(cv2.convertScaleAbs(x, alpha=0.9, beta=20), (0, 0), 1.0) for x in f
    ],
    "stretched by 5 %": lambda f: filmed(f, 23, (336, 576)),
    "turned by 1 degree": lambda f: turned(f, 1),
    "mirrored": lambda f: [np.ascontiguousarray(x[:, ::-1]) for x in f],
}


def robustness() -> dict[str, Any]:
    """By treatment: of how many clips the number is read, the mean share of wrong bits among
    those, how many are seen to be marked at all, and how many wrong numbers are read."""
    stamp = Stamp(KEY.tile(NUMBER))
    served = [
        filmed([stamp.press(frame) for frame in drawn_clip(seed)], 18, SERVED)
        for seed in range(CLIPS)
    ]
    return {name: _borne(served, treat) for name, treat in TREATMENTS.items()}


def _borne(served: Sequence[Frames], treat: Callable[[Frames], Frames]) -> dict[str, Any]:
    seen = [reading.look(treat(frames)[::2], KEY) for frames in served]
    read = [mark for one in seen for mark in one.marks]
    right = [mark for mark in read if mark.number == NUMBER]
    wrong_bits = sum(mark.wrong for mark in right) / max(len(right), 1)
    return {
        "read": len(right),
        "of": len(served),
        "seen": sum(one.is_marked for one in seen),
        "wrong_bits": round(wrong_bits / code.CODED_BITS, 4) if right else None,
        "wrong_numbers": len(read) - len(right),
        "score": round(float(np.median([one.score for one in seen])), 1),
    }


def drawn_clip(seed: int, count: int = COUNT) -> np.ndarray:
    return clips.draw(scene.random_scene(np.random.default_rng(seed)), SIZE, count)


# --- where it is not ------------------------------------------------------------------------------


def unmarked() -> dict[str, Any]:
    """Frames without a mark, each with a key of its own: the best scores, and what passed."""
    best = np.array([_best(number, frame) for number, frame in enumerate(_frames(UNMARKED))])
    searched = [
        reading.look([frame], pattern(b"every %d" % number))
        for number, frame in enumerate(_frames(SEARCHED))
    ]
    every = np.array([one.score for one in searched])
    return {
        "usual_scale": {"frames": len(best)} | _tail(best),
        "every_scale": {
            "frames": len(every),
            "seen": sum(one.is_marked for one in searched),
            "numbers": sum(len(one.marks) for one in searched),
        }
        | _tail(every),
    }


def _frames(count: int) -> Any:
    """Drawn frames, EACH of a scene, spread over its seconds."""
    for number in range(-(-count // EACH)):
        made = scene.random_scene(np.random.default_rng(10**6 + number))
        yield from clips.draw(made, SIZE, EACH * 5, step=5)[: count - number * EACH]


def _best(number: int, frame: np.ndarray) -> float:
    """The best score of a frame at the usual scale, with a key that nothing was marked with."""
    keys = KEYS[number % len(KEYS)]
    return max(place.score for place in reading._agreeing(reading.rest_of([frame]), 1.0, keys))


KEYS = [pattern(b"other %d" % number) for number in range(16)]


def _tail(scores: np.ndarray) -> dict[str, float]:
    """Quantiles, and how often chance would reach SURE if scores go on as they are seen to: the
    largest of many places follows Gumbel's law."""
    spread = float(scores.std() * math.sqrt(6) / math.pi)
    middle = float(scores.mean() - 0.5772 * spread)
    reaching = -math.expm1(-math.exp(-(reading.SURE - middle) / spread))
    return {
        "median": round(float(np.median(scores)), 2),
        "largest": round(float(scores.max()), 2),
        "over_sure": int((scores >= reading.SURE).sum()),
        "expected_over_sure": reaching,
        "with_check": reaching * 2.0**-code.CHECK_BITS,
    }


# --- what it costs --------------------------------------------------------------------------------


def cost() -> dict[str, Any]:
    """Seconds for a clip of two seconds of the shipped model, and for ten seconds of 720p."""
    ours = (drawn_clip(0, 17), 8)
    large = (drawn((720, 1280), 240), 24)
    return {"small": _spent(*ours), "720p_10s": _spent(*large)}


def told(costs: dict[str, Any]) -> dict[str, float]:
    """The figures that have limits: to mark and sign, and the slowest way to verify."""
    small, large = (one["embed_s"] + one["sign_s"] for one in costs.values())
    slowest = max(costs["720p_10s"][way]["wall"] for way in ("verify", "find", "find_nothing"))
    return {"mark_small_s": small, "mark_720p_s": large, "verify_720p_s": slowest}


def _spent(frames: np.ndarray, fps: int) -> dict[str, Any]:
    """`verify` is by the manifest alone; `find` and `find_nothing` are by the pixels."""
    stamp = Stamp(KEY.tile(NUMBER))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        encode(frames, fps, np.zeros(0, np.float32), 16000, folder, marks=Marks(stamp))
        own = folder / "own"
        chain.make(own)
        signer = signing.Signer(chain.read(own), manifest.Told(NUMBER, "small", "x", "1", "0"))
        signed = [one for one in FILES.values() if (folder / one.file).exists()]
        signed = [one for one in signed if one.content_type in ("video/mp4", "image/webp")]
        signing_cost = cost_of(lambda: _sign(signer, folder, signed))
        return {
            "embed_s": least(lambda: [stamp.press(frame) for frame in frames], 3)["cpu"],
            "sign_s": signing_cost["cpu"],
            "files": len(signed),
            "verify": least(lambda: _verify(folder / "video.mp4", signer.chain.roots), 3),
            "find": least(lambda: _find(folder / "video.mp4"), 3),
            "find_nothing": least(lambda: _find_nothing(folder / "video.mp4"), 3),
        }


def _sign(signer: signing.Signer, folder: Path, files: Sequence[Rendition]) -> None:
    for one in files:
        signer.sign(folder / one.file, one.content_type)


def _find(path: Path) -> None:
    assert reading.look(_glimpses(path), KEY).marks


def _find_nothing(path: Path) -> None:
    assert not reading.look(_glimpses(path), KEYS[0]).marks


def _glimpses(path: Path) -> np.ndarray:
    with path.open("rb") as file:
        return read_glimpses(file)


def _verify(path: Path, roots: str) -> None:
    """What verifying asks of a file of ours: its manifest, in a child of its own."""
    with path.open("rb") as file:
        assert accounts.read(file, roots).number == NUMBER


# --- pictures -------------------------------------------------------------------------------------


def draw() -> None:
    """Before, after, and 16 times the difference, of clips of the drawn world."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    for seed in (0, 3):
        before = drawn_clip(seed, 9)[4]
        after = Stamp(KEY.tile(NUMBER)).press(before)
        apart = np.clip(128 + 16 * (after.astype(int) - before), 0, 255).astype(np.uint8)
        row = [
            cv2.resize(one, SERVED, interpolation=cv2.INTER_CUBIC) for one in (before, after, apart)
        ]
        Image.fromarray(np.hstack(row)).save(PICTURES / f"mark_{seed}.webp", quality=92)


if __name__ == "__main__":
    main()
