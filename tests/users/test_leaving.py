import io
import json
import zipfile

import pytest
from asgiref.sync import sync_to_async
from django.apps import apps
from django.conf import settings
from django.db import models
from django.test import AsyncClient, Client

from sora_social import audit, outbox, storage, streaming
from sora_social.audit import AuditRecord
from sora_social.moderation import services as moderation
from sora_social.users import services
from sora_social.users.models import User
from sora_social.users.tokens import digest, issue
from tests.people import PASSWORD, follow, make_mutual, moderator, person, signed_in
from tests.sockets import in_a_loop
from tests.users.joining import AUTH, sign_in

pytestmark = pytest.mark.django_db
NUMBERS = (models.IntegerField, models.CharField, models.TextField, models.JSONField)
OWN_IDS = 10**9  # so that no other number of the database is this person's by chance


def rows_about(number: int, handle: str) -> list[str]:
    """Every row of every table that names the person: by reference, number or handle."""
    return [
        f"{model.__name__}.{field.name}"
        for model in apps.get_models()
        if model is not AuditRecord
        for field in model._meta.concrete_fields
        for value in model._base_manager.values_list(field.attname, flat=True)
        if value == number or (isinstance(field, NUMBERS) and _names(value, number, handle))
    ]


def _names(value: object, number: int, handle: str) -> bool:
    text = json.dumps(value) if isinstance(value, dict | list) else str(value)
    return handle in text or str(number) in text


def full_life(ada: User) -> None:
    """Something of the person in every table of the ground floor."""
    bee, judge = person("bee", email="bee@example.org"), moderator("judge")
    make_mutual(ada, bee)
    services.block(ada, person("cee"))
    services.block(person("dee_who_blocks"), ada)
    services.take_invite(ada, services.make_invites(1, giver=bee)[0].code)
    services.make_invites(2, giver=ada)
    sign_in(username=ada.handle, password=PASSWORD)
    Client().get(f"{AUTH}/session")
    outbox.write("for ada", ada.pk, "comment", by="bee")
    outbox.write("of ada", bee.pk, "comment", by=ada.handle)
    moderation.report(ada, "post", "1234", "spam", "my words")
    moderation.report(bee, "person", ada.handle, "spam", "")
    moderation.take_down("person", str(ada.pk), judge, "spam")
    moderation.report(ada, "person", "bee", "spam", "")


@pytest.fixture
def ada(django_capture_on_commit_callbacks) -> User:
    found = person("ada_to_go", id=OWN_IDS, email="ada@example.org", bio="It is me.")
    with django_capture_on_commit_callbacks(execute=True):
        full_life(found)
    services.restore(found)
    return found


def test_a_deleted_person_is_nowhere(ada):
    number, handle = ada.pk, ada.handle
    assert len({row.split(".")[0] for row in rows_about(number, handle)}) >= 9
    answer = signed_in(ada).delete("/api/v1/me/", {"password": PASSWORD}, format="json")
    assert answer.status_code == 204
    assert rows_about(number, handle) == []
    audit.verify()


def test_the_audit_chain_keeps_the_number_alone(ada):
    number = ada.pk
    services.delete_account(ada)
    last = AuditRecord.objects.latest("pk")
    assert (last.kind, last.actor_id, last.body) == ("account_deleted", number, {})


def test_others_stay_as_they_were(ada):
    follow(User.objects.get(handle="bee"), User.objects.get(handle="cee"))
    before = rows_about(User.objects.get(handle="bee").pk, "bee@example.org")
    services.delete_account(ada)
    after = rows_about(User.objects.get(handle="bee").pk, "bee@example.org")
    assert "User.id" in before
    assert {"User.id", "User.email", "Follow.follower", "Invite.giver"} <= set(after)


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [({}, 400, "invalid"), ({"password": "wrong-words-1"}, 403, "wrong_password")],
)
def test_deletion_needs_the_password(body, status, code):
    ada = person("ada")
    answer = signed_in(ada).delete("/api/v1/me/", body, format="json")
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert list(answer.json()["fields"]) == ["password"]
    assert User.objects.filter(pk=ada.pk).exists()


def test_guessing_the_password_is_limited():
    client = signed_in(person())
    wrong = {"password": "wrong-words-1"}
    statuses = [client.delete("/api/v1/me/", wrong, format="json").status_code for _ in range(11)]
    assert statuses == [403] * 10 + [429]


def test_a_failing_part_deletes_nothing(settings):
    ada = person("ada")
    settings.ON_DELETION = (*settings.ON_DELETION, "tests.users.test_leaving.refuse")
    with pytest.raises(RuntimeError):
        services.delete_account(ada)
    assert User.objects.filter(pk=ada.pk).exists()


def refuse(person: User) -> None:
    raise RuntimeError("no")


def export_of(user: User) -> zipfile.ZipFile:
    answer = signed_in(user).get("/api/v1/me/export/")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/zip"
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{user.handle}.zip"'
    return zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content)))


def test_the_export_holds_what_is_ones_own(ada):
    archive = export_of(ada)
    parts = {name: json.loads(archive.read(name)) for name in archive.namelist()
             if name.endswith(".json")}  # fmt: skip
    assert parts["profile.json"]["email"] == "ada@example.org"
    assert parts["profile.json"]["bio"] == "It is me."
    assert parts["follows.json"] == {"following": ["bee"], "followed_by": ["bee"]}
    assert parts["blocks.json"] == ["cee"]
    assert [row["kind"] for row in parts["notices.json"]] == ["follow", "comment"]
    assert [row["subject_id"] for row in parts["reports.json"]] == ["1234", "bee"]
    assert len(parts["invites.json"]) == 2
    assert len(parts["devices.json"]) == 2


def test_no_token_and_nothing_of_others_is_in_the_export(ada):
    _, token = issue(User.objects.get(handle="bee"))
    archive = export_of(ada)
    everything = b"".join(archive.read(name) for name in archive.namelist()).decode()
    hashes = [*ada.devices.values_list("token_hash", flat=True), digest(token), token]
    for secret in [*hashes, "argon2", "bee@example.org", "dee_who_blocks", str(ada.pk)]:
        assert secret not in everything, secret


def test_no_zip_is_left_behind(ada):
    export_of(ada)
    folder = settings.DATA / "uploads"
    assert list(folder.glob("*.zip")) == []


def test_files_are_in_the_export_as_they_are(settings):
    settings.PERSONAL_DATA = ("tests.users.test_leaving.a_file",)
    archive = export_of(person())
    assert archive.namelist() == ["here.bin"]
    assert archive.read("here.bin") == b"kept as it is"


def a_file(person: User):
    storage.drop("tests/here.bin")
    storage.put_bytes("tests/here.bin", b"kept as it is")
    yield "here.bin", "tests/here.bin"
    yield "gone.bin", "tests/gone.bin"


@pytest.mark.django_db(transaction=True)
@in_a_loop
async def test_under_asgi_the_export_comes_piece_by_piece(monkeypatch):
    monkeypatch.setattr(streaming, "CHUNK", 100)
    _, token = await sync_to_async(issue)(await sync_to_async(person)("ada"))
    header = {"Authorization": f"Bearer {token}"}
    answer = await AsyncClient().get("/api/v1/me/export/", headers=header)
    pieces = [piece async for piece in answer.streaming_content]
    assert {len(piece) for piece in pieces[:-1]} == {100}
    assert sum(map(len, pieces)) == int(answer.headers["Content-Length"])
    assert "profile.json" in zipfile.ZipFile(io.BytesIO(b"".join(pieces))).namelist()
