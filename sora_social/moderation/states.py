"""The words of moderation: subjects, kinds, states, decisions, and the published reasons."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import TextChoices

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
    JOB = "job", "Wish"


# what can be reported, as choices: nobody sees the wishes of another
REPORTED = [(one.value, one.label) for one in Subject if one != Subject.JOB]


class ReportReason(TextChoices):
    LIKENESS = "likeness", "Somebody's likeness without leave"
    MINOR = "minor", "A child is shown or endangered"
    SEXUAL = "sexual", "Sexual"
    INTIMATE = "intimate", "An intimate picture of somebody without leave"
    VIOLENCE = "violence", "Violence"
    HARASSMENT = "harassment", "Harassment or hate"
    DECEPTION = "deception", "Meant to deceive"
    COPYRIGHT = "copyright", "Somebody's work without leave"
    SPAM = "spam", "Spam"
    OTHER = "other", "Something else"


class CaseKind(TextChoices):
    """What opened a case."""

    REPORT = "report", "Reported"
    INTIMATE = "intimate", "Intimate picture without leave"
    COPYRIGHT = "copyright", "Somebody's work without leave"
    PATTERN = "pattern", "Pattern of attempts"
    ENROLMENT = "enrolment", "Enrolment to review"
    DUPLICATE = "duplicate", "Face enrolled already"
    FIREWALL = "firewall", "Face without leave in a video"
    SCREENING = "screening", "Stopped by screening"


KINDS = {  # what opens a case of its own; every other report opens a REPORT
    ReportReason.INTIMATE: CaseKind.INTIMATE,
    ReportReason.COPYRIGHT: CaseKind.COPYRIGHT,
}


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
    CaseState.DECIDED: {CaseState.APPEALED, CaseState.SETTLED},  # settled: countered
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
    CaseKind.INTIMATE: JUDGED,
    CaseKind.COPYRIGHT: JUDGED,
    CaseKind.FIREWALL: JUDGED,
    CaseKind.SCREENING: JUDGED,
    CaseKind.PATTERN: (Decision.KEEP, Decision.STRIKE),  # it is about those who tried in vain
    CaseKind.ENROLMENT: REVIEWED,
    CaseKind.DUPLICATE: REVIEWED,
}
AGAINST = (Decision.TAKE_DOWN, Decision.STRIKE)  # somebody: they hear of it and may appeal


class Reason(TextChoices):
    """The published reasons. Codes are only ever added to; a label may be worded better."""

    WITHIN_RULES = "within_rules", "It is within the rules"
    NOT_BORNE_OUT = "not_borne_out", "Nothing bears out what was said of it"
    FALSE_CLAIM = "false_claim", "The claim was made against better knowledge"
    LIKENESS = "likeness", "Somebody's likeness without leave"
    MINOR = "minor", "A child is shown or endangered"
    SEXUAL = "sexual", "Sexual"
    INTIMATE = "intimate", "An intimate picture of somebody without leave"
    COPYRIGHT = "copyright", "Somebody's work without leave"
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
    COUNTERED = "countered", "A counter-notice was not contested in time"


BREACHES = (
    Reason.LIKENESS, Reason.MINOR, Reason.SEXUAL, Reason.VIOLENCE,
    Reason.HARASSMENT, Reason.DECEPTION, Reason.SPAM, Reason.OTHER_RULE,
    Reason.INTIMATE, Reason.COPYRIGHT,
)  # fmt: skip
REASONS = {
    Decision.KEEP: (Reason.WITHIN_RULES, Reason.NOT_BORNE_OUT, Reason.FALSE_CLAIM),
    Decision.TAKE_DOWN: BREACHES,
    Decision.STRIKE: (Reason.LIKENESS, Reason.HARASSMENT),
    Decision.APPROVE: (Reason.OWN_FACE,),
    Decision.REJECT: (Reason.UNCLEAR, Reason.NOT_LIVE, Reason.NOT_OWN),
}


CLAIMED = {  # of a case that a claim opened, the reasons that speak of what was claimed
    CaseKind.INTIMATE: (Reason.INTIMATE, Reason.MINOR, Reason.SEXUAL, Reason.LIKENESS),
    CaseKind.COPYRIGHT: (Reason.COPYRIGHT,),
}


def reasons_of(kind: str, decision: str) -> tuple[Reason, ...]:
    """The published reasons that such a decision on a case of such a kind may have."""
    claimed = CLAIMED.get(CaseKind(kind))
    if claimed and decision == Decision.TAKE_DOWN:
        return claimed
    every = REASONS[Decision(decision)]
    return every if claimed else tuple(one for one in every if one != Reason.FALSE_CLAIM)


class Outcome(TextChoices):
    """How another moderator answers an appeal."""

    UPHELD = "upheld", "The decision stands"
    OVERTURNED = "overturned", "The decision is reversed"
