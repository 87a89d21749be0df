"""Drawing shards beside a training: `python -m generation.engine.draw WORK COUNT SEED WORKERS`."""

import signal
import sys
from pathlib import Path

from generation.engine.shards import make_shards


def main() -> None:
    """Make what is missing, in order."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))  # and end the pool as well
    work, count, seed, workers = Path(sys.argv[1]), *map(int, sys.argv[2:5])
    for _ in make_shards(work, count, seed, workers):
        pass


if __name__ == "__main__":
    main()
