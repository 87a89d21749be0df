"""The process that holds the engines: `python -m generation.rendering_child FD MODEL_FOLDER…`.

The first folder is the one to render with unless an order names another.

It hears orders on its socket, says each step, and writes its files where the order says. It knows
no Django, no database and no secret. When the other end closes, it ends.
"""

from __future__ import annotations

import json
import os
import queue
import resource
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import asdict
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from generation import looks
from generation.encoding import Delivery, Encoded, encode, encode_still
from generation.engine.loading import BadModel
from generation.engine.preparing import prepare
from generation.engine.shelf import Shelf
from generation.engine.takes import Broken
from generation.engine.together import Item, fingerprint, render_all
from generation.engine.types import (
    Mode,
    Rendering,
    RenderRequest,
    Shot,
    Stopped,
    Tier,
    Unsupported,
)
from generation.marking.marks import UNMARKED, Marks, marks_of

if TYPE_CHECKING:
    from generation.engine.render import Engine

Message = dict[str, Any]
# what went wrong, in a word, and whether another try may help
REASONS: dict[type[Exception], tuple[str, bool]] = {
    Unsupported: ("unsupported", False),
    BadModel: ("bad_model", False),
    Broken: ("not_a_picture", False),
    MemoryError: ("out_of_memory", True),
}
PATHS = ("first_frame", "last_frame", "source", "other", "mask")
READ: dict[str, Callable[[Any], Any]] = dict.fromkeys(PATHS, Path) | {
    "references": lambda paths: tuple(map(Path, paths)),
    "shots": lambda shots: tuple(Shot(**shot) for shot in shots),
    "span": tuple,
    "task": Mode,
    "tier": Tier,
}


class Works:
    """Renders and encodes by order; keeps the engines, and renderings until they are encoded."""

    def __init__(self, pipe: Connection, folder: Path, gib: float) -> None:
        self.pipe, self.folder, self.shelf = pipe, folder, Shelf(gib)
        self.orders: queue.SimpleQueue[Message] = queue.SimpleQueue()
        self.number = self.stopped = 0  # of the order now obeyed, and of the one to stop
        self.items: list[Item] = []
        self.telling = 0.0  # seconds spent on saying how far the order now obeyed is

    def listen(self) -> None:
        """Hear orders while another thread works. The end of the pipe is the end of the process."""
        try:
            while True:
                order = json.loads(self.pipe.recv_bytes())
                if order["do"] == "stop":
                    self.stopped = order["number"]
                else:
                    self.orders.put(order)
        except (EOFError, OSError):
            os._exit(0)

    def work(self) -> None:
        while True:
            order = self.orders.get()
            self.number, self.telling = order["number"], 0.0
            self.say(self.obey(order))

    def obey(self, order: Message) -> Message:
        """Do what is ordered; the result, or why there is none."""
        try:
            return {"result": getattr(self, f"do_{order['do']}")(order)}
        except Stopped:
            return {"stopped": True}
        except Exception as error:
            return failed(error)

    def do_load(self, order: Message) -> Message:
        """Be warm before the first job."""
        began = time.perf_counter()
        weights_hash = self._engine(order).weights_hash
        return {"weights_hash": weights_hash, "load_seconds": _since(began)}

    def do_render(self, order: Message) -> Message:
        """Render the requests and keep the frames."""
        began, self.items = time.perf_counter(), []
        engine = self._engine(order)
        self._between_steps(0, 1)
        requests = [request_of(plain) for plain in order["requests"]]
        loaded = time.perf_counter()
        self.items = render_all(engine, requests, self._between_steps)
        if any(isinstance(item.error, MemoryError) for item in self.items):
            self.shelf.keep_only(self._folder(order))
        return {
            "items": [_told(item, engine) for item in self.items],
            "load_seconds": round(loaded - began, 3),
            "model_seconds": _since(loaded),
            "telling_seconds": round(self.telling, 6),
            "weights_hash": engine.weights_hash,
        }

    def do_encode(self, order: Message) -> Message:
        """Write an item's frames as files into the order's folder."""
        asked = order.get("delivery")
        files = encoded(
            self._rendering(order),
            Path(order["folder"]),
            order.get("captions", []),
            Delivery(**asked) if asked else None,
            marks_of(order),
        )
        if not order.get("keep"):
            self.items[order["item"]].rendering = None
        return asdict(files)

    def do_raw(self, order: Message) -> Message:
        """Write an item's frames as they are: (T, H, W, 3) uint8 in numpy's format."""
        np.save(order["file"], self._rendering(order).frames, allow_pickle=False)
        return {}

    def do_write(self, order: Message) -> Message:
        """Words that a local text model adds to a prompt."""
        from generation.engine import writer  # noqa: PLC0415 -- torch loads on first use

        asked = order["prompt"], order["most_tokens"], order["seconds"]
        return {"text": writer.load(Path(order["folder"])).write(*asked, self._between_steps)}

    def do_classify(self, order: Message) -> Message:
        """What a model that looks after safety says of `texts`, or of the `looks` in a folder."""
        from generation.engine import classifying  # noqa: PLC0415 -- torch loads on first use

        model, known = classifying.load(Path(order["folder"]))
        given = order.get("texts") or looks.read(Path(order["looks"])).frames
        return {"scores": model.scores(given), "weights_hash": known}

    def do_transcribe(self, order: Message) -> Message:
        """What a model hears spoken in a film."""
        from generation.engine import transcribing  # noqa: PLC0415 -- torch loads on first use
        from generation.engine.source import read_sound  # noqa: PLC0415

        scribe, known = transcribing.load(Path(order["folder"]))
        sound = read_sound(Path(order["film"]), scribe.rate, order["seconds"] * scribe.rate)
        return {"spoken": scribe.pieces(sound), "weights_hash": known}

    def _rendering(self, order: Message) -> Rendering:
        made = self.items[order["item"]].rendering
        if made is None:
            raise LookupError("nothing was rendered, or its frames are gone")
        return made

    def _folder(self, order: Message) -> Path:
        return Path(order.get("model") or self.folder)

    def _engine(self, order: Message) -> Engine:
        folder = self._folder(order)
        is_new = folder not in self.shelf.folders
        engine = self.shelf.take(folder)
        if is_new:
            from generation.engine import pausing  # noqa: PLC0415 -- torch is loaded by now

            pausing.between_blocks(engine.network, self._stop_if_asked)
        return engine

    def _between_steps(self, done: int, of: int) -> None:
        began = time.perf_counter()
        self.say({"step": done, "of": of})
        self.telling += time.perf_counter() - began
        self._stop_if_asked()

    def _stop_if_asked(self) -> None:
        if self.stopped == self.number:
            raise Stopped

    def say(self, message: Message) -> None:
        self.pipe.send_bytes(json.dumps(message, default=str).encode())


def request_of(plain: Message) -> RenderRequest:
    """The request whose values came as JSON."""
    given = {name: value for name, value in plain.items() if value is not None}
    read = {name: READ[name](value) if name in READ else value for name, value in given.items()}
    return RenderRequest(**read)


def _told(item: Item, engine: Engine) -> Message:
    """An item as the answer says it."""
    how = {"model_seconds": round(item.seconds, 3), "together": item.together, "place": item.place}
    if item.rendering is None:
        return how | failed(item.error or LookupError())
    return how | {
        "seed": item.request.seed,
        "frames": len(item.rendering.frames),
        "fps": item.rendering.fps,
        "kept": item.rendering.kept,
        "frames_sha256": fingerprint(item.rendering),
        "recipe": engine.recipe(item.request, item.rendering),
    }


def encoded(
    made: Rendering,
    folder: Path,
    captions: list[tuple[float, float, str]],
    delivery: Delivery | None = None,
    marks: Marks = UNMARKED,
) -> Encoded:
    """Files of a clip, or of a still where there is one frame."""
    if len(made.frames) == 1:
        return encode_still(made.frames[0], folder, marks)
    film = made.frames, made.fps, made.sound, made.sample_rate
    return encode(*film, folder, captions, delivery, marks)


def failed(error: Exception) -> Message:
    """Why something was not made: a short word, details for the log, whether to try again."""
    known = (word for kind, word in REASONS.items() if isinstance(error, kind))
    reason, retry = next(known, (type(error).__name__, True))
    return {"failed": reason, "detail": str(error)[:500], "retry": retry}


def _since(began: float) -> float:
    return round(time.perf_counter() - began, 3)


def limit_memory(megabytes: int) -> None:
    if megabytes:
        resource.setrlimit(resource.RLIMIT_AS, (megabytes << 20, megabytes << 20))


def main() -> None:
    limit_memory(int(os.environ.get("RENDER_MEMORY_MB", "0")))
    gib = float(os.environ.get("ENGINE_MEMORY_GIB", "0"))
    folders = [Path(folder) for folder in sys.argv[2:]]
    works = Works(Connection(int(sys.argv[1])), folders[0], gib)
    threading.Thread(target=works.listen, daemon=True).start()
    prepare(folders)
    works.work()


if __name__ == "__main__":
    main()
