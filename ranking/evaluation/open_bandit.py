"""The Open Bandit sample (ZOZO, Apache-2.0): real clicks under two policies with known chances.

The uniform policy's clicks are in it twice: as they were, and as they can be estimated from the log
of the other policy. Where the two agree, the estimates may be believed.
"""

from __future__ import annotations

import csv
import hashlib
import io
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ranking.evaluation.offpolicy import (
    Estimates,
    Logged,
    RefuseEstimate,
    effective_size,
    estimates,
    fitted_means,
    weights,
)
from ranking.types import Ids, Numbers

WHEEL = "obp-0.4.1-py3-none-any.whl"
SHA256 = "87dec9caf4283c25ab13036532e0a24566f1c7bdcad1653a8ded43b2f5ef8208"
CAMPAIGNS = ("all", "men", "women")
INSIDE = "obp/dataset/obd"


@dataclass(frozen=True, slots=True)
class Clicks:
    """Rows of one campaign under one policy."""

    item: Ids
    click: Numbers
    propensity: Numbers


@dataclass(frozen=True, slots=True)
class Checked:
    """A campaign: what the uniform policy earned, and what the other's log says it would."""

    campaign: str
    truth: float
    error: float  # one standard error of the truth
    effective: float
    heaviest: float
    clipped: Estimates | None
    unclipped: Estimates | None


def fetch(folder: Path) -> Path:
    """Download the wheel that carries the sample, once, and see that it is the one we know."""
    wheel = folder / WHEEL
    if not wheel.exists():
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "obp==0.4.1"]
        subprocess.run([*command, "--dest", str(folder)], check=True)
    if hashlib.sha256(wheel.read_bytes()).hexdigest() != SHA256:
        raise ValueError(f"{wheel} is not the wheel whose sample is known")
    return wheel


def check(source: Path) -> Iterator[Checked]:
    """Every campaign of a wheel, or of a folder it was unpacked to."""
    for campaign in CAMPAIGNS:
        yield _checked(campaign, read(source, "random", campaign), read(source, "bts", campaign))


def _checked(campaign: str, uniform: Clicks, other: Clicks) -> Checked:
    logged = as_uniform(other, items=int(uniform.item.max()) + 1)
    weight = weights(logged)
    spread = float(uniform.click.std()) / len(uniform.click) ** 0.5
    return Checked(
        campaign, float(uniform.click.mean()), spread, effective_size(weight), float(weight.max()),
        _or_refused(logged), _or_refused(logged, clip=float("inf")),
    )  # fmt: skip


def _or_refused(logged: Logged, **options: float) -> Estimates | None:
    try:
        return estimates(logged, **options)
    except RefuseEstimate:
        return None


def as_uniform(clicks: Clicks, items: int) -> Logged:
    """Asks what clicks a policy would get that draws any item with the same chance."""
    unit = np.arange(len(clicks.item))
    model = fitted_means(clicks.click, clicks.item, items, unit)  # (n, items)
    return Logged(
        clicks.click, clicks.propensity, np.full(len(unit), 1 / items),
        expected=model[unit, clicks.item], expected_target=model.mean(axis=1), unit=unit,
    )  # fmt: skip


def read(source: Path, policy: str, campaign: str) -> Clicks:
    """One file of the sample. Raises ValueError naming what is missing."""
    name = f"{policy}/{campaign}/{campaign}.csv"
    rows = list(csv.DictReader(io.StringIO(_text(source, name))))
    try:
        table = [[float(row[k]) for k in ("item_id", "click", "propensity_score")] for row in rows]
    except KeyError as missing:
        raise ValueError(f"{name}: no column {missing}") from None
    item, click, propensity = np.array(table).reshape(-1, 3).T
    return Clicks(item.astype(np.int64), click, propensity)


def _text(source: Path, name: str) -> str:
    if source.is_dir():
        return (source / name).read_text()
    with zipfile.ZipFile(source) as wheel:
        return wheel.read(f"{INSIDE}/{name}").decode()
