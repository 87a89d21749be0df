"""Several requests on one loaded engine: together where they can be, apart where they cannot."""

import numpy as np
import pytest

from generation.engine.together import fingerprint, render_all
from generation.engine.types import Stopped, Unsupported
from tests.generation.engine.conftest import asked

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("engine")]
PROMPTS = ("a red ball on a beach", "a blue car in the city at night", "snow")


def quietly(done, of):
    return None


@pytest.fixture
def three(engine):
    return [asked(engine, prompt, seed=seed, steps=3) for seed, prompt in enumerate(PROMPTS)]


def test_each_of_a_shared_forward_is_what_it_is_alone(engine, three):
    shared = render_all(engine, three, quietly)
    alone = [engine.render(request, quietly) for request in three]
    assert [(item.together, item.place) for item in shared] == [(3, 0), (3, 1), (3, 2)]
    for item, single in zip(shared, alone, strict=True):
        apart = item.rendering.frames.astype(int) - single.frames
        assert np.abs(apart).max() <= 1  # the last bit of a colour
        assert np.abs(item.rendering.sound - single.sound).max() < 0.01


def test_the_same_place_among_as_many_repeats_it_bit_for_bit(engine, three):
    first = render_all(engine, three, quietly)[1]
    again = render_all(engine, [three[1]] * 3, quietly)[1]
    assert fingerprint(again.rendering) == fingerprint(first.rendering)


def test_other_shapes_are_rendered_one_after_the_other(engine, three):
    steps = []
    long = asked(engine, "snow", frames=17, steps=3)
    items = render_all(engine, [three[0], long], lambda done, of: steps.append((done, of)))
    assert [item.together for item in items] == [1, 1]
    assert [len(item.rendering.frames) for item in items] == [5, 17]
    assert steps == [(number, 6) for number in range(1, 7)]


def test_a_bad_one_takes_nobody_along(engine, three):
    bad = asked(engine, "snow", width=1, height=1, steps=3)
    made, refused = render_all(engine, [three[0], bad], quietly)
    assert made.rendering is not None
    assert isinstance(refused.error, Unsupported)


def test_stopping_ends_them_all_and_the_engine_goes_on(engine, three):
    def stop(done, of):
        raise Stopped

    with pytest.raises(Stopped):
        render_all(engine, three, stop)
    assert render_all(engine, three[:1], quietly)[0].rendering is not None
