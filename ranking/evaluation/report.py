"""The report of a simulation in Markdown: worlds that we lose are in it like all others."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ranking.evaluation.comparing import FIGURES, Difference, Found, mean, overall, within
from ranking.evaluation.policies import ABLATIONS, BASELINES
from ranking.evaluation.worlds import DEVELOPMENT, HELD_OUT, WORLDS, fingerprint

UNBEATABLE = "oracle"


def report(found: Found) -> str:
    """Everything, from the means to each world."""
    worlds = list(dict.fromkeys(world for world, _, _ in found))
    policies = list(dict.fromkeys(policy for _, policy, _ in found))
    listed = [p for p in ("ours", *BASELINES) if p in policies]
    cut = [p for p in ABLATIONS if p in policies]
    seeds = len({seed for _, _, seed in found})
    parts = [
        "# Simulation",
        f"{len(worlds)} worlds × {seeds} seeds; worlds frozen as `{fingerprint()}`.",
        *_group("All worlds", found, listed, worlds),
        *_group("Held-out worlds", found, listed, _named(HELD_OUT, worlds)),
        *_group("Development worlds", found, listed, _named(DEVELOPMENT, worlds)),
        "## World by world: creates on return, and ours minus each [95 %]",
        _by_world(found, listed, worlds),
        "## Worlds in which we lose",
        "\n".join(_lost(found, listed, worlds)) or "None.",
    ]
    if cut:
        parts += _group("What each part is worth: ours, and ours without it", found,
                        ["ours", *cut], worlds)  # fmt: skip
    return "\n\n".join(parts) + "\n"


def _named(classes: Sequence[type], worlds: Sequence[str]) -> list[str]:
    return [name for name in worlds if name in WORLDS and WORLDS[name] in classes]


def _group(
    title: str, found: Found, policies: Sequence[str], worlds: Sequence[str]
) -> Iterator[str]:
    """The means, the best last, and how certain ours is to be another."""
    if not worlds:
        return
    yield f"## {title}"
    ordered = sorted(policies, key=lambda p: mean(found, p, "return_create", worlds))
    rows = [
        [policy, *(f"{mean(found, policy, name, worlds):.3f}" for name in FIGURES),
         said(overall(found, policy, worlds)) if policy != "ours" else ""]
        for policy in ordered
    ]  # fmt: skip
    yield table(["feed", *FIGURES.values(), "ours minus it"], rows)


def _by_world(found: Found, policies: Sequence[str], worlds: Sequence[str]) -> str:
    rows = [
        [world, f"{mean(found, 'ours', 'return_create', [world]):.3f}",
         *(said(within(found, other, world)) for other in policies if other != "ours")]
        for world in worlds
    ]  # fmt: skip
    return table(["world", "ours", *(p for p in policies if p != "ours")], rows)


def _lost(found: Found, policies: Sequence[str], worlds: Sequence[str]) -> Iterator[str]:
    for world in worlds:
        for other in policies:
            difference = within(found, other, world) if other != UNBEATABLE else None
            if other != "ours" and difference and difference.value < 0:
                sure = "certain" if difference.certain else "within chance"
                yield f"- {world}: {other} by {-difference.value:.3f} ({sure})"


def said(difference: Difference | None) -> str:
    if difference is None:
        return "–"
    return f"{difference.value:+.3f} [{difference.low:+.3f}, {difference.high:+.3f}]"


def table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [headings, ["---"] * len(headings), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
