import pytest

from feed.catalog import STORE
from ranking.registry import REGISTRY
from tests.caches import forget


@pytest.fixture(autouse=True)
def _fresh_memory():
    """Every test has its own database, so nothing that is kept in memory may outlive it."""
    STORE.drop()
    REGISTRY.drop()
    forget()
