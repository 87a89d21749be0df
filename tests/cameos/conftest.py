from __future__ import annotations

import pytest

from cameos.faces import Pack, Reader
from tests.faces import lite


@pytest.fixture(scope="session")
def face_reader() -> Reader:
    """The reader of the lite pack."""
    return lite()


@pytest.fixture(scope="session")
def pack(face_reader: Reader) -> Pack:
    return face_reader.pack
