"""Worlds in which viewers become creators. They know numpy and the interface, and no ranker."""

from __future__ import annotations

import hashlib
from pathlib import Path

from ranking.evaluation.worlds.variants import (
    ColdStart,
    Crowds,
    Fashions,
    Megaphones,
    NoFriendEffect,
    NudgesAnnoy,
    PolishInspires,
    Thresholds,
    Tricksters,
)
from ranking.evaluation.worlds.world import Neighbourhood

DEVELOPMENT = (Neighbourhood, Megaphones, NoFriendEffect, PolishInspires, NudgesAnnoy, ColdStart)
HELD_OUT = (Thresholds, Tricksters, Fashions, Crowds)  # nothing is tuned on these
WORLDS = {world.name: world for world in (*DEVELOPMENT, *HELD_OUT)}


def fingerprint() -> str:
    """Changes with any line of any world: figures of different worlds must not be mixed."""
    sources = sorted(Path(__file__).parent.glob("*.py"))
    return hashlib.sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()[:12]
