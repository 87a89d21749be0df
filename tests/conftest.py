from pathlib import Path

import pytest

from demo import browser

from . import emptying  # noqa: F401  (tests that commit leave an empty database)

HERE = Path(__file__).parent
DATABASE = {"db", "transactional_db", "live_server", "django_db_setup"}
SERVED = ("chaos", "clients", "stories", "ground/test_caching.py")  # ask services by other ways


def pytest_collection_modifyitems(items):
    """What asks no service says the same whichever there are: it is run with one set of them."""
    for item in items:
        if not (asks_a_database(item) or str(item.path.relative_to(HERE)).startswith(SERVED)):
            item.add_marker(pytest.mark.once)


def asks_a_database(item):
    return item.get_closest_marker("django_db") or DATABASE.intersection(item.fixturenames)


@pytest.fixture(autouse=True)
def codes_outlive_their_half_minute(settings):
    """A test that types one at its very end is not refused."""
    settings.MFA_TOTP_TOLERANCE = 1


@pytest.fixture
def page(settings):
    """An empty page of a real browser."""
    settings.DEBUG = False
    with browser.running(browser.find()) as opened:
        yield opened
