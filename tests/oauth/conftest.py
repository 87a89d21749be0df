import pytest

from tests.caches import forget


@pytest.fixture(autouse=True)
def _unhurried():
    """Limits count in the cache: every test begins with none used up."""
    forget()
