"""What a text says in other words than the model's own, said in the model's."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from generation.prompting.recognition import MODIFIERS, Found, Understanding
from generation.prompting.slots import name_of
from generation.prompting.vocabulary import ENGLISH
from generation.reading import DRAWN

NOUNS = frozenset({"thing", "wear"})
VERBS = ("action", "motion", "way")
SPOTS = ("place", "light", "weather")
LOOKS = ("camera", "style")
ORDER = ("number", "size", "colour")  # as English puts them before a noun
VOWELS = "aeiou"
MOST = 4  # nouns: the model draws no more


def translated(understanding: Understanding, named: Sequence[int] = (), light: str = "") -> str:
    """The understood part as one caption; empty where the text says it all by itself.

    `named` are the slots that the text names: whoever it is that does what is understood. `light`
    is a hint that has its place among the words for where and when.
    """
    told = [one for one in understanding.found if not one.denied]
    ours = {one.concept.name for one in told if one.ours}
    theirs = [one for one in told if not one.ours and one.concept.says]
    theirs = [one for one in theirs if one.concept.name not in ours]
    if not theirs:
        return ""
    foreign = understanding.language != ENGLISH
    people = [name_of(slot, len(named), DRAWN) for slot in named] if foreign else []
    scene = [_actors(people, theirs), *_firsts(theirs, SPOTS), light]
    return ", ".join(filter(None, [" ".join(filter(None, scene)), *_firsts(theirs, LOOKS)]))


def _actors(people: list[str], told: list[Found]) -> str:
    nouns = _nouns(told)
    who = " and ".join(people) or next(iter(_firsts(told, ("who",))), "")
    clothes = [name for noun, name in nouns if noun.concept.kind == "wear"]
    things = " and ".join(name for noun, name in nouns if noun.concept.kind == "thing")
    subject = [who, *clothes]
    if any(subject):
        return " ".join(filter(None, [*subject, *_verbs(told), "with" if things else "", things]))
    return " ".join(filter(None, [things, *_verbs(told)]))


def _verbs(told: list[Found]) -> list[str]:
    verbs = _firsts(told, VERBS)
    ways = {one.concept.says for one in told if one.concept.kind == "way"}
    return ["moves", *verbs] if verbs and set(verbs) <= ways else verbs


def _firsts(told: Iterable[Found], kinds: tuple[str, ...]) -> list[str]:
    """Of each kind the first that is told: the model draws one place, one light, one camera."""
    firsts: dict[str, str] = {}
    for one in told:
        firsts.setdefault(one.concept.kind, one.concept.says)
    return [firsts[kind] for kind in kinds if kind in firsts]


def _nouns(told: list[Found]) -> list[tuple[Found, str]]:
    """The first few things and clothes, each with what stands beside it."""
    nouns = [one for one in told if one.concept.kind in NOUNS][:MOST]
    beside: dict[Found, dict[str, str]] = {noun: {} for noun in nouns}
    for run in _runs(told):
        within = [one for one in run if one in beside]
        for one in run if within else []:
            if one.concept.kind in MODIFIERS:
                nearest = min(within, key=lambda noun: _distance(one, noun))
                beside[nearest].setdefault(one.concept.kind, one.concept.says)
    return [(noun, _name(noun, words)) for noun, words in beside.items()]


def _runs(told: list[Found]) -> Iterator[list[Found]]:
    """Nouns and what modifies them, as far as nothing else stands between."""
    run: list[Found] = []
    for one in (one for one in told if one.concept.kind in NOUNS | MODIFIERS):
        if run and one.start > run[-1].end:
            yield run
            run = []
        run.append(one)
    yield run


def _distance(one: Found, other: Found) -> int:
    return max(other.start - one.end, one.start - other.end)


def _name(noun: Found, beside: dict[str, str]) -> str:
    """A noun with its number, size and colour: "a big red ball"."""
    many = noun.concept.many if "number" in beside else ""
    words = [beside[kind] for kind in ORDER if kind in beside and (many or kind != "number")]
    name = " ".join((*words, many or noun.concept.says))
    plain = many or noun.concept.name == "hair"
    article = "" if plain else "an " if name[0] in VOWELS else "a "
    return f"{noun.concept.worn} {article}{name}".strip()
