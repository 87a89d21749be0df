"""What is said for a video, and what is seen of it, is judged by published rules."""

from generation.screening.form import LONGEST, LONGEST_DELIVERED, check_form
from generation.screening.judging import (
    ADDED,
    EARLIER,
    INSTRUCTIONS,
    Pardon,
    Said,
    Sign,
    Verdict,
    groups_in,
    judge,
    screen,
    signs_in,
    unnamed,
    verdicts,
)
from generation.screening.letters import readings
from generation.screening.looking import found_in, tells_an_age
from generation.screening.policy import POLICY

__all__ = [
    "ADDED",
    "EARLIER",
    "INSTRUCTIONS",
    "LONGEST",
    "LONGEST_DELIVERED",
    "POLICY",
    "Pardon",
    "Said",
    "Sign",
    "Verdict",
    "check_form",
    "found_in",
    "groups_in",
    "judge",
    "readings",
    "screen",
    "signs_in",
    "tells_an_age",
    "unnamed",
    "verdicts",
]
