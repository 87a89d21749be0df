import pytest
from django.core.cache import cache

from feed.catalog import STORE


@pytest.fixture(autouse=True)
def _fresh_memory():
    """Every test has its own database, so nothing that is kept in memory may outlive it."""
    STORE.drop()
    cache.clear()
