"""What the rules of cameos say no with."""

from __future__ import annotations

from sora_social.errors import DomainError


class AdultsOnly(DomainError):
    status, code, message = 403, "adults_only", "Only adults can make a cameo of themselves."


class OneCameoEach(DomainError):
    status, code, message = 409, "one_cameo_each", "You have a cameo already."


class HandleTaken(DomainError):
    status, code, field = 409, "handle_taken", "handle"
    message = "This handle belongs to somebody else."


# --- the release ---
class ReleaseRequired(DomainError):
    """Facts: `version`, the current text's; `purposes` that have to be agreed to."""

    status, code = 403, "release_required"
    message = "First read the text on your likeness, and agree to it."


class ReleaseOutdated(DomainError):
    """Facts: `version`, the current text's."""

    status, code, field = 409, "release_outdated", "version"
    message = "There is a newer text. Show and agree to that one."


class ReleaseTextUnknown(DomainError):
    status, code, field = 400, "release_text_unknown", "sha256"
    message = "No such text was published in this language."


class ProtectsOnly(DomainError):
    status, code, field = 409, "protects_only", "audience"
    message = "This cameo only protects its owner. Make it one that can be lent first."


# --- the capture ---
class LikenessOff(DomainError):
    status, code = 503, "likeness_off"
    message = "No face model pack is installed, so cameos cannot be made now."


class CaptureLocked(DomainError):
    """Facts: `retry_after` seconds."""

    status, code = 429, "capture_locked"
    message = "Too many captures failed. Try again later."


class ChallengeUnknown(DomainError):
    status, code, field = 400, "challenge_unknown", "nonce"
    message = "This is no challenge of yours for this cameo."


class ChallengeExpired(DomainError):
    status, code, field = 410, "challenge_expired", "nonce"
    message = "The time for this challenge is over. Ask for a new one."


class ChallengeUsed(DomainError):
    status, code, field = 409, "challenge_used", "nonce"
    message = "This challenge was answered already. Ask for a new one."


class ChallengeSuperseded(DomainError):
    status, code, field = 409, "challenge_superseded", "nonce"
    message = "A newer challenge took the place of this one."


class CaptureReplayed(DomainError):
    status, code, field = 422, "capture_replayed", "clip"
    message = "This clip was sent before. Film a new one."


# --- leave ---
class ConsentRequired(DomainError):
    """Facts: `cameo`, its handle; `rule`, one of states.Rule."""

    status, code = 403, "consent_required"
    message = "You have no leave to use this cameo at this moment."


class UnknownCameo(DomainError):
    """Facts: `handle`. What does not exist and what one may not use look alike."""

    status, code, field = 400, "unknown_cameo", "prompt"
    message = "There is no cameo or character of this name that you could use."


class TooManyCameos(DomainError):
    """Facts: `found`, `at_most`."""

    status, code, field = 400, "too_many_cameos", "prompt"
    message = "A video can show three cameos and characters at most."


class OwnCameo(DomainError):
    status, code, message = 400, "own_cameo", "You need no leave for your own cameo."


class AlreadyAsked(DomainError):
    status, code = 409, "already_asked"
    message = "You have asked already, or have leave."


class AudienceTooNarrow(DomainError):
    status, code, field = 409, "audience_too_narrow", "audience"
    message = "Only you may use this cameo now. Let people you approve use it first."


class InThePast(DomainError):
    status, code, field = 400, "in_the_past", "expires_at"
    message = "A leave must end in the future."


class MoreThanTheTerms(DomainError):
    """Facts: `field`, `asked`, `at_most`."""

    status, code = 409, "more_than_the_terms"
    message = "A leave cannot allow what the cameo's own terms do not. Change those first."


class NotListed(DomainError):
    status, code, field = 404, "not_listed", "person"
    message = "There is nobody of this name whom you could list."


# --- review ---
class OwnCase(DomainError):
    status, code, message = 403, "own_case", "Nobody reviews a cameo of their own."


class ReasonRequired(DomainError):
    status, code, field = 400, "reason_required", "reason"
    message = "Say why."


# --- the firewall ---
class FirewallOff(DomainError):
    """Nobody can tell who is in this: no pack, no child, or templates that do not open."""

    status, code = 503, "firewall_off"
    message = "Who is in this cannot be checked now."


# --- characters ---
class TooManyCharacters(DomainError):
    """Facts: `at_most`; `hours`, when so many may be made in that time."""

    status, code = 409, "too_many_characters"
    message = "You have as many characters as you may have, or made too many of late."
