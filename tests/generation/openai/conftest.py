import pytest

from tests.people import person, with_key


@pytest.fixture
def author(db):
    return person("author")


@pytest.fixture
def client(author):
    return with_key(author)


@pytest.fixture
def other(db):
    return with_key(person("other"))
