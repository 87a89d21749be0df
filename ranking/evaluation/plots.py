"""Pictures of a simulation. matplotlib is a tool of development: without it there are none."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ranking.evaluation.comparing import FIGURES, Found, mean, overall

OURS, THEIRS, BOUND = "#e4572e", "#8d99ae", "#2b9348"


def draw(found: Found, folder: Path) -> list[Path]:
    """Creation by world, what ours is ahead by, and health; nothing where matplotlib is not."""
    try:
        import matplotlib  # noqa: PLC0415 -- a tool of development
        from matplotlib import pyplot  # noqa: PLC0415 -- as above
    except ImportError:
        return []
    matplotlib.use("Agg")
    worlds = list(dict.fromkeys(world for world, _, _ in found))
    policies = [p for p in dict.fromkeys(p for _, p, _ in found) if " without " not in p]
    policies.sort(key=lambda p: mean(found, p, "return_create", worlds))
    drawn = []
    for name, paint in (("worlds", _worlds), ("ahead", _ahead), ("health", _health)):
        figure = paint(pyplot, found, policies, worlds)
        drawn.append(folder / f"{name}.png")
        figure.savefig(drawn[-1], dpi=130, bbox_inches="tight", facecolor="white")
        pyplot.close(figure)
    return drawn


def _worlds(plt: Any, found: Found, policies: Sequence[str], worlds: Sequence[str]) -> Any:
    """A row for each world, a dot for each feed."""
    figure, axes = plt.subplots(figsize=(9, 0.55 * len(worlds) + 1.6))
    for policy in policies:
        values = [mean(found, policy, "return_create", [world]) for world in worlds]
        known = policy in ("ours", "oracle", "twitter-2023", "engagement")
        axes.scatter(
            values, range(len(worlds)), s=130 if policy == "ours" else 55,
            color=_colour(policy), zorder=3 if policy == "ours" else 2,
            alpha=1 if known else 0.45, label=policy if known else None,
            marker={"twitter-2023": "D", "engagement": "s", "oracle": "|"}.get(policy, "o"),
        )  # fmt: skip
    axes.set_yticks(range(len(worlds)), worlds)
    axes.invert_yaxis()
    axes.set_xlim(0, 1)
    axes.set_xlabel("return sessions in which something was made")
    axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1), ncols=4, frameon=False)
    return _plain(figure, axes)


def _ahead(plt: Any, found: Found, policies: Sequence[str], worlds: Sequence[str]) -> Any:
    """How far ours is ahead of each, with its interval."""
    others = [p for p in policies if p != "ours" and overall(found, p, worlds)]
    figure, axes = plt.subplots(figsize=(8, 0.42 * len(others) + 1.4))
    for row, policy in enumerate(others):
        one = overall(found, policy, worlds)
        assert one is not None
        axes.plot([one.low, one.high], [row, row], color=_colour(policy), lw=3, alpha=0.6)
        axes.scatter([one.value], [row], color=_colour(policy), s=60, zorder=3)
    axes.axvline(0, color="#333", lw=1)
    axes.set_yticks(range(len(others)), others)
    axes.set_xlabel("ours minus it: creation on return, mean over worlds, 95 %")
    return _plain(figure, axes)


def _health(plt: Any, found: Found, policies: Sequence[str], worlds: Sequence[str]) -> Any:
    """Four guardrails side by side."""
    names = ("friend_coverage", "prolific_share", "gini", "hides")
    figure, axes = plt.subplots(1, 4, figsize=(14, 0.36 * len(policies) + 1.2), sharey=True)
    for axis, name in zip(axes, names, strict=True):
        values = [mean(found, policy, name, worlds) for policy in policies]
        axis.barh(policies, values, color=[_colour(policy) for policy in policies])
        axis.set_title(FIGURES[name], fontsize=11)
        _plain(figure, axis)
    return figure


def _colour(policy: str) -> str:
    return {"ours": OURS, "oracle": BOUND}.get(policy, THEIRS)


def _plain(figure: Any, axes: Any) -> Any:
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.grid(axis="x", color="#ddd")
    axes.set_axisbelow(True)
    axes.tick_params(length=0)
    return figure
