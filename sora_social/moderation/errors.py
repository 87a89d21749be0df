"""What the rules of moderation may refuse."""

from sora_social.errors import DomainError


class NotAModerator(DomainError):
    status, code, message = 403, "not_a_moderator", "Only moderators may do this."


class NotYourCase(DomainError):
    status, code, message = 409, "not_your_case", "Another moderator holds this case."
