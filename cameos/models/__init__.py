"""Likenesses, the captures that proved them, the terms they are lent on, the leaves given; and
characters, which are nobody's likeness."""

from cameos.models.cameo import Cameo, CameoQuerySet
from cameos.models.characters import Character, CharacterPicture, CharacterQuerySet
from cameos.models.enrolment import Capture, Challenge, ReferencePicture, Renewal
from cameos.models.erasure import Erasure
from cameos.models.gates import GateRecord
from cameos.models.leave import SCOPE, Asked, Consent, ConsentQuerySet, as_value, live_leaves
from cameos.models.release import Release
from cameos.models.repacking import Repacking
from cameos.models.terms import TERMS, Listing, RuledOut, Terms, TermsRevision
from cameos.states import Audience

__all__ = [
    "SCOPE",
    "TERMS",
    "Asked",
    "Audience",
    "Cameo",
    "CameoQuerySet",
    "Capture",
    "Challenge",
    "Character",
    "CharacterPicture",
    "CharacterQuerySet",
    "Consent",
    "ConsentQuerySet",
    "Erasure",
    "GateRecord",
    "Listing",
    "ReferencePicture",
    "Release",
    "Renewal",
    "Repacking",
    "RuledOut",
    "Terms",
    "TermsRevision",
    "as_value",
    "live_leaves",
]
