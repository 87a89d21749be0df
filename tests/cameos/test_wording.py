"""Safety instructions in free words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cameos.wording import clauses
from cameos.wording import tells as tells_of
from sora_social.wording import telling_words


def tells(prompt, of):
    return tells_of(telling_words(prompt), of=of)


@pytest.mark.parametrize(
    ("instructions", "prompt"),
    [
        ("No alcohol.", "a toast with ALCOHOL"),
        ("never near dogs", "he pets a dog"),
        ("no big dogs", "a dog, big as a horse"),
        ("no cigarettes; no beaches", "on the beach"),
        ("pas de bière", "une biere fraîche"),
        ("no horses", "on a horse"),
        ("no bus", "two buses"),
        ("no guns", "a \uff27\uff35\uff2e"),  # full-width letters
    ],
)
def test_what_is_ruled_out_is_found(instructions, prompt):
    assert any(tells(prompt, of=clause) for clause in clauses(instructions))


@pytest.mark.parametrize(
    ("instructions", "prompt"),
    [
        ("no big dogs", "a small dog"),
        ("no alcohol", "a walk"),
        ("", "anything"),
        ("no. never", "no"),
    ],
)
def test_what_is_not_ruled_out_is_not_found(instructions, prompt):
    assert not any(tells(prompt, of=clause) for clause in clauses(instructions))


@given(st.text(max_size=60), st.text(max_size=60))
def test_more_words_in_a_prompt_never_free_it(prompt, more):
    ruled_out = clauses("no dogs, no red cars")
    before = {clause for clause in ruled_out if tells(prompt, of=clause)}
    assert before <= {clause for clause in ruled_out if tells(f"{prompt} {more}", of=clause)}
