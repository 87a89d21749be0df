"""The way around the model: submit → dispatch → encode → ready, the model's own time subtracted."""

from __future__ import annotations

import secrets
import tempfile
import time
from pathlib import Path

from bench.output import spread, write
from demo import server
from demo.phone import Phone

JOBS = 15


def one(phone: Phone, number: int) -> tuple[float, float]:
    """Seconds from the request until the socket says done, and the seconds of the model in it."""
    began = time.perf_counter()
    job = phone.submit("jobs/", {"prompt": "a red ball rolls on a beach", "seed": number})
    phone.wait(
        "job", that=lambda e: e["payload"]["id"] == job["id"] and e["payload"]["state"] == "done"
    )
    took = time.perf_counter() - began
    draft = phone.get(f"jobs/{job['id']}/")["draft"]
    return took, phone.get(f"drafts/{draft}/")["recipe"]["model_seconds"]


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        data, port = Path(folder), server.free_port()
        with server.running(data, port):
            invite = server.manage(data, "invite", "--count", "1").strip()
            phone = Phone(f"http://127.0.0.1:{port}", "bench")
            phone.sign_up(secrets.token_urlsafe(12), invite, "1990-01-01")
            phone.listen()
            measured = [one(phone, number) for number in range(JOBS + 1)][1:]  # the first loads
    around = spread([took - model for took, model in measured])
    model = spread([model for _, model in measured])
    write({"around_p50_s": around["p50"], "around_s": around, "model_s": model})


if __name__ == "__main__":
    main()
