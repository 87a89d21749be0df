from sora_social.errors import DomainError


class UrlRefused(DomainError):
    """We do not send there; the fact `rule` says why."""

    code, field = "url_refused", "url"
    rules = {
        "form": "Not an address that a request can be sent to.",
        "scheme": "The address must begin with https://.",
        "userinfo": "The address may not hold a name or a password.",
        "port": "The port must be 443 or 8443.",
        "private": "The address leads into a private network.",
    }
    message = "We do not send to this address."

    def __str__(self) -> str:
        return self.rules[self.facts["rule"]]


class TooManyEndpoints(DomainError):
    code, message = "too_many_endpoints", "There are as many webhook endpoints as you may have."


class Disabled(DomainError):
    code, message = "endpoint_disabled", "This endpoint is disabled: enable it first."


class Unreachable(DomainError):
    """A test came to nothing; the fact `reason` says why."""

    code, message = "endpoint_unreachable", "The endpoint did not answer."

    def __init__(self, reason: str) -> None:
        super().__init__(reason=reason)
        self.message = f"The endpoint did not answer: {reason}."  # type: ignore[misc]
