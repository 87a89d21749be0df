"""What the rules of moderation may refuse."""

from sora_social.errors import DomainError


class NotAModerator(DomainError):
    status, code, message = 403, "not_a_moderator", "Only moderators may do this."


class NotYourCase(DomainError):
    status, code, message = 409, "not_your_case", "Another moderator holds this case."


class OwnCase(DomainError):
    """It is about the moderator, about something of theirs, or they reported it."""

    status, code, message = 403, "own_case", "This concerns you: another moderator decides."


class OtherEyes(DomainError):
    status, code = 403, "other_eyes"
    message = "You decided this: another moderator answers the appeal."


class DecisionUnknown(DomainError):
    """Facts: `at_most`, the decisions that such a case can have."""

    status, code, field = 400, "decision_unknown", "decision"
    message = "A case of this kind is not decided like this."


class ReasonUnknown(DomainError):
    """Facts: `at_most`, the published reasons of this decision."""

    status, code, field = 400, "reason_unknown", "reason"
    message = "Give one of the published reasons."


class _Ruled(DomainError):
    """Facts: `rule`, one of `rules`, which is the message."""

    def __init__(self, **facts: object) -> None:
        super().__init__(**facts)
        self.message = self.rules[str(facts["rule"])]  # type: ignore[misc]


class NotAppealable(_Ruled):
    status, code = 409, "not_appealable"
    message = "This cannot be appealed."
    rules = {
        "undecided": "This is not decided yet.",
        "not_screened": "It was not screening that refused this.",
        "barred": "It is like something that was taken down: that is what can be appealed.",
        "final": "This was settled, or is being looked at again already.",
        "too_late": "The time to appeal is over.",
        "not_against_you": "The decision did not go against you.",
    }


class NotCounterable(_Ruled):
    status, code = 409, "not_counterable"
    message = "This cannot be countered."
    rules = {
        "not_taken_down": "It is not taken down by a decision that still may change.",
        "other_reason": "What was taken down for this reason is appealed, not countered.",
        "countered": "There is a counter-notice already.",
    }


class NotContestable(DomainError):
    status, code = 409, "not_contestable"
    message = "No counter-notice waits for an objection."


class MonthUnknown(_Ruled):
    """Facts: `rule`, one of `rules`."""

    status, code, field = 400, "month_unknown", "month"
    rules = {
        "no_month": "A month is written like 2026-05.",
        "not_over": "This month is not over: its counts would move.",
    }


class TooManyPasskeys(DomainError):
    """Facts: `at_most`."""

    status, code = 409, "too_many_passkeys"
    message = "Remove one of your passkeys first."


class LastFactor(DomainError):
    status, code = 409, "last_factor"
    message = "This is all you can sign in with: add another first."
