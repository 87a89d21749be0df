"""What screening says of the labelled texts, as they are and in every disguise."""

from __future__ import annotations

import time
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from generation import layers
from generation.layers import Ask
from generation.screening.evaluation.disguises import DISGUISES
from generation.screening.judging import Said, judge, unnamed, verdicts
from generation.screening.looking import found_in

Told = Callable[[str, bool], str]  # of a text, and whether a likeness is in it, the rule
HANDLES = ("ada",)
HIDDEN = ("naked", "porn", "torture", "white power")  # each with somebody's likeness
LONG = "a red fox dances on a beach with two robots, in the rain at night. " * 30


class Labelled(NamedTuple):
    language: str
    rule: str  # that should be told; "" for none
    likeness: bool
    text: str


Judged = tuple[Labelled, str]  # and the rule that was told


def labelled(name: str = "labelled") -> Iterator[Labelled]:
    """Every text of a set: the `labelled` one, or the one `unseen` by who chose the words."""
    said = tomllib.loads((Path(__file__).parent / f"{name}.toml").read_text())
    for language, groups in said.items():
        for group in groups:
            for text in group["texts"]:
                yield Labelled(language, group["rule"], group.get("likeness", False), text)


def told(text: str, likeness: bool) -> str:
    """The rule that screening names; "" for none."""
    verdict = judge([Said("prompt", unnamed(text, HANDLES))], with_likeness=likeness)
    return verdict.rule if verdict else ""


def told_by(ask: Ask) -> Told:
    """The same by a model alone, which is asked through `ask`."""

    def told(text: str, likeness: bool) -> str:
        signs = layers.of_texts([Said("prompt", unnamed(text, HANDLES))], ask)
        return next((one.rule for one in verdicts(signs, with_likeness=likeness)), "")

    return told


def either(first: Told, second: Told) -> Told:
    """What one of two layers says."""
    return lambda text, likeness: first(text, likeness) or second(text, likeness)


def measure(told: Told = told) -> dict[str, Any]:
    """By language how many were stopped that should be and should not, of texts that words were
    chosen with and of others; of the others by rule, too; by disguise which words were read through
    it, the misses, and the milliseconds of the longest prompt."""
    known, unseen = ([*judged(name, told)] for name in ("labelled", "unseen"))
    rules = dict.fromkeys(one.rule for one, _ in unseen if one.rule)
    return {
        "languages": _by_language(known),
        "unseen": _by_language(unseen),
        "rules": {rule: _counts([p for p in unseen if p[0].rule == rule]) for rule in rules},
        "disguises": {name: _read_through(name, told) for name in DISGUISES},
        "wrong": [
            {"language": one.language, "text": one.text, "should": one.rule, "said": said}
            for one, said in (*known, *unseen)
            if said != one.rule
        ],
        "longest_ms": _longest_ms(),
    }


def judged(name: str, told: Told = told) -> Iterator[Judged]:
    """What is told of each text of a set."""
    return ((one, told(one.text, one.likeness)) for one in labelled(name))


def _by_language(texts: list[Judged]) -> dict[str, dict[str, int]]:
    languages = dict.fromkeys(one.language for one, _ in texts)
    return {
        language: _counts([pair for pair in texts if pair[0].language == language])
        for language in languages
    }


def _counts(texts: list[Judged]) -> dict[str, int]:
    """Stopped by another rule is not counted: it tells people to change the wrong thing."""
    bad, good = ([one for one in texts if bool(one[0].rule) is is_bad] for is_bad in (True, False))
    return {
        "to_stop": len(bad), "stopped": sum(one.rule == said for one, said in bad),
        "to_pass": len(good), "passed": sum(one.rule == said for one, said in good),
    }  # fmt: skip


def _read_through(name: str, told: Told) -> list[str]:
    """Of a phrase every word is hidden by itself."""
    hidden = {said: " ".join(map(DISGUISES[name], said.split())) for said in HIDDEN}
    return [said for said in HIDDEN if told(f"@ada in a scene of {hidden[said]} by the sea", True)]


def _longest_ms() -> float:
    found_in.cache_clear()
    began = time.process_time()
    found_in(LONG[:2000])
    return (time.process_time() - began) * 1000


def table(found: dict[str, Any]) -> str:
    """As docs/safety.md has it."""
    lines = [
        "| language | stopped of what should be | passed of what may | unseen: stopped | passed |"
    ]
    lines += ["| --- | --- | --- | --- | --- |"]
    for language, n in found["languages"].items():
        cells = (_cells(n), _cells(found["unseen"][language]))
        lines.append(f"| {language} | {' | '.join(cells)} |")
    lines += ["", "| unseen, by rule | stopped |", "| --- | --- |"]
    for rule, n in found["rules"].items():
        lines.append(f"| {rule} | {n['stopped']} of {n['to_stop']} |")
    lines += ["", "| disguise | read through |", "| --- | --- |"]
    for name, words in found["disguises"].items():
        lines.append(f"| {name} | {len(words)} of {len(HIDDEN)} |")
    lines += ["", *(f"wrong: {one}" for one in found["wrong"])]
    lines += ["", f"{found['longest_ms']:.1f} ms of CPU for 2,000 letters"]
    return "\n".join(lines)


def _cells(n: dict[str, int]) -> str:
    return f"{n['stopped']} of {n['to_stop']} | {n['passed']} of {n['to_pass']}"
