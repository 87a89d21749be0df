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

    status, code, message = 422, "blocked", "This may not be made."
