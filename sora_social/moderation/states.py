"""The words of moderation: subjects, kinds, states, decisions, and the published reasons."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import TextChoices

STRIKE_STANDS = timedelta(days=90)
SUSPENDED_AT = 3  # standing strikes
APPEAL_WITHIN = timedelta(days=180)  # of the decision


class Subject(TextChoices):
    """What can be reported or taken down; the id is the subject's own, as text."""

    POST = "post"
    OUTPUT = "output"
    COMMENT = "comment"
    CAMEO = "cameo"
    CHARACTER = "character"
    PERSON = "person"


class ReportReason(TextChoices):
    LIKENESS = "likeness", "Somebody's likeness without leave"
    MINOR = "minor", "A child is shown or endangered"
    SEXUAL = "sexual", "Sexual"
    VIOLENCE = "violence", "Violence"
    HARASSMENT = "harassment", "Harassment or hate"
    DECEPTION = "deception", "Meant to deceive"
    SPAM = "spam", "Spam"
    OTHER = "other", "Something else"


class CaseKind(TextChoices):
    """What opened a case."""

    REPORT = "report", "Reported"
    PATTERN = "pattern", "Pattern of attempts"
    ENROLMENT = "enrolment", "Enrolment to review"
    DUPLICATE = "duplicate", "Face enrolled already"
    FIREWALL = "firewall", "Face without leave in a video"


class CaseState(TextChoices):
    OPEN = "open"
    CLAIMED = "claimed"
    DECIDED = "decided"
    APPEALED = "appealed"
    SETTLED = "settled"


UNDECIDED = (CaseState.OPEN, CaseState.CLAIMED)
CASE_MOVES = {
    CaseState.OPEN: {CaseState.CLAIMED, CaseState.SETTLED},  # settled: there is nothing left of it
    CaseState.CLAIMED: {CaseState.OPEN, CaseState.DECIDED, CaseState.SETTLED},
    CaseState.DECIDED: {CaseState.APPEALED},
    CaseState.APPEALED: {CaseState.SETTLED},
}


class Decision(TextChoices):
    KEEP = "keep", "Keep"
    TAKE_DOWN = "take_down", "Take down"
    STRIKE = "strike", "Strike those who tried"
    APPROVE = "approve", "Approve"
    REJECT = "reject", "Reject"


JUDGED = (Decision.KEEP, Decision.TAKE_DOWN)
REVIEWED = (Decision.APPROVE, Decision.REJECT)
DECISIONS = {
    CaseKind.REPORT: JUDGED,
    CaseKind.FIREWALL: JUDGED,
    CaseKind.PATTERN: (Decision.KEEP, Decision.STRIKE),  # it is about those who tried in vain
    CaseKind.ENROLMENT: REVIEWED,
    CaseKind.DUPLICATE: REVIEWED,
}
AGAINST = (Decision.TAKE_DOWN, Decision.STRIKE)  # somebody: they hear of it and may appeal


class Reason(TextChoices):
    """The published reasons. Codes are only ever added to; a label may be worded better."""

    WITHIN_RULES = "within_rules", "It is within the rules"
    NOT_BORNE_OUT = "not_borne_out", "Nothing bears out what was said of it"
    LIKENESS = "likeness", "Somebody's likeness without leave"
    MINOR = "minor", "A child is shown or endangered"
    SEXUAL = "sexual", "Sexual"
    VIOLENCE = "violence", "Violence or gore"
    HARASSMENT = "harassment", "Harassment or hate"
    DECEPTION = "deception", "Meant to deceive"
    SPAM = "spam", "Spam"
    OTHER_RULE = "other_rule", "Against another rule of the house"
    OWN_FACE = "own_face", "It is the owner's own face"
    UNCLEAR = "unclear", "The face is covered or cannot be seen well"
    NOT_LIVE = "not_live", "It was not filmed live, by one person, for this"
    NOT_OWN = "not_own", "It could not be shown to be the owner's own face"
    WITHDRAWN = "withdrawn", "There is nothing left of it to decide"


BREACHES = (
    Reason.LIKENESS, Reason.MINOR, Reason.SEXUAL, Reason.VIOLENCE,
    Reason.HARASSMENT, Reason.DECEPTION, Reason.SPAM, Reason.OTHER_RULE,
)  # fmt: skip
REASONS = {
    Decision.KEEP: (Reason.WITHIN_RULES, Reason.NOT_BORNE_OUT),
    Decision.TAKE_DOWN: BREACHES,
    Decision.STRIKE: (Reason.LIKENESS, Reason.HARASSMENT),
    Decision.APPROVE: (Reason.OWN_FACE,),
    Decision.REJECT: (Reason.UNCLEAR, Reason.NOT_LIVE, Reason.NOT_OWN),
}


class Outcome(TextChoices):
    """How another moderator answers an appeal."""

    UPHELD = "upheld", "The decision stands"
    OVERTURNED = "overturned", "The decision is reversed"
