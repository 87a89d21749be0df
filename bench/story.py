"""The whole of `make demo`: its time, the time of one clip, and the peak memory of the server."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench.memory import watching
from bench.output import spread, write


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        demo = subprocess.Popen([sys.executable, "-m", "demo", "--out", folder])
        with watching(demo.pid, including_self=False) as peak:  # the server and its children
            demo.wait()
        took = time.perf_counter() - began
        if demo.returncode:
            raise SystemExit(demo.returncode)
        told = json.loads(Path(folder, "demo.json").read_text())
    clips = spread([clip["seconds"] for clip in told["clips"]])
    write(
        {
            "demo_s": took,
            "clip_s": clips["max"],
            "clips": clips,
            "first_clip_s": told["clips"][0]["seconds"],
            "peak_memory_gib": peak.bytes / 2**30,
            "steps": told["steps"],
        }
    )


if __name__ == "__main__":
    main()
