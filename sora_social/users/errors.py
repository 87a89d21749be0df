"""What the rules about people may refuse."""

from sora_social.errors import DomainError


class NotYourself(DomainError):
    status, code, message = 400, "not_yourself", "You cannot do this to yourself."
    field = "handle"


class WrongPassword(DomainError):
    status, code, message = 403, "wrong_password", "This is not your password."
    field = "password"


class InviteNotValid(DomainError):
    status, code, message = 400, "invite_not_valid", "This invite code is unknown or was used."
    field = "invite"
