import pytest
from django.test import Client
from rest_framework.exceptions import ValidationError

from sora_social.errors import answer
from tests.people import person, signed_in
from tests.users.joining import AUTH

SHAPE = {"code", "message", "fields", "facts", "request_id"}


def test_an_unknown_path_is_answered_in_the_one_shape():
    said = Client().get("/api/v1/nothing/here/")
    assert (said.status_code, said.json().keys(), said.json()["code"]) == (
        404,
        SHAPE,
        "not_found",
    )


def test_the_request_id_of_an_error_is_the_one_in_the_header():
    said = Client().get("/api/v1/nothing/", headers={"X-Request-ID": "abcdefgh-1"})
    assert (said["X-Request-ID"], said.json()["request_id"]) == ("abcdefgh-1", "abcdefgh-1")


def test_a_fault_of_ours_is_answered_in_the_one_shape(monkeypatch):
    client = Client(raise_request_exception=False)
    monkeypatch.setattr("sora_social.users.tokens.digest", None)  # broken on purpose
    said = client.get("/api/v1/me/", headers={"Authorization": "Bearer vat_x"})
    assert (said.status_code, said.json().keys(), said.json()["code"]) == (
        500,
        SHAPE,
        "server_error",
    )


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("path", "code"), [("/api/v1/jobs/", "parse_error"), (f"{AUTH}/login", "bad_request")]
)
def test_a_body_that_is_nested_too_deeply_is_refused(path, code):
    said = signed_in(person("ada")).post(path, "[" * 100_000, content_type="application/json")
    assert (said.status_code, said.json().keys(), said.json()["code"]) == (400, SHAPE, code)


@pytest.mark.parametrize("path", ["/nothing/", "/admin/nothing/"])
def test_people_get_pages(path):
    assert not Client().get(path)["Content-Type"].startswith("application/json")


def test_errors_of_inner_fields_go_by_their_path():
    wrong = {
        "shots": [{}, {"prompt": ["Too long."]}],
        "weights": {"hue": ["No such weight."], "non_field_errors": ["Not these."]},
        "non_field_errors": ["Not at all."],
    }
    assert answer(ValidationError(wrong), {}).data["fields"] == {
        "shots.1.prompt": ["Too long."],
        "weights.hue": ["No such weight."],
        "weights": ["Not these."],
        "non_field_errors": ["Not at all."],
    }
