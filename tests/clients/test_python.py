"""The official Python SDK, strict, through every call of the contract."""

from __future__ import annotations

import asyncio
import base64
import json
from io import BytesIO

import openai
import pytest
from PIL import Image

from tests.chaos.running import until
from tests.clients.looking import check_film, check_still
from tests.webhooks.receiving import receiving

pytestmark = [
    pytest.mark.slow,
    pytest.mark.xdist_group("clients"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]


@pytest.fixture(scope="module")
def sdk(server):
    """A client of the server, with a key that its operator made."""
    return openai.OpenAI(
        base_url=server.wire,
        api_key=server.key("python"),
        max_retries=0,
        _strict_response_validation=True,
    )


@pytest.fixture
def hook(sdk):
    """A receiver on this machine, and the secret of its endpoint."""
    with receiving() as receiver:
        endpoint = sdk.webhooks.create(
            name="Mine", url=receiver.url, event_types=["video.completed", "video.failed"]
        )
        yield receiver, endpoint.signing_secret
        assert sdk.webhooks.delete(endpoint.id).deleted


def picture(color: str = "teal", size: tuple[int, int] = (720, 1280)) -> bytes:
    out = BytesIO()
    Image.new("RGB", size, color).save(out, "PNG")
    return out.getvalue()


def named(video: openai.types.Video) -> dict[str, dict[str, str]]:
    """How Python names a video made here: its SDK takes uploads alone under `video`."""
    return {"video": {"id": video.id}}


def test_a_video_is_made_fetched_remixed_extended_listed_and_deleted(sdk, hook, tmp_path):
    video = sdk.videos.create_and_poll(prompt="a red ball in a meadow", size="1280x720")
    assert (video.status, video.progress, video.error) == ("completed", 100, None)
    assert (video.size, video.seconds, video.model) == ("1280x720", "4", "sora-2")
    saved = tmp_path / "ball.mp4"
    sdk.videos.download_content(video.id).write_to_file(saved)
    check_film(saved.read_bytes(), "1280x720", 4.0)
    for variant in ("thumbnail", "spritesheet"):
        check_still(sdk.videos.download_content(video.id, variant=variant).read())

    receiver, secret = hook
    (taken,) = until(lambda: receiver.taken)
    event = sdk.webhooks.unwrap(taken.body, taken.headers, secret=secret)
    assert (event.type, event.data.id) == ("video.completed", video.id)

    remix = sdk.videos.poll(sdk.videos.remix(video.id, prompt="a blue ball in the snow").id)
    assert (remix.status, remix.remixed_from_video_id) == ("completed", video.id)
    check_film(sdk.videos.download_content(remix.id).read(), "1280x720", 4.0)

    longer = sdk.videos.extend(
        prompt="the ball rolls away", seconds="8", video=openai.omit, extra_body=named(video)
    )
    longer = sdk.videos.poll(longer.id)
    assert (longer.status, longer.seconds) == ("completed", "12")
    check_film(sdk.videos.download_content(longer.id).read(), "1280x720", 12.0)

    edit = sdk.videos.edit(prompt="at night", video=openai.omit, extra_body=named(video))
    listed = [one.id for one in sdk.videos.list(limit=2)]  # three pages
    assert listed == [edit.id, longer.id, remix.id, video.id]
    assert [one.id for one in sdk.videos.list(limit=4, order="asc")] == listed[::-1]
    sdk.videos.poll(edit.id)
    for one in listed:
        assert sdk.videos.delete(one).deleted
    for gone in (sdk.videos.retrieve, sdk.videos.download_content, sdk.videos.delete):
        with pytest.raises(openai.NotFoundError):
            gone(video.id)


def test_a_video_longer_than_the_model_makes_is_one_file(sdk):
    video = sdk.videos.create_and_poll(prompt="a boat on the sea", seconds="8", size="1024x1792")
    assert video.error is None
    check_film(sdk.videos.download_content(video.id).read(), "1024x1792", 8.0)


def test_json_is_taken_as_forms_are(sdk):
    body = {
        "prompt": "a green tree",
        "tier": "preview",
        "seed": 7,
        "attested": True,
        "input_reference": {
            "image_url": f"data:image/png;base64,{base64.b64encode(picture()).decode()}"
        },
    }
    video = sdk.videos.poll(sdk.post("/videos", body=body, cast_to=openai.types.Video).id)
    assert (video.status, video.size) == ("completed", "720x1280")
    check_film(sdk.videos.download_content(video.id).read(), "720x1280", 4.0)
    edit = sdk.post(
        "/videos/edits", body={"prompt": "at night", "tier": "preview"} | named(video),
        cast_to=openai.types.Video,
    )  # fmt: skip
    assert edit.remixed_from_video_id == video.id


def test_a_video_begins_with_an_uploaded_picture(sdk):
    video = sdk.videos.create(prompt="waves", input_reference=picture())
    assert video.status == "queued"
    file = sdk.files.create(file=("sea.png", picture()), purpose="vision")
    assert sdk.files.retrieve(file.id) == file
    assert [one.id for one in sdk.files.list(purpose="vision")] == [file.id]
    check_still(sdk.files.content(file.id).read())
    assert sdk.files.delete(file.id).deleted
    with pytest.raises(openai.NotFoundError):
        sdk.files.retrieve(file.id)


def test_a_character_is_made_of_a_clip_and_takes_part(sdk, clip):
    made = sdk.videos.create_character(
        name="Momo", video=clip.read_bytes(), extra_body={"kind": "pet"}
    )
    assert made.name == "Momo"
    until(lambda: sdk.videos.get_character(made.id).state == "ready")
    video = sdk.videos.create_and_poll(
        prompt="Momo walks over a meadow",
        extra_body={"characters": [{"id": made.id}], "tier": "preview"},
    )
    assert video.error is None


def test_endpoints_are_kept_changed_tested_and_removed(sdk):
    with receiving() as receiver:
        made = sdk.webhooks.create(name="A", url=receiver.url, event_types=["video.completed"])
        changed = sdk.webhooks.update(made.id, name="B", event_types=["video.failed"])
        assert (changed.name, changed.event_types) == ("B", ["video.failed"])
        assert sdk.webhooks.retrieve(made.id) == changed
        rotated = sdk.webhooks.rotate_secret(made.id)
        assert sdk.webhooks.test(made.id, event_type="video.failed").status_code == 200
        (taken,) = receiver.taken
        event = sdk.webhooks.unwrap(taken.body, taken.headers, secret=rotated.signing_secret)
        assert event.type == "video.failed"
        with pytest.raises(openai.InvalidWebhookSignatureError):
            sdk.webhooks.unwrap(taken.body, taken.headers, secret=made.signing_secret)
    assert made.id in [one.id for one in sdk.webhooks.list()]
    assert "video.completed" in sdk.webhooks.event_types.list().data
    assert sdk.webhooks.delete(made.id).deleted


def test_models_moderations_and_errors_are_as_the_sdk_reads_them(sdk):
    assert "sora-2" in [model.id for model in sdk.models.list()]
    assert sdk.models.retrieve("sora-2-pro").id == "sora-2-pro"
    assert not sdk.moderations.create(input="a red ball").results[0].flagged
    with pytest.raises(openai.BadRequestError) as no:
        sdk.videos.create(prompt="a ball", seconds="5")
    assert (no.value.code, no.value.param, bool(no.value.request_id)) == (
        "invalid_value", "seconds", True,
    )  # fmt: skip
    with pytest.raises(openai.AuthenticationError) as unknown:
        sdk.with_options(api_key="sk-wrong").models.list()
    assert unknown.value.code == "invalid_api_key"


def test_the_asynchronous_client_goes_the_same_way(sdk):
    async def listed() -> list[str]:
        async with openai.AsyncOpenAI(
            base_url=sdk.base_url, api_key=sdk.api_key, _strict_response_validation=True
        ) as client:
            made = await client.videos.create(prompt="a boat", extra_body={"tier": "preview"})
            done = await client.videos.poll(made.id)
            assert done.status == "completed"
            content = await client.videos.download_content(made.id)
            check_film(await content.aread(), "720x1280", 4.0)
            return [one.id async for one in client.videos.list(limit=1)][:1] + [made.id]

    first, made = asyncio.run(listed())
    assert first == made


def test_a_batch_is_read_worked_off_and_told_of(sdk):
    asked = {"custom_id": "one", "method": "POST", "url": "/v1/videos", "body": {"seconds": "4"}}
    file = sdk.files.create(file=("one.jsonl", json.dumps(asked).encode()), purpose="batch")
    batch = sdk.batches.create(
        input_file_id=file.id, endpoint="/v1/videos", completion_window="24h"
    )
    assert batch.id in [one.id for one in sdk.batches.list()]
    until(lambda: sdk.batches.retrieve(batch.id).status == "completed")
    ended = sdk.batches.retrieve(batch.id)
    assert (ended.request_counts.total, ended.request_counts.failed) == (1, 1)
    assert (ended.output_file_id, ended.errors) == (None, None)
    said = json.loads(sdk.files.content(ended.error_file_id).read())
    assert said["custom_id"] == "one"
    assert said["response"]["body"]["error"]["param"] == "prompt"
