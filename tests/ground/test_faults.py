import pytest
from django.test import Client

SHAPE = {"code", "message", "fields", "facts", "request_id"}


def test_an_unknown_path_is_answered_in_the_one_shape():
    answer = Client().get("/api/v1/nothing/here/")
    assert (answer.status_code, answer.json().keys(), answer.json()["code"]) == (
        404,
        SHAPE,
        "not_found",
    )


def test_the_request_id_of_an_error_is_the_one_in_the_header():
    answer = Client().get("/api/v1/nothing/", headers={"X-Request-ID": "abcdefgh-1"})
    assert (answer["X-Request-ID"], answer.json()["request_id"]) == ("abcdefgh-1", "abcdefgh-1")


def test_a_fault_of_ours_is_answered_in_the_one_shape(monkeypatch):
    client = Client(raise_request_exception=False)
    monkeypatch.setattr("sora_social.users.tokens.digest", None)  # broken on purpose
    answer = client.get("/api/v1/me/", headers={"Authorization": "Bearer vat_x"})
    assert (answer.status_code, answer.json().keys(), answer.json()["code"]) == (
        500,
        SHAPE,
        "server_error",
    )


@pytest.mark.parametrize("path", ["/nothing/", "/admin/nothing/"])
def test_people_get_pages(path):
    assert not Client().get(path)["Content-Type"].startswith("application/json")
