import pytest
from django.test import RequestFactory

from sora_social import ranges, storage
from sora_social.ids import uuid7

CONTENT = bytes(range(256)) * 4


@pytest.fixture
def key():
    key = f"tests/{uuid7()}/file.bin"
    storage.put_bytes(key, CONTENT)
    yield key
    storage.drop(key)


def test_a_file_comes_back_as_it_was_put(key, tmp_path):
    source = tmp_path / "x"
    source.write_bytes(b"hello")
    stored = storage.put(f"{key}.copy", source)
    assert (storage.fetch(f"{key}.copy"), stored.size) == (b"hello", 5)
    assert stored.sha256 == "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"


def test_a_key_is_written_once(key):
    with pytest.raises(FileExistsError):
        storage.put_bytes(key, b"other")
    assert storage.fetch(key) == CONTENT


def test_dropping_a_prefix_drops_all_below_it(key):
    folder = key.rsplit("/", 1)[0]
    storage.put_bytes(f"{folder}/deeper/other.bin", b"x")
    assert storage.drop_prefix(folder) == 2
    assert not storage.exists(key)
    storage.drop(key)  # a missing file is as good


def test_a_stored_file_is_a_path_for_those_who_need_one(key):
    with storage.local(key) as path:
        assert path.read_bytes() == CONTENT


@pytest.mark.parametrize(
    ("asked", "status", "content"),
    [
        (None, 200, CONTENT),
        ("bytes=0-9", 206, CONTENT[:10]),
        ("bytes=1000-", 206, CONTENT[1000:]),
        ("bytes=-24", 206, CONTENT[-24:]),
        ("bytes=1020-99999", 206, CONTENT[1020:]),
        ("bytes=1024-", 416, b""),
        ("bytes=-0", 416, b""),
        ("bytes=5-2", 416, b""),
        ("lines=1-2", 200, CONTENT),
    ],
)
def test_a_player_gets_the_range_it_asks_for(key, asked, status, content):
    headers = {"Range": asked} if asked else {}
    response = ranges.serve(key, "video/mp4", RequestFactory().get("/", headers=headers))
    assert (response.status_code, response.getvalue()) == (status, content)
