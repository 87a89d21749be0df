"""`make bench`: run every measurement, write JSON, print a table; `python -m bench NAME…` some."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from rich.console import Console
from rich.table import Table

OUT = Path("var/bench")
# figure: (measured by, limit, unit); a figure is good at or below its limit
LIMITS = {
    "import_s": ("web", 2.5, "s"),
    "demo_s": ("story", 240.0, "s"),
    "clip_s": ("story", 25.0, "s"),
    "peak_memory_gib": ("story", 3.0, "GiB"),
    "load_s": ("engine", 4.0, "s"),
    "portrait_s": ("engine", 10.0, "s"),
    "still_s": ("engine", 3.0, "s"),
    "child_gib": ("engine", 2.0, "GiB"),
    "cancel_s": ("engine", 1.0, "s"),
    "progress_share": ("engine", 0.01, "of the time"),
    "encode_ratio": ("encoding", 0.4, "s of CPU a second"),
    "ours_to_stock": ("throughput", 0.5, "of stock's time"),
    "around_p50_s": ("jobs", 1.5, "s"),
    "light_worst_services": ("fairness", 3.0, "renderings"),
    "event_p95_ms": ("events", 50.0, "ms"),
    "first_cpu_ms": ("feed", 1.0, "ms of CPU"),
    "first_p99_ms": ("feed", 5.0, "ms of CPU"),
    "later_cpu_ms": ("feed", 0.65, "ms of CPU"),
    "http_cpu_ms": ("feed", 2.0, "ms of CPU"),
    "to_lateral": ("feed", 1.0, "× of lateral SQL"),
    "to_redis": ("feed", 10.0, "× of a bare Redis list"),
    "growth": ("feed", 0.2, "from 1e5 to 5e6"),
    "bytes_a_post": ("feed", 140.0, "bytes"),
    "check_p50_ms": ("consent", 5.0, "ms"),
    "check_queries": ("consent", 3, "queries"),
    "visible_ratio": ("consent", 1.25, "×"),
    "dark_s": ("dark", 1.0, "s"),
    "create_cpu_ms": ("wire", 3.0, "ms of CPU"),
    "retrieve_cpu_ms": ("wire", 3.0, "ms of CPU"),
    "pollers_cores": ("wire", 0.5, "cores for 1,000 pollers"),
    "memory_mib": ("wire", 16.0, "MiB that a download adds"),
    "nginx_to_accel": ("wire", 1 / 0.6, "× of nginx's own sendfile"),
    "log_target_ratio": ("log", 1.0, "of the time that 100,000 impressions a second take"),
    "training_target_ratio": ("training", 1.0, "of the time that 500,000 a second take"),
    "likeness_load_s": ("likeness", 60.0, "s"),
    "likeness_single_ms": ("likeness", 12.0, "ms of CPU"),
    "likeness_batch_ms": ("likeness", 30.0, "ms of CPU a query"),
    "near_duplicate_ms": ("resemblance", 20.0, "ms of CPU"),
    "mark_small_s": ("marks", 0.08, "s: a twentieth of the rendering of two seconds"),
    "mark_720p_s": ("marks", 1.5, "s for ten seconds of 720p"),
    "verify_720p_s": ("marks", 1.0, "s"),
    "screening_ms": ("screening", 5.0, "ms of CPU for a prompt of 2,000 letters"),
}


def main(names: list[str]) -> int:
    OUT.mkdir(parents=True, exist_ok=True)
    wanted = names or list(dict.fromkeys(name for name, _, _ in LIMITS.values()))
    found = {name: _measure(name) for name in wanted}
    (OUT / "all.json").write_text(json.dumps(found, indent=2))
    return _show(found)


def _measure(name: str) -> dict[str, object]:
    print(f"==> {name}", flush=True)
    out = OUT / f"{name}.json"
    out.unlink(missing_ok=True)
    done = subprocess.run([sys.executable, "-m", f"bench.{name}", "--out", str(out)], check=False)
    if done.returncode or not out.exists():
        return {"error": f"exit {done.returncode}"}
    return json.loads(out.read_text())


def _show(found: dict[str, dict[str, object]]) -> int:
    table = Table("figure", "measured", "limit", "", title="Speed and memory")
    missed = 0
    for figure, (name, limit, unit) in LIMITS.items():
        if name not in found:
            continue
        value = found[name].get(figure)
        good = isinstance(value, int | float) and value <= limit
        missed += not good
        said = f"{value:.3g} {unit}" if isinstance(value, int | float) else str(found[name])
        table.add_row(figure, said, f"{limit:g} {unit}", "[green]kept" if good else "[red]missed")
    Console(width=100).print(table)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
