"""What generation says no to, and why."""

from sora_social.errors import DomainError


class NotEnoughCredits(DomainError):
    status, code, message = 402, "not_enough_credits", "There are not enough credits for this."


class TooManyJobs(DomainError):
    status, code = 429, "too_many_jobs"
    message = "Too many videos of yours are waiting; let one finish or cancel it."


class KeyMissing(DomainError):
    status, code = 400, "idempotency_key_missing"
    message = "Send an Idempotency-Key header of 1 to 255 plain characters, new for every wish."


class KeyReused(DomainError):
    status, code = 422, "idempotency_key_reused"
    message = "This Idempotency-Key was sent before with another wish."


class PromptRefused(DomainError):
    """Facts: `rule`, and what it measured."""

    status, code, field = 400, "prompt_refused", "prompt"
    message = "1 to 2000 plain characters."


class NotPossible(DomainError):
    """The loaded model cannot do this. Facts: `field`, `asked`, `possible`."""

    status, code, message = 400, "unsupported", "The model cannot do this; see what is possible."


class EngineMissing(DomainError):
    status, code, message = 503, "engine_missing", "No model is installed here."


class Blocked(DomainError):
    """Screening said no. Facts: `rule`."""

    status, code, message = 422, "blocked", "The rules do not allow this."


REFUSALS = {
    "missing": "This task needs it.",
    "not_taken": "This task does not take it.",
    "not_together": "These cannot go together.",
    "not_a_clip": "This has to be a clip, not a still.",
    "too_few": "There are too few.",
    "too_many": "There are too many.",
    "too_short": "This is too short.",
    "too_long": "This is too long.",
    "beyond_the_end": "The video ends before.",
    "no_cameo": "Mention the cameo or character that takes the place.",
    "somebody_in_it": "Somebody, or somebody else's character, is in this video.",
    "other_shape": "This has to be of the shape of the source: its aspect, within 2 %.",
}


class WishRefused(DomainError):
    """What was asked makes no sense. Facts: `field`, `rule` (of REFUSALS) and what was measured."""

    status, code, message = 400, "wish_refused", "This cannot be asked."
    rules = REFUSALS


class NoSuchSource(DomainError):
    """Facts: `field`."""

    status, code, message = 404, "source_not_found", "You have no such video to start from."


class CharacterClosed(DomainError):
    """Which one is not said: it may be one that this person is not to know of."""

    status, code, field = 403, "character_closed", "source"
    message = "There is a character in this video that you may not use."


class NotAPreview(DomainError):
    status, code, message = 409, "not_a_preview", "Only a preview has a final."


class CannotRerender(DomainError):
    """Facts: `rule`: leave_gone, no_recipe, input_gone, other_weights."""

    status, code, message = 409, "cannot_rerender", "This recipe cannot be followed any more."
