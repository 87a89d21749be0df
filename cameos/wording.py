"""What an owner forbids in free words, and whether a prompt speaks of it.

Deterministic and on the narrow side: a clause is what is left of "no alcohol" or "never near big
dogs" without the small words, and a text speaks of it when it has all of those words, in any order
and whatever their accents, case and plural.
"""

from __future__ import annotations

import re

from sora_social.wording import telling_words

LONGEST = 500  # characters of instructions
CLAUSE = re.compile(r"[\n.;,!]+|\b(?:and|or|y|o|et|ou|und|oder)\b", re.IGNORECASE)


def clauses(text: str) -> frozenset[str]:
    """What a text of safety instructions rules out, each as its telling words in order."""
    found = (" ".join(sorted(telling_words(part))) for part in CLAUSE.split(text))
    return frozenset(clause for clause in found if clause)


def tells(said: frozenset[str], *, of: str) -> bool:
    """Do the telling words of a text speak of what a clause rules out?"""
    return frozenset(of.split()) <= said


def as_pattern(clause: str) -> str:
    """`tells` for a database: like this are the lines (`as_line`) that speak of what it rules out.

    Both are in order, so that whatever else is said stands between the words of the clause; and no
    telling word holds a character that LIKE reads otherwise.
    """
    return "%" + "".join(f" {word} %" for word in clause.split())
