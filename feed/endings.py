"""Where a feed ends: when there is nothing new, and for young people after a while.

An end is no trap door: `more` goes on behind it, but only when the person asks.
"""

from __future__ import annotations

from datetime import datetime, tzinfo
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.utils.timezone import get_default_timezone

from ranking.services import TEXTS, History
from ranking.types import Arm
from sora_social.users.models import User

LENGTH = 40  # items in a session, then a young person's feed ends; and after so many more again
NIGHT = (22, 7)  # from hour to hour, where the person is: then every page is the last one
ENDLESS = frozenset({"profile", "remixes"})  # lists of something, which end by themselves
Cue = dict[str, Any]


def is_young(person: User) -> bool:
    """A teen, or somebody whose age nobody knows."""
    return person.age_band != "adult"


def is_night(person: User, moment: datetime) -> bool:
    """By the person's own clock, or the house's while they have not said where they are."""
    hour = moment.astimezone(_clock(person)).hour
    return hour >= NIGHT[0] or hour < NIGHT[1]


def _clock(person: User) -> tzinfo:
    try:
        return ZoneInfo(person.timezone)
    except (ZoneInfoNotFoundError, ValueError):  # not said, or known to this machine no more
        return get_default_timezone()


def was_stopped(past: History) -> bool:
    """Whether this session has met an end already."""
    return past.passive() >= LENGTH


def ends(viewer: User, past: History, surface: str, count: int) -> bool:
    """Whether this page of so many items is a young person's last, unless they ask for more."""
    if surface in ENDLESS or not count or not is_young(viewer):
        return False
    before = past.passive()
    return is_night(viewer, past.moment) or before // LENGTH < (before + count) // LENGTH


def end(arm: Arm) -> Cue:
    """The end of a page, as it is said. It is certain, so it stands in no log of chances."""
    return {"kind": "end", "arm": arm, "text": TEXTS[arm]}
