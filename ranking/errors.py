"""What the rules of ranking say no to."""

from sora_social.errors import DomainError


class NotUnderstood(DomainError):
    """Nothing of the sentence is kept. Facts: `words`, what could not be understood."""

    status, code, field = 400, "not_understood", "text"
    message = "Say what you want more of, less of, none of, or only."


class Contradiction(DomainError):
    """Facts: `words`, what was asked for in two ways."""

    status, code, field = 400, "contradiction", "text"
    message = "The same was asked for in two ways."


class NotThatLong(DomainError):
    """Facts: `days`, as asked."""

    status, code, field = 400, "not_that_long", "text"
    message = "A wish lasts 1 to 90 days."


class TooManyChips(DomainError):
    """Facts: `most`."""

    status, code, field = 409, "too_many_chips", "text"
    message = "Remove a wish first."


class BadRecipe(DomainError):
    """Facts: `field`, a weight; `rule`."""

    status, code = 400, "bad_recipe"
    message = "These weights cannot be used."
    rules = {
        "unknown": "There is no such weight.",
        "number": "A finite number.",
        "bounds": "Outside its published bounds.",
        "creation": "The weights of creating add up to less than 1.",
    }

    def fields(self) -> dict[str, list[str]]:
        return {"weights": [f"{self.facts['field']}: {self.rules[self.facts['rule']]}"]}


class TooManyRecipes(DomainError):
    """Facts: `most`."""

    status, code, field = 409, "too_many_recipes", "name"
    message = "Remove a recipe first."
