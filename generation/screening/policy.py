"""The published policy: lists of words in groups, what the labels of models mean, and the rules
that stand on groups, whoever found something of them."""

from __future__ import annotations

import re
import tomllib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

from django.conf import settings

from generation.screening.letters import SHORTEST, VAGUE

NOBODY_YOUNG = 18
LANGUAGES = ("en", "es", "fr", "de", "zh")


Shapes = Mapping[tuple[int, str], tuple[str, ...]]  # words by their length and first letter
Labels = Mapping[str, Mapping[str, float]]  # of each label the groups, and from which score on


class Rule(NamedTuple):
    """Where something of each group is found, and somebody's likeness is in it if it says so."""

    name: str
    needs: frozenset[str]
    likeness: bool
    suggestion: str
    reason: str  # a published one: sora_social.moderation.states.Reason
    appealable: bool


@dataclass(frozen=True, slots=True)
class Policy:
    """Everything that screening knows."""

    version: str
    rules: tuple[Rule, ...]  # the first that applies is told
    groups: Mapping[str, frozenset[str]]  # of each word or phrase, joined by _ or run together
    disguised: Mapping[str, frozenset[str]]  # of single words; also where l and i are one
    from_behind: Mapping[str, frozenset[str]]  # of words that are no others from behind
    joined: Mapping[str, frozenset[str]]  # of scripts without blanks between words
    by_shape: Shapes  # single words
    phrases: Mapping[str, frozenset[str]]  # where l and i are one
    beginnings: frozenset[str]  # of phrases as they stand, and of these: the first words of each
    parts: frozenset[str]  # their words
    parts_by_shape: Shapes
    allowed: frozenset[str]
    ages: re.Pattern[str]
    pictures: Labels  # of models that look at pictures
    texts: Labels  # of models that read
    at_once: int  # outputs that one round looks at anew

    def rule(self, name: str) -> Rule | None:
        return next((rule for rule in self.rules if rule.name == name), None)


def load(file: Path) -> Policy:
    """What a policy file says."""
    said = tomllib.loads(file.read_text())
    listed = list(_listed(said["groups"]))
    spaced = _grouped(_run_together(pair for pair in listed if _is_spaced(pair[0])))
    single = [word for word in spaced if "_" not in word and len(word) >= SHORTEST]
    allowed = frozenset(said["allowed"]["phrases"].split())
    phrases = [phrase for phrase in (*spaced, *allowed) if "_" in phrase]
    vague = {word.translate(VAGUE): groups for word, groups in spaced.items() if "_" in word}
    parts = frozenset("_".join(vague).split("_"))
    not_reversed = set(said["allowed"]["not_reversed"].split())
    return Policy(
        said["version"], tuple(_rules(said["rules"])), spaced,
        disguised=_grouped(_disguised(single, spaced)),
        from_behind={word: spaced[word] for word in single if word[::-1] not in not_reversed},
        joined=_grouped(pair for pair in listed if not _is_spaced(pair[0])),
        by_shape=_by_shape(single), allowed=allowed,
        phrases=vague, beginnings=_beginnings([*phrases, *vague]), parts=parts,
        parts_by_shape=_by_shape(parts),
        ages=_ages(said["groups"]), pictures=said["pictures"]["labels"],
        texts=said["texts"]["labels"], at_once=said["rescan"]["at_once"],
    )  # fmt: skip


def _listed(groups: Mapping[str, Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    """(word, its group)."""
    for group, by_language in groups.items():
        for language in LANGUAGES:
            for word in by_language.get(language, "").split():
                yield word, group
        for parts in by_language.get("phrases", ()):
            for phrase in _put_together(parts):
                yield phrase, group


def _put_together(parts: Mapping[str, str]) -> Iterator[str]:
    """Each of `first` with each of `then`, perhaps something `between`; each of `then` with each of
    `after`."""
    first, between, then, after = (
        parts.get(name, "").split() for name in ("first", "between", "then", "after")
    )
    blank = "_" if _is_spaced(then[0]) else ""
    for words in (*product(first, ["", *between], then), *product(then, after)):
        yield blank.join(filter(None, words))


def _is_spaced(word: str) -> bool:
    return word.replace("_", "").isascii()


def _run_together(pairs: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """With every phrase as one word besides, as behind a #."""
    for word, group in pairs:
        yield word, group
        yield word.replace("_", ""), group


def _beginnings(phrases: Iterable[str]) -> frozenset[str]:
    split = [phrase.split("_") for phrase in phrases]
    return frozenset("_".join(words[:upto]) for words in split for upto in range(1, len(words)))


def _grouped(pairs: Iterable[tuple[str, str]]) -> dict[str, frozenset[str]]:
    found = defaultdict[str, set[str]](set)
    for word, group in pairs:
        found[word].add(group)
    return {word: frozenset(groups) for word, groups in found.items()}


def _disguised(
    single: Iterable[str], spaced: Mapping[str, frozenset[str]]
) -> Iterator[tuple[str, str]]:
    for word in single:
        for group in spaced[word]:
            yield word, group
            yield word.translate(VAGUE), group


def _by_shape(words: Iterable[str]) -> Shapes:
    found = defaultdict[tuple[int, str], list[str]](list)
    for word in sorted(words):
        found[len(word), word[:1]].append(word)
    return {shape: tuple(of_it) for shape, of_it in found.items()}


def _rules(rules: Mapping[str, Mapping[str, Any]]) -> Iterator[Rule]:
    for name, said in rules.items():
        yield Rule(
            name, frozenset(said["needs"]), said.get("likeness", False), said["suggestion"],
            said["reason"], said.get("appealable", True),
        )  # fmt: skip


def _ages(groups: Mapping[str, Mapping[str, str]]) -> re.Pattern[str]:
    """An age below 18, in figures or words: 14 year old, fifteen ans, aged 12, 十五岁. The end of a
    larger number (thirty-five, treinta y cinco, 三十五) is none."""
    units, numbers, aged, under = (
        _any_of(word for said in groups.values() for word in said.get(name, "").split())
        for name in ("ages", "numbers", "aged", "under")
    )
    figures = "|".join(str(age) for age in range(NOBODY_YOUNG - 1, 0, -1))
    larger = r"(?<![a-z])(?<![a-z]-)(?<!ty )(?<! y )(?<!and )"
    below = rf"(?<!\d)(?:{figures})(?!\d)|{larger}(?:{numbers})"
    return re.compile(
        rf"(?:{below})[\s-]*(?:{units})(?![a-z])"
        rf"|(?<![a-z])(?:(?:{aged})\W{{1,3}}(?:{below})|(?:{under}))(?![a-z\d])"
        r"|(?<![一二三四五六七八九十百])(?:[一二三四五六七八九]|十[一二三四五六七]?)[岁歲]"
    )


def _any_of(words: Iterable[str]) -> str:
    ordered = sorted(words, key=len, reverse=True)
    return "|".join(re.escape(word).replace("_", r"[\W_]*") for word in ordered)


POLICY = load(settings.SCREENING_POLICY)
