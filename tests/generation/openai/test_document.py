"""The published document of `/v1` speaks of the routes that there are, and of what they answer."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from django.urls import get_resolver
from jsonschema import Draft202012Validator

import sora_social
from sora_social.users.models import User
from tests.generation.openai.batching import begun, line
from tests.generation.openai.making import asked, made
from tests.house import routes
from tests.webhooks.making import PUBLIC, video_ended

DOCUMENT = yaml.safe_load((Path(sora_social.__file__).parent / "openapi_v1.yml").read_text())
METHODS = {"get", "post", "delete"}


def served() -> set[tuple[str, str]]:
    get_resolver()
    return {
        (re.sub(r"<[^>]+>", "{}", route.pattern.removeprefix("v1")), method)
        for route in routes.ours()
        if route.pattern.startswith("v1/")
        for method in route.methods
    }


def test_every_route_stands_in_it_and_no_other():
    told = {
        (re.sub(r"\{[^}]+\}", "{}", path), method)
        for path, item in DOCUMENT["paths"].items()
        for method in METHODS & item.keys()
    }
    assert told == served()


def test_every_call_says_what_a_key_may_be_refused_for():
    unsaid = [
        (path, method)
        for path, item in DOCUMENT["paths"].items()
        for method in METHODS & item.keys()
        if not {"401", "403", "429"} <= item[method]["responses"].keys()
    ]
    assert unsaid == []


def test_every_request_has_one_media_type():
    bodies = [
        operation["requestBody"]["content"]
        for item in DOCUMENT["paths"].values()
        for method in METHODS & item.keys()
        if "requestBody" in (operation := item[method])
    ]
    assert {len(body) for body in bodies} == {1}


def check(name: str, said: object) -> None:
    schema = {"$ref": f"#/components/schemas/{name}", "components": DOCUMENT["components"]}
    Draft202012Validator(schema).validate(said)


@pytest.mark.django_db
def test_what_is_answered_is_as_it_says(client):
    check("Video", asked(client))
    check("Video", made(client))
    check("Quote", client.post("/v1/videos/quote", {"prompt": "a ball"}, format="json").json())
    check("VideoPage", client.get("/v1/videos").json())
    check("ModelList", client.get("/v1/models").json())
    check("FilePage", client.get("/v1/files").json())
    begun(client, line("one"))
    check("BatchPage", client.get("/v1/batches").json())
    check("ErrorResponse", client.get("/v1/nothing").json())
    moderated = client.post("/v1/moderations", {"input": ["a ball"]}, format="json")
    check("Moderation", moderated.json())


@pytest.mark.django_db
def test_webhooks_are_answered_as_it_says(client, django_capture_on_commit_callbacks):
    check("WebhookEventTypes", client.get("/v1/webhook_event_types").json())
    wish = {"name": "Mine", "url": PUBLIC, "event_types": ["video.completed"]}
    one = client.post("/v1/webhook_endpoints", wish, format="json").json()
    check("WebhookEndpointWithSecret", one)
    at = f"/v1/webhook_endpoints/{one['id']}"
    check("WebhookEndpoint", client.post(at, {"enabled": True}, format="json").json())
    check("WebhookEndpointWithSecret", client.post(f"{at}/rotate_secret").json())
    with django_capture_on_commit_callbacks(execute=True):
        video_ended(User.objects.get())
    check("WebhookEndpointPage", client.get("/v1/webhook_endpoints").json())
    check("WebhookDeliveryPage", log := client.get(f"{at}/deliveries").json())
    check("WebhookDelivery", log["data"][0])
    check("DeletedWebhookEndpoint", client.delete(at).json())
