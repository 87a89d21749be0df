"""Several models in one process, by memory budget; and stopping in the middle of a step."""

import json
import shutil

import pytest
import torch

from generation.engine import pausing, render
from generation.engine.shelf import Shelf
from generation.engine.types import Stopped
from tests.generation.engine.conftest import SHIPPED, asked

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("engine")]


@pytest.fixture
def models(tmp_path):
    """Three folders of the shipped model that say they need 1, 2 and 3 GiB."""
    torch.set_num_threads(1)
    return [needing(gib, tmp_path / f"{gib}") for gib in (1, 2, 3)]


def needing(gib, folder):
    shutil.copytree(SHIPPED, folder)
    card = json.loads((folder / "sora.json").read_text())
    card["capabilities"]["memory_gib"] = float(gib)
    (folder / "sora.json").write_text(json.dumps(card))
    return folder


def test_what_fits_stays_loaded(models):
    one, two, _ = models
    shelf = Shelf(3)
    first = shelf.take(one)
    shelf.take(two)
    assert shelf.take(one) is first
    assert shelf.folders == [two, one]


def test_the_one_unused_for_longest_makes_room(models):
    one, two, three = models
    shelf = Shelf(5)
    for folder in (two, one, two, three):
        shelf.take(folder)
    assert shelf.folders == [two, three]


def test_one_larger_than_the_budget_stands_alone(models):
    one, two, three = models
    shelf = Shelf(0)
    for folder in (one, three, two):
        shelf.take(folder)
        assert shelf.folders == [folder]


def test_out_of_memory_leaves_only_the_one_that_needs_it(models):
    one, two, _ = models
    shelf = Shelf(3)
    shelf.take(one), shelf.take(two)
    shelf.keep_only(one)
    assert shelf.folders == [one]


def test_a_step_is_stopped_between_two_blocks():
    engine, calls, steps = render.load(SHIPPED), [], []

    def call():
        calls.append(len(steps))
        if len(calls) == 3:
            raise Stopped

    pausing.between_blocks(engine.network, call)
    with pytest.raises(Stopped):
        engine.render(asked(engine, "snow"), lambda done, of: steps.append(done))
    assert (calls, steps) == ([0, 0, 0], [])
    assert len(engine.render(asked(engine, "snow"), lambda done, of: None).frames) == 5
