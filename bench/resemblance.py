"""What it costs to look for copies: one hash among a million, a clip in all its crops, a print.

Hashes are random, but for one that is planted 40 bits away from what is looked for.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from bench.costs import least
from bench.output import write
from sora_social.resemblance.prints import WIDTH, prints, wide_prints
from sora_social.resemblance.table import Table

MANY, OF_EACH, WITHIN, TIMES = 1_000_000, 10, 40, 7


def main() -> None:
    write(measure())


def measure() -> dict[str, Any]:
    rng, table = np.random.default_rng(0), Table()
    hashes = rng.integers(0, 2**64, (MANY, 4), dtype=np.uint64)
    for number, some in enumerate(hashes.reshape(-1, OF_EACH, 4)):
        table.put(number, some)
    planted = hashes[MANY // 2 : MANY // 2 + 1] ^ np.array([0xFFFFF, 0, 0, 0xFFFFF], np.uint64)
    found = table.near(planted, WITHIN)
    one = least(lambda: table.near(planted, WITHIN), TIMES)
    frames = rng.integers(0, 256, (24, 360, 640, 3)).astype(np.uint8)
    return {
        "near_duplicate_ms": one["cpu"] * 1000 if found == {MANY // 2 // OF_EACH} else "not found",
        "near_duplicate_wall_ms": one["wall"] * 1000,
        "prints_ms": least(lambda: prints(frames), 3)["cpu"] * 1000,
        "wide_prints_ms": least(lambda: wide_prints(frames), 3)["cpu"] * 1000,
        "hashes_a_frame_looked_for": WIDTH,
    }


if __name__ == "__main__":
    main()
