import numpy as np
import pytest

from generation.engine.drawn.clips import draw
from generation.engine.drawn.scene import random_scene
from sora_social.moderation.policy import NEAR
from sora_social.resemblance.clips import Nearness, is_copy
from sora_social.resemblance.prints import (
    MOST,
    WIDTH,
    distances,
    prints,
    wide_prints,
)
from sora_social.resemblance.table import Table, as_bytes, as_hashes, flat
from tests.ground.copying import variants

SIZE, FRAMES, OTHERS = (288, 160), 24, 1000


@pytest.fixture(scope="module")
def drawn() -> np.ndarray:
    return draw(random_scene(np.random.default_rng(12)), SIZE, FRAMES)


@pytest.mark.slow
def test_twenty_copies_of_a_clip_are_found_and_none_of_a_thousand_others(drawn):
    rng, table = np.random.default_rng(5), Table()
    for number in range(OTHERS):
        table.put(number, prints(draw(random_scene(rng), SIZE, FRAMES, step=6)))
    copies = variants(drawn)
    named = dict(enumerate(copies, start=OTHERS))
    for number, name in named.items():
        table.put(number, prints(copies[name]))
    wide = wide_prints(drawn)
    near = table.near(flat([wide]), NEAR.within)
    found = {number for number in near if is_copy(table.of(number), wide, NEAR)}
    assert {named.get(number, number) for number in found} == set(copies)
    assert len(copies) == 20


def test_the_search_is_exact():
    rng, table = np.random.default_rng(3), Table()
    hashes = rng.integers(0, 2**64, (5000, 4), dtype=np.uint64)
    for number, one in enumerate(hashes.reshape(1000, 5, 4)):
        table.put(number, one)
    wanted = hashes[:3].copy()
    wanted[0] ^= np.uint64(0xFF)  # 32 bits of 256
    wanted[1] = ~wanted[1]  # all of them
    wanted[2, 0] ^= np.uint64(0xFFFFFFFFFF)  # 40 in one word
    apart = distances(hashes[:, None], wanted[None]).min(1).reshape(1000, 5).min(1)
    for within in (0, 31, 32, 39, 40, 90):
        assert table.near(wanted, within) == set(np.flatnonzero(apart <= within).tolist())


def test_what_is_dropped_is_not_found_and_the_rest_is():
    table = Table()
    hashes = np.random.default_rng(4).integers(0, 2**64, (3, 2, 4), dtype=np.uint64)
    for number, one in enumerate(hashes):
        table.put(number, one)
    assert table.near(hashes[1], 0) == {1}
    table.drop({1, 7})
    table.put(5, hashes[1, :1])
    assert (table.near(hashes[1], 0), table.near(hashes[2], 0)) == ({5}, {2})
    assert table.owners == {0, 2, 5}


def test_hashes_are_kept_as_they_are(drawn):
    wide = wide_prints(drawn)
    assert wide.shape[1:] == (WIDTH, 4)
    assert np.array_equal(as_hashes(as_bytes(wide), WIDTH), wide)
    assert np.array_equal(wide[:, 0], prints(drawn))


def test_of_a_long_clip_so_many_hashes_are_kept_from_its_beginning_to_its_end():
    frames = np.random.default_rng(6).integers(0, 256, (60, 32, 32, 3)).astype(np.uint8)
    found = prints(frames)
    assert len(found) == MOST
    assert np.array_equal(found[[0, -1]], prints(frames[[0, -1]]))


@pytest.mark.parametrize("level", [0, 128, 255])
def test_a_blank_picture_is_like_nothing(level):
    blank = np.full((1, 48, 64, 3), level, np.uint8)
    assert prints(blank).shape == (0, 4)
    assert not is_copy(prints(blank), wide_prints(blank), NEAR)


def test_what_has_little_in_common_must_be_nearer():
    near = Nearness(within=40, single=10, share=0.5)
    wide = np.random.default_rng(8).integers(0, 2**64, (4, 1, 4), dtype=np.uint64)
    copy = wide[:, 0] ^ np.array([0xFFFFF, 0, 0, 0], np.uint64)  # 20 bits
    assert is_copy(copy, wide, near)
    assert not is_copy(copy[:1], wide, near)


@pytest.mark.parametrize("shape", [(8, 8), (8, 8, 4), (0, 8, 3)])
def test_what_is_no_picture_is_refused(shape):
    with pytest.raises(ValueError, match="not a picture"):
        prints([np.zeros(shape, np.uint8)])
