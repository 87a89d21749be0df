"""The published OpenAPI document is what the code serves."""

from pathlib import Path

import pytest
import yaml
from django.core.management import call_command
from drf_spectacular.drainage import GENERATOR_STATS

PUBLISHED = Path(__file__).resolve().parents[2] / "sora_social" / "openapi.yml"

OF_STRANGERS = {  # keys belong to people
    "/api/v1/moderation/suspension/appeal/",
    "/api/v1/open-reports/",
    "/api/v1/open-reports/{receipt}/appeal/",
    "/api/v1/open-reports/{receipt}/objection/",
}


@pytest.fixture(scope="module")
def written(tmp_path_factory) -> str:
    out = tmp_path_factory.mktemp("schema") / "openapi.yml"
    GENERATOR_STATS.reset()
    call_command("spectacular", file=str(out), validate=True, fail_on_warn=True)
    return out.read_text()


def test_the_published_document_is_current(written):
    assert PUBLISHED.read_text() == written, "run `make schema` and commit what it wrote"


def keyed(document: str) -> dict[str, bool]:
    """Which POSTs of a document take an Idempotency-Key."""
    told = yaml.safe_load(document)
    shared = told["components"].get("parameters", {})
    return {
        path: any(
            shared.get(one.get("$ref", "").split("/")[-1], one).get("name") == "Idempotency-Key"
            for one in methods["post"].get("parameters", [])
        )
        for path, methods in told["paths"].items()
        if "post" in methods
    }


def test_both_documents_say_which_posts_take_a_key():
    ours, theirs = PUBLISHED.read_text(), PUBLISHED.with_name("openapi_v1.yml").read_text()
    assert unkeyed(ours) == {"/api/v1/jobs/quote/", "/api/v1/verify/", *OF_STRANGERS}
    assert unkeyed(theirs) == {
        "/moderations",
        "/videos/quote",
        "/batches/{batch_id}/cancel",
        "/webhook_endpoints/{endpoint_id}/test",
    }


def unkeyed(document: str) -> set[str]:
    return {path for path, takes_one in keyed(document).items() if not takes_one}
