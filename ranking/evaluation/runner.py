"""One world under one policy from beginning to end, and many of them abreast, each kept."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from importlib import import_module
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from ranking.evaluation.interface import Policy, World
from ranking.evaluation.metrics import Tally
from ranking.evaluation.policies import POLICIES
from ranking.evaluation.worlds import WORLDS


@dataclass(frozen=True, slots=True)
class Cell:
    """A world, a policy, and how large and from which seed. A world elsewhere is module:Class."""

    world: str
    policy: str
    seed: int
    people: int = 400
    days: int = 14

    def key(self) -> str:
        """The name under which its figures are kept: another world or ranker is another cell."""
        said = json.dumps([asdict(self), _fingerprint(world_class(self.world), self.policy)])
        return hashlib.sha256(said.encode()).hexdigest()[:16]


def world_class(name: str) -> Callable[[int, int, int], World]:
    """One of ours by name, or anybody's by module:Class. Raises ValueError for neither."""
    if name in WORLDS:
        return WORLDS[name]
    module, _, found = name.partition(":")
    try:
        made: Callable[[int, int, int], World] = getattr(import_module(module), found)
    except (ImportError, AttributeError, ValueError) as wrong:
        known = ", ".join(WORLDS)
        raise ValueError(f"{name}: no world of ours ({known}), nor module:Class") from wrong
    return made


def run(cell: Cell) -> dict[str, Any]:
    """Live through it; the same cell has the same figures to the last bit."""
    began = time.monotonic()
    world = world_class(cell.world)(cell.seed, cell.people, cell.days)
    figures = live(world, POLICIES[cell.policy](), cell.seed)
    return asdict(cell) | {"figures": figures, "took": time.monotonic() - began}


def live(world: World, policy: Policy, seed: int) -> dict[str, Any]:
    """The policy serves, the world reacts, the tally counts."""
    people = world.people()
    policy.begin(people, seed, world.truth)
    tally = Tally(people, world.prolific())
    for turn in world.turns():
        policy.born(turn.births)
        tally.born(turn.births)
        if turn.night:
            policy.night(turn.moment)
        if len(turn.asks):
            pages = policy.pages(turn.asks)
            tally.asked(turn.asks, pages)
            log = world.show(turn.asks, pages)
            policy.told(turn.asks, log)
            tally.told(turn.asks, pages, log)
    return tally.figures()


def run_all(cells: Sequence[Cell], folder: Path, jobs: int) -> Iterator[dict[str, Any]]:
    """Every cell: those already kept at once, then the others as they end."""
    folder.mkdir(parents=True, exist_ok=True)
    missing = [cell for cell in cells if not (folder / f"{cell.key()}.json").exists()]
    for cell in cells:
        if cell not in missing:
            yield json.loads((folder / f"{cell.key()}.json").read_text())
    if jobs <= 1:
        yield from (_kept(cell, folder) for cell in missing)
        return
    with ProcessPoolExecutor(jobs, mp_context=get_context("fork")) as pool:
        for future in as_completed([pool.submit(_kept, cell, folder) for cell in missing]):
            yield future.result()


def _kept(cell: Cell, folder: Path) -> dict[str, Any]:
    """Written whole or not at all: a run that is cut short goes on where it stopped."""
    found, file = run(cell), folder / f"{cell.key()}.json"
    unfinished = file.with_suffix(".part")
    unfinished.write_text(json.dumps(found))
    unfinished.replace(file)
    return found


def _fingerprint(world: Callable[..., World], policy: str) -> str:
    """Of the sources that decide a cell: the world's, the policies', and for ours the ranker's."""
    home = Path(__file__).parent
    sources = [*Path(import_module(world.__module__).__file__ or "").parent.glob("*.py")]
    sources += [home / "interface.py", home / "metrics.py", *(home / "policies").glob("*.py")]
    if policy.startswith("ours"):
        sources += [*(home / "policies" / "ours").glob("*.py"), *home.parent.glob("*.py")]
        sources += home.parent.glob("store/*.py")
    return hashlib.sha256(b"".join(path.read_bytes() for path in sorted(sources))).hexdigest()
