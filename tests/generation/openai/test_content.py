"""The files of a video over `/v1`: whole, in parts, again, or only told of."""

from __future__ import annotations

from io import BytesIO

import pytest
from PIL import Image

from cameos import services as cameos
from cameos.models import GateRecord
from cameos.states import Audience, Gate
from generation import services
from sora_social import ranges, storage
from sora_social.users import keys
from sora_social.users.models import ApiKey
from tests.cameos.making import active_cameo
from tests.generation.openai.making import asked, job_of, made, refused
from tests.people import person

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada():
    """Somebody whom anybody may use."""
    return active_cameo(person("ada"), Audience.EVERYONE, "ada")


@pytest.fixture
def prompt():
    return "a red ball"


@pytest.fixture
def video(client, ada, prompt):
    return made(client, prompt=prompt)


@pytest.fixture
def path(video):
    return f"/v1/videos/{video['id']}/content"


@pytest.fixture
def whole(video):
    return storage.fetch(job_of(video).outputs.get().main_key)


def bytes_of(answer):
    return b"".join(answer.streaming_content)


def test_the_video_is_an_mp4_whatever_is_accepted(client, path, whole):
    answer = client.get(path, headers={"accept": "application/binary"})
    assert (answer.status_code, answer.headers["content-type"]) == (200, "video/mp4")
    assert int(answer.headers["content-length"]) == len(whole)
    assert bytes_of(answer) == whole


@pytest.mark.parametrize("variant", ["thumbnail", "spritesheet"])
def test_stills_are_webp(client, path, variant):
    answer = client.get(f"{path}?variant={variant}")
    assert answer.headers["content-type"] == "image/webp"
    assert Image.open(BytesIO(bytes_of(answer))).format == "WEBP"


def test_an_unknown_variant_is_refused(client, path):
    assert refused(client.get(f"{path}?variant=gif")) == (400, "invalid_value", "variant")


@pytest.mark.parametrize(
    ("asks", "part"),
    [("bytes=0-9", slice(0, 10)), ("bytes=-5", slice(-5, None)), ("bytes=7-", slice(7, None))],
)
def test_a_part_is_a_part(client, path, whole, asks, part):
    answer = client.get(path, headers={"range": asks})
    assert (answer.status_code, bytes_of(answer)) == (206, whole[part])


def test_a_part_that_is_not_there_is_416(client, path):
    assert client.get(path, headers={"range": "bytes=99999999-"}).status_code == 416


def test_who_has_it_already_gets_nothing(client, path):
    etag = client.get(path).headers["etag"]
    answer = client.get(path, headers={"if-none-match": etag})
    assert (answer.status_code, answer.content) == (304, b"")
    other = client.get(f"{path}?variant=thumbnail", headers={"if-none-match": etag})
    assert other.status_code == 200


def test_a_part_of_what_has_changed_is_the_whole(client, path):
    etag = client.get(path).headers["etag"]
    asks = {"range": "bytes=0-9"}
    assert client.get(path, headers=asks | {"if-range": etag}).status_code == 206
    assert client.get(path, headers=asks | {"if-range": '"old"'}).status_code == 200


def test_head_tells_without_the_file(client, path, whole):
    answer = client.head(path)
    assert (answer.status_code, answer.content) == (200, b"")
    assert int(answer.headers["content-length"]) == len(whole)


def test_a_server_in_front_is_told_which_file_to_send(client, path, video, settings):
    settings.X_ACCEL = "/media/"
    answer = client.get(path)
    key = job_of(video).outputs.get().main_key
    assert (answer.headers["x-accel-redirect"], answer.content) == (f"/media/{key}", b"")
    assert answer.headers["content-type"] == "video/mp4"


def test_what_is_not_ready_cannot_be_fetched(client):
    answer = client.get(f"/v1/videos/{asked(client)['id']}/content")
    assert refused(answer) == (400, "video_not_ready", "video")


def test_what_was_discarded_in_the_app_is_gone_here(client, path, video):
    services.discard(job_of(video).outputs.get())
    assert refused(client.get(path))[:2] == (404, "deleted")
    found = client.get(path.removesuffix("/content")).json()
    assert (found["status"], found["error"]["code"]) == ("failed", "deleted")


def test_serving_somebodys_likeness_is_written_down(client, ada):
    path = f"/v1/videos/{made(client, prompt='@ada dances')['id']}/content"
    before = GateRecord.objects.filter(gate=Gate.SERVE).count()
    client.get(path)
    assert GateRecord.objects.filter(gate=Gate.SERVE).count() == before + 1


# --- what is taken back while it is being sent ---


@pytest.fixture
def sent(client, path, video, monkeypatch):
    """A long download whose first piece has come, asked about between any two pieces."""
    monkeypatch.setattr(ranges, "ASKED_EVERY_S", 0)
    key = job_of(video).outputs.get().main_key
    storage.drop(key)
    storage.put_bytes(key, bytes(4 * ranges.CHUNK))
    answer = client.get(path)
    pieces = iter(answer.streaming_content)
    assert len(next(pieces)) == ranges.CHUNK
    yield pieces
    answer.close()


def test_a_download_that_may_go_on_comes_to_its_end(sent):
    assert sum(map(len, sent)) == 3 * ranges.CHUNK


def test_revoking_the_key_breaks_a_download_off(client, path, sent):
    keys.revoke(ApiKey.objects.get())
    with pytest.raises(ranges.NoLonger):
        next(sent)
    asks = {"range": f"bytes={ranges.CHUNK}-"}
    assert refused(client.get(path, headers=asks))[:2] == (401, "invalid_api_key")


@pytest.mark.parametrize("prompt", ["@ada dances"])
def test_taking_a_leave_back_breaks_a_download_off(sent, ada):
    cameos.revoke(ada)
    with pytest.raises(ranges.NoLonger):
        next(sent)


def test_deleting_the_video_breaks_a_download_off(client, video, sent):
    client.delete(f"/v1/videos/{video['id']}")
    with pytest.raises(ranges.NoLonger):
        next(sent)
