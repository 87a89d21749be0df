"""What a prompt may look like, whatever it says."""

import pytest

from generation.errors import PromptRefused
from generation.screening import check_form


@pytest.mark.parametrize(
    ("prompt", "rule"),
    [
        ("", "empty"),
        (" \n\t ", "empty"),
        ("a" * 2001, "too_long"),
        ("a" * 100_000, "too_long"),
        ("a\x00b", "control_characters"),
        ("a\x1b[31mb", "control_characters"),
        ("a\ud800b", "control_characters"),
        ("a\u0085b", "control_characters"),
    ],
)
def test_a_prompt_is_one_to_two_thousand_plain_characters(prompt, rule):
    with pytest.raises(PromptRefused) as no:
        check_form(prompt)
    assert (no.value.facts["rule"], no.value.field) == (rule, "prompt")


@pytest.mark.parametrize("prompt", ["x", "ein Fuchs läuft 🦊", "two\nlines\tand a tab", "雪"])
def test_any_language_is_fine(prompt):
    check_form(prompt)
