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


class TooManyKeys(DomainError):
    """Facts: `most`."""

    status, code, message = 409, "too_many_keys", "You have as many keys as one may have."


class KeyRotated(DomainError):
    """Facts: `successor`."""

    status, code, message = 409, "key_rotated", "This key was rotated already: rotate the new one."


class AddressNotAllowed(DomainError):
    """Facts: `address`."""

    status, code = 403, "address_not_allowed"
    message = "This key is not taken from your network address."
