from dataclasses import replace

import numpy as np
import pytest

from cameos.likeness import TemplateUnreadable, seal, unseal

KEY = bytes(range(32))
OWNER = {"cameo": "17", "pack": "abc", "house_key": KEY}


def templates(count, seed=0):
    rows = np.random.default_rng(seed).standard_normal((count, 512)).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


@pytest.fixture
def template():
    return templates(1)[0]


# --- sealed ---


def test_a_sealed_template_opens_for_its_owner(template):
    opened = unseal(seal(template, **OWNER), **OWNER)
    assert opened.dtype == np.float32
    assert opened @ template == pytest.approx(1, abs=1e-5)
    assert np.linalg.norm(opened) == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize(
    "stranger",
    [{"cameo": "18"}, {"pack": "abd"}, {"house_key": bytes(32)}],
    ids=["cameo", "pack", "house"],
)
def test_it_opens_for_no_other_cameo_pack_or_house(template, stranger):
    with pytest.raises(TemplateUnreadable):
        unseal(seal(template, **OWNER), **OWNER | stranger)


@pytest.mark.parametrize("left", [b"", bytes(60)], ids=["gone", "zeroed"])
def test_destroying_the_key_is_the_deletion(template, left):
    with pytest.raises(TemplateUnreadable):
        unseal(replace(seal(template, **OWNER), key=left), **OWNER)


def test_one_template_cannot_be_put_in_anothers_place(template):
    ours, theirs = seal(template, **OWNER), seal(template, **OWNER | {"cameo": "18"})
    with pytest.raises(TemplateUnreadable):
        unseal(replace(ours, body=theirs.body), **OWNER)


@pytest.mark.parametrize("part", ["key", "body"])
@pytest.mark.parametrize("at", [0, 20, -1])
def test_a_changed_byte_is_noticed(template, part, at):
    sealed = seal(template, **OWNER)
    changed = bytearray(getattr(sealed, part))
    changed[at] ^= 1
    with pytest.raises(TemplateUnreadable):
        unseal(replace(sealed, **{part: bytes(changed)}), **OWNER)


def test_sealing_twice_gives_nothing_in_common(template):
    once, twice = seal(template, **OWNER), seal(template, **OWNER)
    assert once.key != twice.key
    assert once.body != twice.body
    assert template.astype("<f2").tobytes()[:16] not in once.body
