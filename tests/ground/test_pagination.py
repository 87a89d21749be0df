import pytest
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.test import APIRequestFactory

from sora_social.pagination import cursor_of, next_cursor, size_of


def asking(**query: str) -> Request:
    return Request(APIRequestFactory().get("/", query))


@pytest.mark.parametrize("limit", ["0", "-1", "51", "9" * 400, "1.5", "x", "١", ""])
def test_a_page_size_out_of_bounds_names_the_field_and_the_rule(limit):
    with pytest.raises(ValidationError) as refused:
        size_of(asking(limit=limit))
    assert refused.value.detail == {"limit": ["A number from 1 to 50."]}


def test_sizes_within_bounds_are_taken():
    assert [size_of(asking()), size_of(asking(limit="1")), size_of(asking(limit="50"))] == [
        20,
        1,
        50,
    ]


@pytest.mark.parametrize("forged", ["x", "eyJhIjoxfQ:1abc:def", "\x00", "a" * 5000])
def test_a_forged_cursor_is_refused(forged):
    with pytest.raises(ValidationError) as refused:
        cursor_of(asking(cursor=forged), "latest")
    assert refused.value.detail == {"cursor": ["Not a cursor of this list."]}


def test_a_cursor_opens_only_the_list_it_was_made_for():
    cursor = next_cursor(["7", 20], "home")
    assert cursor_of(asking(cursor=cursor), "home") == ["7", 20]
    with pytest.raises(ValidationError):
        cursor_of(asking(cursor=cursor), "latest")
