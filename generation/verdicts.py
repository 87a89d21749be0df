"""The words of what was found out about a file: one for machines, a sentence or two for people."""

from __future__ import annotations

from enum import StrEnum

from generation.provenance.manifest import COMPOSED, GENERATED, IPTC
from generation.provenance.reading import TOO_COSTLY, TOO_MANY, UNREADABLE, Account, State


class How(StrEnum):
    """What led to one of our outputs."""

    MANIFEST = "manifest"
    MARK = "mark"
    SOUND = "sound"
    RESEMBLANCE = "resemblance"
    ADDRESS = "address"


class Leave(StrEnum):
    """Whether the people in it agree, at this moment."""

    LIVE = "live"
    REVOKED = "revoked"
    UNKNOWN = "unknown"
    NOT_NEEDED = "not_needed"


class Verdict(StrEnum):
    """What matters most about a file: the first of these that is so."""

    REVOKED = "revoked"
    TAKEN_DOWN = "taken_down"
    TAMPERED = "tampered"
    TRUSTED = "trusted"
    OURS = "ours"
    SIGNED = "signed"
    UNKNOWN = "unknown"


TITLES = {
    Verdict.REVOKED: "Somebody in it no longer agrees to it",
    Verdict.TAKEN_DOWN: "Taken down here",
    Verdict.TAMPERED: "Do not trust its signature",
    Verdict.TRUSTED: "Made here with AI, and unchanged",
    Verdict.OURS: "It came from here",
    Verdict.SIGNED: "Signed by somebody else",
    Verdict.UNKNOWN: "We know nothing of it",
}
SIGNATURES = {
    State.TRUSTED: "Signed by us, and unchanged since.",
    State.VALID: "Signed, and unchanged since, by somebody whom we do not vouch for.",
    State.INVALID: "Its signature does not hold: {why}.",
    State.NONE: "It carries no signature: it never had one, or it was taken out.",
}
WHY = {  # by what stands in C2PA's codes; the first that is there
    UNREADABLE: "what is left of it cannot be read",
    TOO_MANY: "it is larger than any that is honest",
    TOO_COSTLY: "it takes longer to read than any that is honest",
    "assertion.bmffHash": "the file was changed after it was signed",
    "assertion.dataHash": "the file was changed after it was signed",
    "assertion.boxesHash": "the file was changed after it was signed",
    "assertion.hashedURI": "what it says was changed after it was signed",
    "claimSignature.mismatch": "what it says was changed after it was signed",
    "signingCredential.expired": "the certificate behind it has run out",
    "claimSignature.outsideValidity": "it was signed when its certificate was not valid",
    "signingCredential": "the certificate behind it may not sign",
}
BY_A_MODEL = frozenset(kind.removeprefix(IPTC) for kind in (GENERATED, COMPOSED))
OTHERWISE = "it was not made as it should be"
FOUND = {
    How.MANIFEST: "It was made here with AI.",
    How.ADDRESS: "It was made here with AI.",
    How.MARK: "Its pixels bear our mark: it was made here with AI, or from what was.",
    How.SOUND: "Its sound bears our mark: it was made here with AI, or from what was.",
    How.RESEMBLANCE: "It looks like something that was made here with AI.",
}
STRANGE = "Nothing in it leads to us, which does not say who made it or how."
SAYS_SO = "It says of itself that it was made with AI."
LEAVES = {
    Leave.LIVE: "Everybody in it agrees to it today.",
    Leave.REVOKED: "Somebody in it no longer agrees to it: please do not show it.",
    Leave.UNKNOWN: "We no longer keep it, so we cannot say whether the people in it still agree.",
    Leave.NOT_NEEDED: "Nobody's likeness is in it.",
}
DOWN = "It was taken down here."


def verdict(account: Account, how: How | None, leave: Leave, is_down: bool) -> Verdict:
    so = {
        Verdict.REVOKED: leave == Leave.REVOKED,
        Verdict.TAKEN_DOWN: is_down,
        Verdict.TAMPERED: account.state == State.INVALID,
        Verdict.TRUSTED: account.number is not None,
        Verdict.OURS: how is not None,
        Verdict.SIGNED: account.state != State.NONE,
    }
    return next((word for word, is_so in so.items() if is_so), Verdict.UNKNOWN)


def in_a_sentence(account: Account, how: How | None, leave: Leave, is_down: bool) -> str:
    """Everything that was found out, for people."""
    said = [of_signature(account), FOUND[how] if how else STRANGE]
    if not how and says_generated(account):
        said.append(SAYS_SO)
    if how:
        said.append(LEAVES[leave])
    return " ".join([*said, DOWN] if is_down else said)


def of_signature(account: Account) -> str:
    return SIGNATURES[account.state].format(why=_why(account))


def says_generated(account: Account) -> bool:
    """Whether a signature that holds says that a model made it."""
    holds = account.state in (State.TRUSTED, State.VALID)
    return holds and account.itself is not None and account.itself.source_type in BY_A_MODEL


def _why(account: Account) -> str:
    told = " ".join(account.problems)
    return next((words for code, words in WHY.items() if code in told), OTHERWISE)
