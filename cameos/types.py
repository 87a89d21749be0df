"""What others say of a likeness or a character, and hear of it."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from cameos.consent import Policy, Use
from cameos.states import Verdict

__all__ = ["LONGEST", "SHORTEST", "Box", "Policy", "Seen", "Sight", "Use", "Verdict"]

SHORTEST, LONGEST = 2.0, 4.0  # seconds of a clip that a character is made from

Box = tuple[float, float, float, float]  # left, top, right, bottom; shares of the picture's sides


@dataclass(frozen=True)
class Seen:
    """A face: when and where it is seen best, and whether it may be there.

    `certain`: by a pack whose similarities may decide.
    """

    at: float  # seconds
    box: Box
    verdict: Verdict
    cameo: UUID | None = None  # whose it seems to be, when it is a match
    certain: bool = False


@dataclass(frozen=True)
class Sight:
    """Everybody in a film or picture. `unsure`: a search that could not compare everybody."""

    seen: tuple[Seen, ...] = ()
    strength: str = ""  # of the pack
    unsure: bool = False
    blind: bool = False  # nothing was looked at: there is no pack, and nobody to protect

    def of(self, verdict: Verdict) -> tuple[Seen, ...]:
        return tuple(one for one in self.seen if one.verdict == verdict)

    @property
    def is_forbidden(self) -> bool:
        """Somebody is in it who did not allow it, for certain."""
        return any(one.certain for one in self.of(Verdict.MATCH))

    @property
    def is_doubtful(self) -> bool:
        """Somebody seems to be in it who did not allow it, or may be."""
        return bool(self.of(Verdict.MATCH) or (self.unsure and self.seen))
