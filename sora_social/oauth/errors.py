"""What an app is refused: to people in our shape, to the app by RFC 6749 (see token_views)."""

from sora_social.errors import DomainError


class AppRefused(DomainError):
    """Facts: `rule`. Nobody is sent anywhere: the address may be anybody's."""

    status, code = 400, "app_refused"
    message = "The app asked for this in a way that is not right."
    rules = {
        "client_id": "No app goes by this id.",
        "redirect_uri": "The app did not register this address.",
        "response_type": "Only `code` is answered.",
        "code_challenge": "PKCE is asked for: code_challenge, of 43 characters.",
        "code_challenge_method": "PKCE is asked for with S256.",
        "scope": "A scope is missing, or there is none of this name.",
        "state": "The state is too long.",
    }

    told = {  # RFC 6749, 4.1.2.1: what the app hears of it, once its address is known for its own
        "response_type": "unsupported_response_type",
        "code_challenge": "invalid_request",
        "code_challenge_method": "invalid_request",
        "scope": "invalid_scope",
    }

    def fields(self) -> dict[str, list[str]]:
        return {self.facts["rule"]: [self.rules[self.facts["rule"]]]}


class TooManyApps(DomainError):
    status, code, message = 409, "too_many_apps", "You have as many apps as one may have."


class GrantRefused(Exception):
    """The `error` of RFC 6749, 5.2, and its `status`."""

    def __init__(self, error: str) -> None:
        self.error = error
        self.status = 401 if error == "invalid_client" else 400
        super().__init__(error)
