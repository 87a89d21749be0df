"""What a person chose for their feed: chips from sentences, a recipe, or no order of their own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

from django.core.cache import cache
from django.db import transaction
from django.utils.timezone import now

from ranking.embedding import embed, packed
from ranking.errors import NotUnderstood, TooManyChips
from ranking.models import Choices, Recipe
from ranking.recipes import change
from ranking.sentences import Wish, wishes_in
from ranking.steering import LIKE_LASTS
from ranking.types import DAY, About, Chip, Verb
from sora_social.ids import snowflake, uuid7
from sora_social.users.models import User

MOST_CHIPS, MOST_LIKE = 20, 40  # said; of single posts
PICKED_DAYS = 30
REREAD_S = 60  # what is remembered is read again after this


@dataclass(frozen=True, slots=True)
class Chosen:
    """A person's choices as a page needs them."""

    plain: bool = False
    chips: tuple[Chip, ...] = ()
    weights: Mapping[str, float] | None = None
    recipe: str = ""
    mark: str = ""

    def active(self, moment: float) -> tuple[Chip, ...]:
        return tuple(chip for chip in self.chips if chip.until > moment)


def chosen(viewer: int) -> Chosen:
    """Remembered between pages. Who reads only adds and who writes sets, so that a slow reader
    never puts back what a writer has changed."""
    if (known := cache.get(_key(viewer))) is None:
        known = _read(viewer)
        cache.add(_key(viewer), known, REREAD_S)
    return known  # type: ignore[no-any-return]


def _key(viewer: int) -> str:
    return f"choices:{viewer}"


def _read(viewer: int) -> Chosen:
    row = Choices.objects.select_related("recipe").filter(viewer=viewer).first()
    return _chosen(row) if row else Chosen()


def _chosen(row: Choices) -> Chosen:
    weights, name = (row.recipe.weights, row.recipe.name) if row.recipe else (None, "")
    return Chosen(row.plain, tuple(map(_chip, row.chips)), weights, name, row.mark.hex)


def _chip(kept: Mapping[str, Any]) -> Chip:
    return Chip(**dict(kept) | {"verb": Verb(kept["verb"]), "about": About(kept["about"])})


def _kept(chip: Chip) -> dict[str, Any]:
    return {name: said for name, said in asdict(chip).items() if name != "items"}


@transaction.atomic
def _change(viewer: int, change: Callable[[Choices], None]) -> Choices:
    """Change the row under its lock; pages hear of it once it is true."""
    row, _ = Choices.objects.select_for_update().get_or_create(viewer=viewer)
    moment = now().timestamp()
    row.chips = [chip for chip in row.chips if chip["until"] > moment]
    change(row)
    row.mark = uuid7()
    row.save()
    cache.delete(_key(viewer))
    transaction.on_commit(partial(_remember, viewer))
    return row


def _remember(viewer: int) -> None:
    cache.set(_key(viewer), _read(viewer), REREAD_S)


# --- sentences ------------------------------------------------------------------------------------


def say(person: User, text: str) -> list[Chip]:
    """Make chips of a sentence, or none. The same subject again takes the place of what was said
    of it before. Raises NotUnderstood, Contradiction, NotThatLong, TooManyChips."""
    chips = _chips(person, wishes_in(text))
    _add(person.pk, chips)
    return chips


def pick(person: User, topics: Iterable[str]) -> list[Chip]:
    """What a newcomer would like to begin with."""
    chips = _chips(person, [Wish(Verb.MORE, About.TOPIC, topic, PICKED_DAYS) for topic in topics])
    _add(person.pk, chips)
    return chips


def _add(viewer: int, chips: list[Chip]) -> None:
    said_anew = {(chip.about, chip.key) for chip in chips}

    def add(row: Choices) -> None:
        older = [chip for chip in row.chips if (chip["about"], chip["key"]) not in said_anew]
        said = [chip for chip in older if chip["about"] != About.LIKE]
        if len(said) + len(chips) > MOST_CHIPS:
            raise TooManyChips(most=MOST_CHIPS)
        row.chips = [*older, *map(_kept, chips)]

    _change(viewer, add)


def _chips(person: User, wishes: list[Wish]) -> list[Chip]:
    people = _people(person, [wish.key for wish in wishes if wish.about == About.PERSON])
    moment = now().timestamp()
    return [_made(wish, people, moment) for wish in wishes]


def _people(person: User, handles: list[str]) -> dict[str, str]:
    """Handle to number. Raises NotUnderstood for who does not exist for the person."""
    if not handles:
        return {}
    rows = User.objects.visible_to(person).filter(handle__in=handles)
    known = {handle: str(pk) for handle, pk in rows.values_list("handle", "pk")}
    if strange := [f"@{handle}" for handle in handles if handle not in known]:
        raise NotUnderstood(words=strange)
    return known


def _made(wish: Wish, people: Mapping[str, str], moment: float) -> Chip:
    vector = packed(embed([wish.key])[0]).hex() if wish.about == About.WORDS else ""
    key = people[wish.key] if wish.about == About.PERSON else wish.key
    until = moment + wish.days * DAY
    return Chip(snowflake(), wish.verb, wish.about, key, moment, until, vector)


def see_less(viewer: int, alike: Iterable[tuple[int, bytes | memoryview, int]]) -> None:
    """Less of such as these (item, vector, template): kept out at first, then fading."""
    moment = now().timestamp()
    chips = [
        Chip(snowflake(), Verb.LESS, About.LIKE, str(item), moment, moment + LIKE_LASTS,
             bytes(vector).hex(), template)
        for item, vector, template in alike
    ]  # fmt: skip

    def add(row: Choices) -> None:
        known = {chip["key"] for chip in row.chips if chip["about"] == About.LIKE}
        row.chips += [_kept(chip) for chip in chips if chip.key not in known]
        likes = [chip for chip in row.chips if chip["about"] == About.LIKE]
        row.chips = [chip for chip in row.chips if chip not in likes[:-MOST_LIKE]]

    if chips:
        _change(viewer, add)


def remove_chip(viewer: int, number: int) -> bool:
    """Whether there was such a chip."""
    gone = list[Any]()

    def remove(row: Choices) -> None:
        gone.extend(chip for chip in row.chips if chip["id"] == number)
        row.chips = [chip for chip in row.chips if chip["id"] != number]

    if any(chip.id == number for chip in _read(viewer).chips):
        _change(viewer, remove)
    return bool(gone)


# --- plain, and recipes ---------------------------------------------------------------------------


def set_plain(viewer: int, plain: bool) -> None:
    def put(row: Choices) -> None:
        row.plain = plain

    _change(viewer, put)


def use_recipe(viewer: int, recipe: Recipe | None) -> None:
    """Order the person's home by a recipe of theirs, or by the published weights again."""

    def put(row: Choices) -> None:
        row.recipe = recipe

    _change(viewer, put)


@transaction.atomic
def change_recipe(recipe: Recipe, **said: Any) -> None:
    """Another `name`, `weights`, or whether it is `shared`; home follows. Raises BadRecipe."""
    change(recipe, **said)
    if Choices.objects.filter(viewer=recipe.author, recipe=recipe).exists():
        use_recipe(recipe.author, recipe)


@transaction.atomic
def remove_recipe(recipe: Recipe) -> None:
    """Gone; home goes by the published weights again where it went by this one. Forks stay."""
    using = Choices.objects.filter(viewer=recipe.author, recipe=recipe).exists()
    recipe.delete()
    if using:
        use_recipe(recipe.author, None)


def active_recipe(viewer: int) -> Recipe | None:
    row = Choices.objects.select_related("recipe").filter(viewer=viewer).first()
    return row.recipe if row else None
