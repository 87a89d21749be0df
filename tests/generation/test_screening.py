"""What may be asked for, and what the engine reads of it."""

import pytest

from generation.errors import Blocked, PromptRefused
from generation.screening import check_form, screen


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


@pytest.mark.parametrize(
    ("prompt", "likeness", "rule"),
    [
        ("a naked child", False, "minors"),
        ("NUDE Teen", True, "minors"),
        ("@ada is naked", True, "sexual_likeness"),
        ("@ada is tortured", True, "violent_likeness"),
    ],
)
def test_what_may_not_be_made_is_blocked_by_a_named_rule(prompt, likeness, rule):
    with pytest.raises(Blocked) as no:
        screen(prompt, with_likeness=likeness)
    assert no.value.facts == {"rule": rule}


@pytest.mark.parametrize(
    ("prompt", "likeness"),
    [
        ("a child flies a kite", True),
        ("the painting of a nude", False),
        ("@sexy dances", True),
        ("a suicide squad of paper planes", False),
        ("Essex and Sussex", True),
    ],
)
def test_what_may_be_made_passes(prompt, likeness):
    screen(prompt, with_likeness=likeness)
