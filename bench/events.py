"""How long an event takes from `tell` in a worker's thread to a phone's socket, embedded."""

from __future__ import annotations

import os
import tempfile
import threading
import time
from pathlib import Path

from bench.output import spread, write
from demo.server import environment, free_port

EVENTS = 200


def main() -> None:
    with tempfile.TemporaryDirectory() as data:
        embedded = environment(Path(data))
        os.environ.clear()
        os.environ.update(embedded)
        latencies = _measure()
    write({"event_p95_ms": latencies["p95"], "event_ms": latencies})


def _measure() -> dict[str, float]:
    import uvicorn  # noqa: PLC0415 -- the environment comes first
    from websockets.sync.client import connect  # noqa: PLC0415

    from sora_social.asgi import application  # noqa: PLC0415
    from sora_social.realtime import tell, ticket_for  # noqa: PLC0415

    port = free_port()
    config = uvicorn.Config(application, port=port, log_level="error")
    threading.Thread(target=uvicorn.Server(config).run, daemon=True).start()
    _await(port)
    ticket = ticket_for(1, "bench")
    took = []
    with connect(f"ws://127.0.0.1:{port}/ws/", subprotocols=[f"ticket.{ticket}"]) as phone:
        phone.recv()
        for _ in range(EVENTS):
            began = time.perf_counter()
            threading.Thread(target=tell, args=(1, "job")).start()
            phone.recv()
            took.append((time.perf_counter() - began) * 1000)
    return spread(took)


def _await(port: int) -> None:
    import socket  # noqa: PLC0415

    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        if socket.socket().connect_ex(("127.0.0.1", port)) == 0:
            return
        time.sleep(0.05)
    raise TimeoutError("the server did not start")


if __name__ == "__main__":
    main()
