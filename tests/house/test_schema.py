"""The published OpenAPI document is what the code serves."""

from pathlib import Path

import pytest
from django.core.management import call_command
from drf_spectacular.drainage import GENERATOR_STATS

PUBLISHED = Path(__file__).resolve().parents[2] / "sora_social" / "openapi.yml"


@pytest.fixture(scope="module")
def written(tmp_path_factory) -> str:
    out = tmp_path_factory.mktemp("schema") / "openapi.yml"
    GENERATOR_STATS.reset()
    call_command("spectacular", file=str(out), validate=True, fail_on_warn=True)
    return out.read_text()


def test_the_published_document_is_current(written):
    assert PUBLISHED.read_text() == written, "run `make schema` and commit what it wrote"
