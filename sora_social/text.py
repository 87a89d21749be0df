"""Text that people write: plain, without control characters."""

from __future__ import annotations

import unicodedata

from django.core.exceptions import ValidationError

ALLOWED = frozenset("\n\t")


def is_plain(value: str) -> bool:
    return not any(unicodedata.category(c) in {"Cc", "Cs", "Co"} for c in set(value) - ALLOWED)


def plain(value: str) -> None:
    """Refuse control, private and unpaired characters; line breaks and tabs are fine."""
    if not is_plain(value):
        raise ValidationError("No control characters.", code="control_characters")
