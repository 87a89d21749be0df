import pytest
from django.core.cache import cache


@pytest.fixture(autouse=True)
def _unhurried():
    """Limits count in the cache: every test begins with none used up."""
    cache.clear()
