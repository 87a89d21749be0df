"""The published policy: lists of words in groups, what the labels of models mean, and the rules
that stand on groups, whoever found something of them."""

from __future__ import annotations

import re
import tomllib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from django.conf import settings

from generation.screening.letters import SHORTEST, VAGUE

NOBODY_YOUNG = 18
LANGUAGES = ("en", "es", "fr", "de", "zh")


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
    groups: Mapping[str, frozenset[str]]  # of each word or phrase, its words joined by _
    disguised: Mapping[str, frozenset[str]]  # of single words; also where l and i are one
    from_behind: Mapping[str, frozenset[str]]  # of words that are no others from behind
    joined: Mapping[str, frozenset[str]]  # of scripts without blanks between words
    by_length: Mapping[int, tuple[str, ...]]  # single words
    allowed: frozenset[str]
    begins: frozenset[str]  # first words of phrases
    longest: int  # words of a phrase
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
    spaced = _grouped(pair for pair in listed if _is_spaced(pair[0]))
    single = [word for word in spaced if "_" not in word and len(word) >= SHORTEST]
    allowed = frozenset(said["allowed"]["phrases"].split())
    phrases = [phrase for phrase in (*spaced, *allowed) if "_" in phrase]
    not_reversed = set(said["allowed"]["not_reversed"].split())
    return Policy(
        said["version"], tuple(_rules(said["rules"])), spaced,
        disguised=_grouped(_disguised(single, spaced)),
        from_behind={word: spaced[word] for word in single if word[::-1] not in not_reversed},
        joined=_grouped(pair for pair in listed if not _is_spaced(pair[0])),
        by_length=_by_length(single), allowed=allowed,
        begins=frozenset(phrase.partition("_")[0] for phrase in phrases),
        longest=max(phrase.count("_") + 1 for phrase in phrases),
        ages=_ages(said["groups"]), pictures=said["pictures"]["labels"],
        texts=said["texts"]["labels"], at_once=said["rescan"]["at_once"],
    )  # fmt: skip


def _listed(groups: Mapping[str, Mapping[str, str]]) -> Iterator[tuple[str, str]]:
    """(word, its group)."""
    for group, by_language in groups.items():
        for language in LANGUAGES:
            for word in by_language.get(language, "").split():
                yield word, group


def _is_spaced(word: str) -> bool:
    return word.replace("_", "").isascii()


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


def _by_length(single: Iterable[str]) -> dict[int, tuple[str, ...]]:
    found = defaultdict[int, list[str]](list)
    for word in sorted(single):
        found[len(word)].append(word)
    return {length: tuple(of_it) for length, of_it in found.items()}


def _rules(rules: Mapping[str, Mapping[str, Any]]) -> Iterator[Rule]:
    for name, said in rules.items():
        yield Rule(
            name, frozenset(said["needs"]), said.get("likeness", False), said["suggestion"],
            said["reason"], said.get("appealable", True),
        )  # fmt: skip


def _ages(groups: Mapping[str, Mapping[str, str]]) -> re.Pattern[str]:
    """An age below 18, in figures: 14 year old, 12 ans, 15岁."""
    units = " ".join(said.get("ages", "") for said in groups.values()).split()
    spoken = "|".join(
        re.escape(unit).replace("_", r"[\W_]*") for unit in sorted(units, key=len, reverse=True)
    )
    below = "|".join(str(age) for age in range(NOBODY_YOUNG - 1, 0, -1))
    return re.compile(rf"(?<!\d)(?:{below})[\s-]*(?:{spoken})(?![a-z])")


POLICY = load(settings.SCREENING_POLICY)
