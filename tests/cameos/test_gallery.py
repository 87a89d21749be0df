import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cameos.gallery import NOBODY, Gallery, Nearest, OtherPack

DIM, PACK = 16, "abc"


def templates(count, seed=0):
    rows = np.random.default_rng(seed).standard_normal((count, DIM)).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def gallery_of(people, block=7):
    gallery = Gallery(PACK, DIM, block)
    gallery.put(list(people), np.stack(list(people.values())))
    return gallery


def test_the_nearest_is_found_exactly_across_all_blocks():
    rows, asked = templates(500), templates(20, seed=1)
    found = gallery_of(dict(enumerate(rows))).nearest(asked, pack=PACK)
    every = asked @ rows.T
    assert [one.who for one in found] == every.argmax(1).tolist()
    assert [one.alike for one in found] == pytest.approx(every.max(1), abs=1e-6)


def test_an_empty_gallery_knows_nobody():
    gallery = Gallery(PACK, DIM)
    assert gallery.nearest(templates(2), pack=PACK) == [Nearest(None, NOBODY)] * 2
    assert len(gallery) == 0


def test_who_is_left_out_is_not_found():
    rows = dict(enumerate(templates(30)))
    asked = rows[9][None]
    assert gallery_of(rows).nearest(asked, pack=PACK)[0].who == 9
    second = int(np.argsort(-(np.stack(list(rows.values())) @ rows[9]))[1])
    assert gallery_of(rows).nearest(asked, pack=PACK, but=[9, 400])[0].who == second


def test_a_new_template_takes_the_place_of_the_old_one():
    rows = dict(enumerate(templates(10)))
    gallery, new = gallery_of(rows), templates(1, seed=5)
    gallery.put([4], new)
    assert (len(gallery), gallery.nearest(new, pack=PACK)[0].who) == (10, 4)
    assert gallery.nearest(rows[4][None], pack=PACK)[0].who != 4


def test_what_is_dropped_or_wiped_is_overwritten():
    gallery = gallery_of(dict(enumerate(templates(10))))
    blocks = gallery.blocks
    gallery.drop(3)
    gallery.drop(3)
    assert (len(gallery), blocks[1][2].any()) == (9, False)  # the last row
    gallery.wipe()
    assert (len(gallery), [block.any() for block in blocks]) == (0, [False, False])


def test_a_template_of_another_pack_is_refused():
    for gallery in (Gallery(PACK, DIM), gallery_of(dict(enumerate(templates(3))))):
        with pytest.raises(OtherPack):
            gallery.nearest(templates(1), pack="abd")


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(["put", "drop"]), st.integers(0, 12)), max_size=40))
def test_whoever_came_and_went_it_finds_who_is_there(moves):
    gallery, there = Gallery(PACK, DIM, 4), {}
    for number, (move, who) in enumerate(moves):
        if move == "put":
            there[who] = templates(1, seed=number)[0]
            gallery.put([who], there[who][None])
        else:
            there.pop(who, None)
            gallery.drop(who)
    assert sorted(gallery.ids) == sorted(there)
    assert {who: place for place, who in enumerate(gallery.ids)} == gallery.places
    for who, template in there.items():
        assert gallery.nearest(template[None], pack=PACK)[0] == (who, pytest.approx(1, abs=1e-5))
