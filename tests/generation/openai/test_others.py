"""Models, files, moderations and characters over `/v1`."""

from __future__ import annotations

from base64 import b64encode
from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from cameos.models import Character
from cameos.states import Audience, CharacterState
from generation import services
from generation.engine.types import Capabilities
from generation.models import CharacterUse, WireFile
from generation.openai.people import mentioning
from generation.openai.sizes import SIZES, pixels, rendered
from sora_social import storage
from tests.cameos.characters import pet_clip, ready
from tests.cameos.making import active_cameo
from tests.generation.openai.making import asked, job_of, refused
from tests.people import person

pytestmark = pytest.mark.django_db


def picture(side=64, kind="PNG") -> bytes:
    out = BytesIO()
    Image.new("RGB", (side, side), "teal").save(out, kind)
    return out.getvalue()


def upload(content: bytes, name="upload") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, "application/octet-stream")


# --- models ---


def test_every_listed_model_can_be_found_and_used(client):
    listed = client.get("/v1/models").json()
    assert listed["object"] == "list"
    for model in listed["data"]:
        assert client.get(f"/v1/models/{model['id']}").json() == model
        assert asked(client, model=model["id"])["model"] == model["id"]


def test_an_unknown_model_is_named(client):
    assert refused(client.get("/v1/models/gpt-4o")) == (404, "model_not_found", "model")


@pytest.mark.parametrize("size", SIZES)
def test_a_size_is_rendered_in_the_nearest_shape(size):
    able: Capabilities = services.capabilities()
    width, height = pixels(size)
    made = rendered(size, able)
    assert made in able.sizes
    assert (made[0] < made[1]) == (width < height)


# --- files ---


@pytest.fixture
def file(client):
    sent = {"file": upload(picture(), "a picture.png"), "purpose": "vision"}
    answer = client.post("/v1/files", sent, format="multipart")
    assert answer.status_code == 200, answer.content
    return answer.json()


def test_a_file_is_kept_listed_fetched_and_deleted(client, file):
    assert (file["filename"], file["purpose"]) == ("a picture.png", "vision")
    assert client.get("/v1/files").json()["data"] == [file]
    assert client.get("/v1/files?purpose=user_data").json()["data"] == []
    path = f"/v1/files/{file['id']}"
    assert client.get(path).json() == file
    content = b"".join(client.get(f"{path}/content").streaming_content)
    assert (len(content), Image.open(BytesIO(content)).size) == (file["bytes"], (64, 64))
    assert client.delete(path).json() == {"id": file["id"], "object": "file", "deleted": True}
    assert refused(client.get(path))[0] == refused(client.delete(path))[0] == 404


def test_a_video_begins_with_a_file(client, file):
    video = asked(client, input_reference={"file_id": file["id"]})
    assert job_of(video).first_frame


def test_a_video_begins_with_a_data_url(client):
    url = "data:image/png;base64," + b64encode(picture(900)).decode()
    assert job_of(asked(client, input_reference={"image_url": url})).first_frame
    sent = {"prompt": "a ball", "input_reference[image_url]": url}
    answer = client.post("/v1/videos", sent, format="multipart")
    assert job_of(answer.json()).first_frame


def test_a_data_url_of_megabytes_is_read(client):
    url = "data:image/jpeg;base64," + b64encode(b"\xff\xd8\xff" + bytes(9 << 20)).decode()
    sent = {"prompt": "a ball", "input_reference[image_url]": url}
    answer = client.post("/v1/videos", sent, format="multipart")
    assert refused(answer) == (400, "invalid_value", "input_reference")  # damaged, not too large


def test_a_video_begins_and_ends_with_uploads(client):
    sent = {
        "prompt": "a ball",
        "input_reference": upload(picture(kind="JPEG")),
        "last_frame": upload(picture(kind="WEBP")),
    }
    job = job_of(client.post("/v1/videos", sent, format="multipart").json())
    assert job.first_frame
    assert job.last_frame


def test_the_file_of_another_person_does_not_exist(client, other, file):
    assert refused(other.get(f"/v1/files/{file['id']}"))[0] == 404
    sent = {"prompt": "a ball", "input_reference": {"file_id": file["id"]}}
    answer = other.post("/v1/videos", sent, format="json")
    assert refused(answer) == (400, "not_found", "input_reference.file_id")


@pytest.mark.parametrize(
    ("sent", "code", "param"),
    [
        ({"purpose": "vision"}, "missing_required_parameter", "file"),
        ({"purpose": "fine-tune", "file": b"x"}, "invalid_value", "purpose"),
        ({"purpose": "batch", "file": b""}, "invalid_value", "file"),
        ({"purpose": "vision", "file": b"no picture"}, "invalid_value", "file"),
    ],
)
def test_a_file_that_cannot_be_is_refused(client, sent, code, param):
    if "file" in sent:
        sent = sent | {"file": upload(sent["file"])}
    answer = client.post("/v1/files", sent, format="multipart")
    assert refused(answer) == (400, code, param)


@pytest.mark.django_db(transaction=True)
def test_files_go_with_their_owner(client, author, file):
    key = WireFile.objects.get().key
    services.forget(author)
    assert not WireFile.objects.exists()
    assert not storage.exists(key)


# --- moderations ---


def test_what_screening_would_refuse_is_flagged(client):
    sent = {"input": ["a red ball", "a naked child", {"type": "text", "text": "gore"}]}
    found = client.post("/v1/moderations", sent, format="json").json()["results"]
    assert [one["flagged"] for one in found] == [False, True, True]
    assert found[1]["categories"]["sexual/minors"]
    assert found[2]["categories"]["violence"]
    assert {len(one["categories"]) for one in found} == {13}
    assert found[1]["category_scores"]["sexual/minors"] == 1.0


@pytest.mark.parametrize("given", [None, [], 7, [7], {"type": "image_url"}])
def test_a_moderation_of_no_text_is_refused(client, given):
    answer = client.post("/v1/moderations", {"input": given}, format="json")
    assert refused(answer)[0::2] == (400, "input")


# --- characters ---


def test_a_character_is_made_of_a_clip_and_found(client, author, tmp_path):
    clip = pet_clip(tmp_path).read_bytes()
    sent = {"name": "Rex the Dog!", "video": upload(clip)}
    answer = client.post("/v1/videos/characters", sent, format="multipart")
    assert answer.status_code == 200, answer.content
    made = answer.json()
    assert (made["name"], made["state"]) == ("Rex the Dog!", CharacterState.MAKING)
    assert client.get(f"/v1/videos/characters/{made['id']}").json() == made
    assert Character.objects.get().owner == author
    early = {"prompt": "Rex the Dog! runs", "characters": [{"id": made["id"]}]}
    answer = client.post("/v1/videos", early, format="json")
    assert refused(answer) == (400, "character_not_ready", "characters")


def test_a_character_takes_part_by_its_name(client, author):
    rex = ready(author, "rex")
    Character.objects.filter(pk=rex.pk).update(display_name="Rex")
    video = asked(client, prompt="Rex runs", characters=[{"id": f"char_{rex.pk.hex}"}])
    assert CharacterUse.objects.get(job=job_of(video)).character == rex
    assert (video["prompt"], job_of(video).prompt) == ("Rex runs", "@rex runs")


@pytest.mark.parametrize(
    ("prompt", "said"),
    [
        ("Ada dances", "@ada dances"),
        ("Adaptation, then Ada", "Adaptation, then @ada"),
        ("@ada dances with Ada", "@ada dances with Ada"),
        ("somebody dances", "somebody dances @ada"),
    ],
)
def test_a_name_in_the_prompt_becomes_a_mention(prompt, said):
    cameo = active_cameo(person("ada"), Audience.EVERYONE, display_name="Ada")
    assert mentioning(prompt, [cameo]) == said


@pytest.mark.parametrize(
    ("sent", "code", "param"),
    [
        ({"name": "Rex"}, "missing_required_parameter", "video"),
        ({"name": "x" * 81, "video": b"x"}, "string_above_max_length", "name"),
        ({"name": "Rex", "video": b"no video"}, "invalid_value", "video"),
    ],
)
def test_a_character_that_cannot_be_is_refused(client, sent, code, param):
    if "video" in sent:
        sent = sent | {"video": upload(sent["video"])}
    answer = client.post("/v1/videos/characters", sent, format="multipart")
    assert refused(answer) == (400, code, param)


def test_the_character_of_another_person_does_not_exist(client):
    rex = ready(person(), "rex")
    assert refused(client.get(f"/v1/videos/characters/char_{rex.pk.hex}"))[0] == 404
