"""Addresses of files: for one viewer, for a short time, under the consents of now."""

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


@pytest.fixture
def author():
    return person()


@pytest.fixture
def cameo(author):
    return active_cameo(author)


@pytest.fixture
def output(author, cameo):
    return done_output(author, [cameo])


def tokens(output, viewer):
    urls = media.urls(output, viewer)
    return {name: url.rstrip("/").rpartition("/")[2] for name, url in urls.items()}


def test_a_token_tells_who_looks_at_what(author, output):
    for rendition, token in tokens(output, author).items():
        assert media.read(token) == (author.pk, output, rendition)


def test_every_rendition_lies_in_the_store(output):
    for rendition in media.CONTENT_TYPES:
        assert storage.exists(media.key_of(output, rendition))


def test_two_viewers_have_two_addresses(author, output):
    other = person()
    assert set(tokens(output, author).values()).isdisjoint(tokens(output, other).values())
    assert media.read(tokens(output, other)["video"])[0] == other.pk


def test_lists_make_addresses_without_a_query(author, output, django_assert_num_queries):
    (listed,) = Output.objects.with_epoch()
    with django_assert_num_queries(0):
        found = media.urls(listed, author)
    assert found.keys() == media.CONTENT_TYPES.keys()


def test_an_address_expires_after_five_minutes(author, output):
    with time_machine.travel("2026-11-20T10:00:00Z", tick=False):
        token = tokens(output, author)["video"]
    with time_machine.travel("2026-11-20T10:04:59Z", tick=False):
        assert media.read(token)[2] == "video"
    with time_machine.travel("2026-11-20T10:05:01Z", tick=False), pytest.raises(NotFound):
        media.read(token)


@pytest.mark.parametrize("forge", [lambda t: t[:-1], lambda t: "A" + t, lambda t: "", str.upper])
def test_a_forged_address_is_refused(author, output, forge):
    with pytest.raises(NotFound):
        media.read(forge(tokens(output, author)["video"]))


def test_a_token_that_was_signed_for_something_else_is_refused(author, output):
    value = [author.pk, output.pk.hex, "video", 1]
    with pytest.raises(NotFound):
        media.read(signing.dumps(value, salt="cursor.jobs"))


def test_a_narrowing_darkens_older_addresses_at_once(author, cameo, output):
    token = tokens(output, author)["video"]
    Cameo.objects.filter(pk=cameo.pk).update(epoch=F("epoch") + 1)
    with pytest.raises(NotFound):
        media.read(token)
    assert media.read(tokens(output, author)["video"])[1] == output


def test_a_pause_darkens_and_a_resumption_needs_new_addresses(author, cameo, output):
    token = tokens(output, author)["video"]
    cameos.pause(cameo)
    with pytest.raises(NotFound):
        media.read(token)
    cameos.resume(cameo)
    with pytest.raises(NotFound):
        media.read(token)
    assert media.read(tokens(output, author)["video"])[1] == output


def test_a_takedown_darkens(author, output):
    token = tokens(output, author)["video"]
    Takedown.objects.create(subject=Subject.OUTPUT, subject_id=output.down_id, reason="x")
    with pytest.raises(NotFound):
        media.read(token)


def test_a_deleted_cameo_darkens(author, cameo, output):
    token = tokens(output, author)["video"]
    cameo.delete()
    with pytest.raises(NotFound):
        media.read(token)


def test_an_output_without_cameos_has_an_epoch_too(author):
    output = done_output(author)
    assert media.read(tokens(output, author)["sheet"]) == (author.pk, output, "sheet")
