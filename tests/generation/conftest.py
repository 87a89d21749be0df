import pytest

from sora_social import storage


@pytest.fixture
def files():
    """How many files lie under a prefix of the store."""
    return lambda prefix: len(list(storage.keys_under(prefix)))
