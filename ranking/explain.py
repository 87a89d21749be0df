"""Why an item stands where it stands: said from what was logged, never made up afterwards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ranking.models import ServedPage
from ranking.types import About, Slot, Source, Verb

SOURCES = {
    Source.FRIEND: "From a friend of yours",
    Source.FOLLOWED: "From somebody you follow",
    Source.MY_CAMEO: "Your cameo is in it",
    Source.FRIEND_CAMEO: "The cameo of a friend is in it",
    Source.ALIKE: "Like something that you made",
    Source.STEERED: "You asked for such videos",
    Source.HOT: "People are making remixes of it",
    Source.NEAR: "Near to what you make and ask for",
    Source.EXPLORE: "New, and hardly seen yet",
    Source.LATEST: "New to everybody",
}
LISTS = {  # lists that are the same for everybody
    "top": "{remixes:.0f} remixes, where {usual:g} would be usual",
    "plain": "In the order that everybody has",
}
PLAIN = "In the order of time"
TERMS = {  # what is said of a feature that raised the chance of creating, whichever way it lay
    "friend": "a friend of yours made it",
    "follow": "you follow who made it",
    "cameo_me": "your cameo is in it",
    "cameo_friend": "the cameo of a friend is in it",
    "is_remix": "it is a remix",
    "depth": "its place in its chain of remixes speaks for it",
    "prolific": "how often its author posts speaks for it",
    "age": "its age speaks for it",
    "remix_rate": "how often people create of it speaks for it",
    "like_rate": "how it is liked speaks for it",
    "author_rate": "how often people create of what its author makes speaks for it",
    "tree_rate": "how often people create of its chain of remixes speaks for it",
    "template_rate": "how often people create of the same words speaks for it",
    "tried": "how many have seen it speaks for it",
    "heard": "how much its author is answered speaks for it",
    "affinity": "you have answered its author of late",
    "like_mine": "how near it is to what you make speaks for it",
    "like_watched": "how near it is to what you watch speaks for it",
    "asked_for": "how near it is to what you asked for speaks for it",
    "templated": "it was made of words",
}
IMPLIED: dict[str, set[str]] = {  # features that say no more than where an item came from
    Source.FRIEND: {"friend", "follow"},
    Source.FOLLOWED: {"follow"},
    Source.MY_CAMEO: {"cameo_me"},
    Source.FRIEND_CAMEO: {"cameo_friend"},
    Source.HOT: {"remix_rate"},
    Source.NEAR: {"like_mine", "asked_for"},
    Source.EXPLORE: {"tried"},
}
WITHOUT = {  # see counterfactual.REASONS
    "follow": "your follow of {author}",
    "cameo": "the cameo in it",
    "remixes": "the remixes that people made of it",
    "is_remix": "being a remix",
    "wishes": "{wishes}",
}
SOMEBODY = "somebody"
Names = Mapping[int, str]  # handles by the numbers of people


def explain(page: ServedPage, item: int, names: Names) -> dict[str, Any] | None:
    """The logged decision about an item of a page; None where it did not stand on it."""
    if item not in page.items:
        return None
    at = page.items.index(item)
    source, slot, terms = page.sources[at], page.slots[at], page.terms[at]
    chips, recipe = touched(page, at, names), page.steering.get("recipe")
    return {
        "text": why(source, slot, terms),
        "source": source,
        "slot": slot,
        "position": at,
        "propensity": page.propensities[at],
        "score": page.scores[at],
        "policy": page.policy,
        "terms": [{"name": name, "moved": moved} for name, moved in terms],
        "chips": chips,
        "recipe": recipe,
        "counterfactual": counterfactual(page, at, names, chips),
    }


def why(source: str, slot: str, terms: Sequence[Sequence[Any]]) -> str:
    """A sentence from the logged source, slot and terms."""
    if slot == Slot.PLAIN:
        return f"{_list(source, terms)}."
    if slot == Slot.EXPLORE:
        return "A new video that hardly anybody has seen: drawn by lot."
    if slot == Slot.FLOOR:
        return "A new video: each is shown to some whom it may concern."
    if slot == Slot.STEERED:
        return "You asked for more like it."
    said, implied = SOURCES[Source(source)], IMPLIED.get(source, ())
    more = [
        TERMS[name] for name, moved in terms if moved > 0 and name in TERMS and name not in implied
    ]
    return f"{said}; {more[0]}." if more else f"{said}."


def _list(source: str, terms: Sequence[Sequence[Any]]) -> str:
    numbers = {str(term[0]): term[1] for term in terms}
    by_time = source == "top" and not numbers  # when nothing could be reckoned
    return PLAIN if by_time else LISTS.get(source, PLAIN).format(**numbers)


def touched(page: ServedPage, at: int, names: Names) -> list[str]:
    """The wishes that raised, lowered or let in an item, as the person reads them."""
    said = page.because[at] if page.because else None
    chips = page.steering.get("chips", [])
    return [_chip_text(chips[n], names) for n in said[2]] if said else []


def counterfactual(
    page: ServedPage, at: int, names: Names, chips: Sequence[str]
) -> dict[str, Any] | None:
    """Where the item would have stood without what decided most."""
    said = page.because[at] if page.because else None
    if not said or not said[0]:
        return None
    reason, place, _, author = said
    handle = f"@{names[author]}" if author in names else SOMEBODY
    wishes = "your wish " + ", ".join(f"“{chip}”" for chip in chips)
    without = WITHOUT[reason].format(author=handle, wishes=wishes)
    text = f"It would be at {place} without {without}."
    return {"without": reason, "place": place, "text": text}


def _chip_text(chip: Sequence[str], names: Names) -> str:
    verb, about, key = chip
    return chip_text(verb, about, key, names)


def chip_text(verb: str, about: str, key: str, names: Names) -> str:
    """A chip in words: "more stop-motion", "no @ann"."""
    match About(about):
        case About.PERSON:
            of = f"@{names[int(key)]}" if int(key) in names else SOMEBODY
        case About.NEWCOMERS:
            of = "new creators"
        case About.LIKE:
            of = "like a video you saw"
        case About.REMIXES:
            of = "remixes"
        case _:
            of = key
    return f"{Verb(verb)} {of}"


def people_in(page: ServedPage) -> set[int]:
    """Whose handles an explanation of the page may name."""
    chips = page.steering.get("chips", [])
    chosen = {int(key) for _, about, key in chips if about == About.PERSON}
    return chosen | {said[3] for said in page.because if said and said[3]}
