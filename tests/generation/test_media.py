"""Addresses of files: for one viewer, for a short time, under the consents of now."""

import re

import pytest
import time_machine
from django.core import signing
from django.db.models import F

from cameos import services as cameos
from cameos.models import Cameo
from generation import media
from generation.models import Output
from sora_social import storage
from sora_social.errors import NotFound
from sora_social.moderation.models import Subject, Takedown
from tests.cameos.making import active_cameo
from tests.generation.making import done_output
from tests.people import person

pytestmark = pytest.mark.django_db
VIDEO = "video.mp4"


@pytest.fixture
def author():
    return person()


@pytest.fixture
def cameo(author):
    return active_cameo(author)


@pytest.fixture
def output(author, cameo):
    return done_output(author, [cameo])


def token_of(output, viewer):
    """The one token that all addresses of an output share."""
    (token,) = {url.split("/")[-2] for url in media.urls(output, viewer).values()}
    return token


def test_a_token_and_a_name_tell_who_looks_at_what(author, output):
    for rendition, url in media.urls(output, author).items():
        token, file = url.split("/")[-2:]
        assert media.read(token, file) == (author.pk, output, rendition)


def test_every_rendition_lies_in_the_store(output):
    assert set(media.urls(output, person())) <= set(output.renditions)
    for rendition in output.renditions:
        assert storage.exists(output.key(rendition))


def test_what_only_a_playlist_tells_of_has_no_address_of_its_own(author, output):
    assert set(media.urls(output, author)) == {
        *("video", "medium", "low", "stream", "preview", "poster", "sheet", "thumbnails"),
    }


def test_a_player_follows_the_stream_from_file_to_file(author, output):
    """Every name in a playlist or a WebVTT file is a neighbour that the same token opens."""
    token, seen = token_of(output, author), set()
    waiting = ["stream.m3u8", "thumbnails.vtt"]
    while waiting:
        _, found, rendition = media.read(token, waiting.pop())
        seen.add(rendition)
        text = storage.fetch(found.key(rendition))
        if rendition.endswith(("stream", "playlist", "thumbnails")):
            waiting += re.findall(r"[\w.]+\.(?:m3u8|mp4|webp)", text.decode())
    assert seen == {
        "stream", "thumbnails", "sheet", "video_playlist", "medium_playlist", "low_playlist",
        "video_parts", "medium_parts", "low_parts",
    }  # fmt: skip


@pytest.mark.parametrize("file", ["captions.vtt", "picture.png", "secret", "..", ""])
def test_a_file_that_the_output_does_not_have_is_refused(author, output, file):
    with pytest.raises(NotFound):
        media.read(token_of(output, author), file)


def test_two_viewers_have_two_addresses(author, output):
    other = person()
    assert token_of(output, author) != token_of(output, other)
    assert media.read(token_of(output, other), VIDEO)[0] == other.pk


def test_lists_make_addresses_without_a_query(author, output, django_assert_num_queries):
    (listed,) = Output.objects.with_epoch()
    with django_assert_num_queries(0):
        found = media.urls(listed, author)
    assert found == media.urls(output, author)


def test_an_address_expires_after_five_minutes(author, output):
    with time_machine.travel("2026-11-20T10:00:00Z", tick=False):
        token = token_of(output, author)
    with time_machine.travel("2026-11-20T10:04:59Z", tick=False):
        assert media.read(token, VIDEO)[2] == "video"
    with time_machine.travel("2026-11-20T10:05:01Z", tick=False), pytest.raises(NotFound):
        media.read(token, VIDEO)


@pytest.mark.parametrize("forge", [lambda t: t[:-1], lambda t: "A" + t, lambda t: "", str.upper])
def test_a_forged_address_is_refused(author, output, forge):
    with pytest.raises(NotFound):
        media.read(forge(token_of(output, author)), VIDEO)


def test_a_token_that_was_signed_for_something_else_is_refused(author, output):
    value = [author.pk, output.pk.hex, 1]
    with pytest.raises(NotFound):
        media.read(signing.dumps(value, salt="cursor.jobs"), VIDEO)


def test_a_narrowing_darkens_older_addresses_at_once(author, cameo, output):
    token = token_of(output, author)
    Cameo.objects.filter(pk=cameo.pk).update(epoch=F("epoch") + 1)
    with pytest.raises(NotFound):
        media.read(token, VIDEO)
    assert media.read(token_of(output, author), VIDEO)[1] == output


def test_a_pause_darkens_and_a_resumption_needs_new_addresses(author, cameo, output):
    token = token_of(output, author)
    cameos.pause(cameo)
    with pytest.raises(NotFound):
        media.read(token, VIDEO)
    cameos.resume(cameo)
    with pytest.raises(NotFound):
        media.read(token, VIDEO)
    assert media.read(token_of(output, author), VIDEO)[1] == output


def test_a_takedown_darkens(author, output):
    token = token_of(output, author)
    Takedown.objects.create(subject=Subject.OUTPUT, subject_id=output.down_id, reason="x")
    with pytest.raises(NotFound):
        media.read(token, VIDEO)


def test_a_deleted_cameo_darkens(author, cameo, output):
    token = token_of(output, author)
    cameo.delete()
    with pytest.raises(NotFound):
        media.read(token, VIDEO)


def test_an_output_without_cameos_has_an_epoch_too(author):
    output = done_output(author)
    assert media.read(token_of(output, author), "sheet.webp") == (author.pk, output, "sheet")
