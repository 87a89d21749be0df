"""The process that holds the engine: `python -m generation.rendering_child FD MODEL_FOLDER`.

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
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING, Any

from generation.encoding import encode
from generation.engine.types import Rendering, RenderRequest, Stopped, Unsupported

if TYPE_CHECKING:
    from generation.engine.render import Engine

Message = dict[str, Any]
PATHS = ("first_frame", "source")


class Works:
    """Renders and encodes by order; keeps the engine, and a rendering until it is encoded."""

    def __init__(self, pipe: Connection, folder: Path) -> None:
        self.pipe, self.folder = pipe, folder
        self.orders: queue.SimpleQueue[Message] = queue.SimpleQueue()
        self.number = self.stopped = 0  # of the order now obeyed, and of the one to stop
        self.engine: Engine | None = None
        self.rendering: Rendering | None = None

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
            self.number = order["number"]
            self.say(self.obey(order))

    def obey(self, order: Message) -> Message:
        """Do what is ordered; the result, or why there is none."""
        try:
            return {"result": getattr(self, f"do_{order['do']}")(order)}
        except Stopped:
            return {"stopped": True}
        except Unsupported as error:
            return _failed("unsupported", error, retry=False)
        except MemoryError as error:
            return _failed("out_of_memory", error)
        except Exception as error:
            return _failed(type(error).__name__, error)

    def do_load(self, order: Message) -> Message:
        """Be warm before the first job."""
        return {"weights_hash": self._engine().weights_hash}

    def do_render(self, order: Message) -> Message:
        """Render the request and keep the frames."""
        began = time.perf_counter()
        engine = self._engine()
        self._between_steps(0, order["request"]["steps"])
        loaded = time.perf_counter()
        self.rendering = engine.render(_request(order["request"]), self._between_steps)
        return {
            "load_seconds": round(loaded - began, 3),
            "model_seconds": round(time.perf_counter() - loaded, 3),
            "weights_hash": engine.weights_hash,
            "frames": len(self.rendering.frames),
            "fps": self.rendering.fps,
        }

    def do_encode(self, order: Message) -> Message:
        """Write the kept frames as files into the order's folder."""
        made, self.rendering = self.rendering, None
        if made is None:
            raise LookupError("nothing was rendered")
        files = encode(made.frames, made.fps, made.sound, made.sample_rate, Path(order["folder"]))
        return {"width": files.width, "height": files.height, "seconds": files.seconds}

    def _engine(self) -> Engine:
        if self.engine is None:
            from generation.engine.render import load  # noqa: PLC0415 -- torch loads on first use

            self.engine = load(self.folder)
        return self.engine

    def _between_steps(self, done: int, of: int) -> None:
        self.say({"step": done, "of": of})
        if self.stopped == self.number:
            raise Stopped

    def say(self, message: Message) -> None:
        self.pipe.send_bytes(json.dumps(message).encode())


def _request(plain: Message) -> RenderRequest:
    paths = {name: Path(plain[name]) for name in PATHS if plain.get(name)}
    references = tuple(Path(reference) for reference in plain.get("references", ()))
    return RenderRequest(**plain | {"references": references} | paths)


def _failed(reason: str, error: Exception, *, retry: bool = True) -> Message:
    return {"failed": reason, "detail": str(error)[:500], "retry": retry}


def limit_memory(megabytes: int) -> None:
    if megabytes:
        resource.setrlimit(resource.RLIMIT_AS, (megabytes << 20, megabytes << 20))


def main() -> None:
    limit_memory(int(os.environ.get("RENDER_MEMORY_MB", "0")))
    works = Works(Connection(int(sys.argv[1])), Path(sys.argv[2]))
    threading.Thread(target=works.listen, daemon=True).start()
    works.work()


if __name__ == "__main__":
    main()
