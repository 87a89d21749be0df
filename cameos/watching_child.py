"""The process that looks for faces in films: `python -m cameos.watching_child FD FOLDER PACK`.

It holds the pack of that id in that folder. It is told the path of a film or picture that we wrote
ourselves, and answers with one line of facts and the templates of its tracks as they lie in memory.
It knows no Django, no database and no secret, and it never learns who anybody is. When the other
end closes, it ends.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np

from cameos.faces import Reader, reader
from cameos.tracks import PARTS, Track, Tracks, looks

CLIPS = {".mp4"}


def main(pipe: Connection, looking: Reader) -> None:
    try:
        while True:
            facts, templates = answer(looking, json.loads(pipe.recv_bytes()))
            pipe.send_bytes(json.dumps(facts).encode())
            pipe.send_bytes(templates.tobytes())
    except (EOFError, OSError):
        return


def answer(looking: Reader, order: dict[str, str]) -> tuple[dict[str, object], np.ndarray]:
    """What was found, or why nothing could be."""
    nothing = np.empty((0, looking.pack.dim), np.float32)
    try:
        tracks = watch(looking, Path(order["film"])) if "film" in order else []
    except Exception as error:  # decoders raise whatever they like
        return {"failed": repr(error)[:500]}, nothing
    found = [{"at": round(one.at, 3), "box": one.box} for one in tracks]
    templates = [one.template.astype(np.float32) for one in tracks]
    return {"tracks": found}, np.stack(templates) if templates else nothing


def watch(looking: Reader, path: Path) -> list[Track]:
    """Everybody in a film or picture."""
    tracks = Tracks(looking.pack.thresholds.continuity)
    for at, bgr in _film(path) if path.suffix in CLIPS else _picture(path):
        tracks.see(at, looking.faces(bgr, wide=True), bgr.shape[:2])
    return tracks.found


def _picture(path: Path) -> Iterator[tuple[float, np.ndarray]]:
    import cv2  # noqa: PLC0415 -- loads on first use

    picture = cv2.imread(str(path))
    if picture is None:
        raise ValueError("not a picture")
    yield 0.0, picture


def _film(path: Path) -> Iterator[tuple[float, np.ndarray]]:
    import av  # noqa: PLC0415 -- loads on first use

    with av.open(str(path)) as file:
        frames = ((float(frame.time or 0.0), _grey(frame), frame) for frame in file.decode(video=0))
        for at, frame in looks(frames):
            yield at, frame.to_ndarray(format="bgr24")


def _grey(frame: object) -> np.ndarray:
    small = frame.reformat(PARTS, PARTS, "gray", interpolation="AREA")  # type: ignore[attr-defined]
    return small.to_ndarray()


def _reader(folder: Path, pack: str) -> Reader:
    """The reader of this very pack, its models loaded."""
    looking = reader(folder)
    if looking.pack.id != pack:
        raise SystemExit(f"{folder} holds another pack now")
    looking.faces(np.zeros((64, 64, 3), np.uint8))
    return looking


if __name__ == "__main__":
    main(Connection(int(sys.argv[1])), _reader(Path(sys.argv[2]), sys.argv[3]))
