"""Likenesses, the captures that proved them, the terms they are lent on, and the leaves given."""

from cameos.models.cameo import Cameo, CameoQuerySet
from cameos.models.enrolment import Capture, Challenge, ReferencePicture
from cameos.models.erasure import Erasure
from cameos.models.gates import GateRecord
from cameos.models.leave import SCOPE, Asked, Consent, ConsentQuerySet
from cameos.models.terms import TERMS, Listing, Terms, TermsRevision
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
    "Consent",
    "ConsentQuerySet",
    "Erasure",
    "GateRecord",
    "Listing",
    "ReferencePicture",
    "Terms",
    "TermsRevision",
]
