import pytest

from tests.cameos.characters import pet_clip
from tests.clients.serving import serving


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    """One for all clients; each has a person and a key of its own."""
    with serving(tmp_path_factory.mktemp("served") / "data") as running:
        yield running


@pytest.fixture(scope="session")
def clip(tmp_path_factory):
    """A drawn cat, of which a character can be made."""
    return pet_clip(tmp_path_factory.mktemp("clip"))
