"""What the policy says of all that was said for a video, and of all that was seen of it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, NamedTuple

from cameos.services import MENTION
from generation.errors import Blocked
from generation.screening.looking import found_in
from generation.screening.policy import POLICY, Rule

EARLIER, ADDED, INSTRUCTIONS = "earlier", "added", "instructions"
WORDS = "words"  # the layer that reads
NOT_QUOTED = frozenset(
    {EARLIER, INSTRUCTIONS}
)  # they are others', and perhaps nobody else's business


def unnamed(text: str, handles: Iterable[str]) -> str:
    """A text without those of its @handles, which name somebody and say nothing. Every other letter
    keeps its place."""
    known = frozenset(handles)
    return MENTION.sub(
        lambda m: " " * len(m.group()) if m.group(1).lower() in known else m.group(), text
    )


class Said(NamedTuple):
    """A text, and the field it came in; `earlier` of what a remix is made from."""

    where: str
    text: str


@dataclass(frozen=True)
class Sign:
    """Something of a group that a layer found in a field, and what it can tell of it: of words the
    span, of a frame the second, of a model its label and score."""

    group: str
    layer: str
    where: str
    facts: Mapping[str, Any] = field(default_factory=dict)

    def told(self) -> dict[str, Any]:
        return {"group": self.group, "layer": self.layer, "field": self.where, **self.facts}


class Pardon(NamedTuple):
    """A rule that does not stop somebody's wish, as far as only these layers say so."""

    rule: str
    layers: frozenset[str]


@dataclass(frozen=True, slots=True)
class Verdict:
    """A rule that applies, and on what it stands: a sign of each of its groups."""

    rule: str
    suggestion: str
    policy: str
    because: tuple[Mapping[str, Any], ...]

    @property
    def layers(self) -> frozenset[str]:
        return frozenset(sign["layer"] for sign in self.because)

    def facts(self) -> dict[str, Any]:
        return asdict(self) | {"because": list(self.because)}

    def is_pardoned(self, pardons: Collection[Pardon]) -> bool:
        return any(one.rule == self.rule and self.layers <= one.layers for one in pardons)


def verdicts(signs: Sequence[Sign], *, with_likeness: bool) -> Iterator[Verdict]:
    """Every rule that the signs break together, in the policy's order."""
    groups = {sign.group for sign in signs}
    for rule in POLICY.rules:
        if rule.needs <= groups and (with_likeness or not rule.likeness):
            because = tuple(_because(rule, signs))
            yield Verdict(rule.name, rule.suggestion, POLICY.version, because)


def judge(said: Sequence[Said], *, with_likeness: bool) -> Verdict | None:
    """The first rule that texts break together; None where none does."""
    return next(verdicts(signs_in(said), with_likeness=with_likeness), None)


def screen(
    *said: Said,
    with_likeness: bool,
    seen: Sequence[Sign] = (),
    pardons: Collection[Pardon] = (),
    fingerprint: str = "",
) -> None:
    """Judge texts together with what other layers have `seen`. Raises Blocked, which names the
    rule, the signs it stands on and what to write instead; `fingerprint` goes with it."""
    for verdict in verdicts([*seen, *signs_in(said)], with_likeness=with_likeness):
        if not verdict.is_pardoned(pardons):
            known = {"fingerprint": fingerprint} if fingerprint else {}
            raise Blocked(**verdict.facts(), **known)


def groups_in(texts: Iterable[str]) -> frozenset[str]:
    """The groups of which a word is in one of the texts."""
    return frozenset(found.group for text in texts for found in found_in(text))


def signs_in(said: Iterable[Said]) -> list[Sign]:
    """The words of the lists that are in texts."""
    return [
        Sign(found.group, WORDS, where, _quoted(where, text, found.start, found.end))
        for where, text in said
        for found in found_in(text)
    ]


def _because(rule: Rule, signs: Sequence[Sign]) -> Iterable[Mapping[str, Any]]:
    """The first sign of each group."""
    for group in sorted(rule.needs):
        yield next(sign.told() for sign in signs if sign.group == group)


def _quoted(where: str, text: str, start: int, end: int) -> Mapping[str, Any]:
    return {} if where in NOT_QUOTED else {"start": start, "end": end, "text": text[start:end]}
