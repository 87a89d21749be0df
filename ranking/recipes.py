"""Recipes: a person's own weights of the value function, within published bounds."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet

from ranking.errors import BadRecipe, TooManyRecipes
from ranking.models import Recipe
from ranking.value import BOUNDS, CREATION, LEAST_CREATION, usual
from sora_social.users.models import User

MOST, LINEAGE = 50, 30


def published() -> list[dict[str, Any]]:
    """Every weight: what it usually is, and between which bounds a recipe may put it."""
    return [
        {"name": name, "usual": weight, "least": BOUNDS[name][0], "most": BOUNDS[name][1]}
        for name, weight in usual().items()
    ]


def checked(weights: Mapping[str, Any]) -> dict[str, float]:
    """The weights as they are kept. Raises BadRecipe, which names the weight and the rule."""
    for name, weight in weights.items():
        if rule := _broken(name, weight):
            raise BadRecipe(field=name[:40], rule=rule)
    full = usual() | dict(weights)
    if sum(weight for name, weight in full.items() if name in CREATION) < LEAST_CREATION:
        raise BadRecipe(field="create", rule="creation")
    return {name: float(weight) for name, weight in weights.items()}


def _broken(name: str, weight: Any) -> str | None:
    """The rule that a weight breaks."""
    if name not in usual():
        return "unknown"
    if isinstance(weight, bool) or not isinstance(weight, int | float) or abs(weight) > 1e9:
        return "number"
    if not math.isfinite(weight):
        return "number"
    least, most = BOUNDS[name]
    return None if least <= weight <= most else "bounds"


def readable_by(person: User) -> QuerySet[Recipe]:
    """One's own, and those that were shared, of people who exist for the person; who has no link
    finds none."""
    people = User.objects.visible_to(person).values("pk")
    return Recipe.objects.filter(Q(author=person.pk) | Q(shared=True, author__in=people))


def of(person: int) -> QuerySet[Recipe]:
    return Recipe.objects.filter(author=person)


@transaction.atomic
def write(person: int, name: str, weights: Mapping[str, Any], **said: Any) -> Recipe:
    """A new recipe, perhaps `shared`. Raises BadRecipe, TooManyRecipes."""
    kept = checked(weights)
    if of(person).count() >= MOST:
        raise TooManyRecipes(most=MOST)
    return Recipe.objects.create(author=person, name=name, weights=kept, **said)


def fork(person: int, recipe: Recipe, name: str = "") -> Recipe:
    """A copy of one's own, that remembers where it is from: what its author changes later does
    not change it."""
    lineage = [*recipe.lineage, str(recipe.pk)][-LINEAGE:]
    return write(person, name or recipe.name, recipe.weights, lineage=lineage)


def change(recipe: Recipe, **said: Any) -> None:
    """Another `name`, `weights`, or whether it is `shared`. Raises BadRecipe."""
    if "weights" in said:
        said["weights"] = checked(said["weights"])
    for name, value in said.items():
        setattr(recipe, name, value)
    recipe.save(update_fields=list(said))


def ancestors(recipe: Recipe, reader: User) -> list[tuple[str, Recipe | None]]:
    """(link, recipe) from the first to the parent; None where it is gone or was never shared."""
    known = {str(found.pk): found for found in readable_by(reader).filter(pk__in=_ids(recipe))}
    return [(link, known.get(link)) for link in recipe.lineage]


def _ids(recipe: Recipe) -> list[UUID]:
    return [UUID(link) for link in recipe.lineage]
