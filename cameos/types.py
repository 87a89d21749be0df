"""What others say of a likeness and hear of it."""

from cameos.consent import Policy, Use

__all__ = ["Policy", "Use"]
