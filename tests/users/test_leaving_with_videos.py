"""Deletion and export of somebody who has used the whole house."""

from __future__ import annotations

import pytest

from cameos.models import Cameo
from feed import services as feed
from feed.models import Post
from generation.models import Output
from sora_social import storage
from sora_social.storage import keys_under
from sora_social.users import services
from sora_social.users.models import User
from tests.cameos.making import active_cameo
from tests.feed.making import posted, remixed
from tests.generation.making import done_output
from tests.people import make_mutual, person, signed_in
from tests.users.test_leaving import OWN_IDS, export_of, rows_about

pytestmark = pytest.mark.django_db


@pytest.fixture
def bee() -> User:
    return person("bee")


@pytest.fixture
def ada(bee, django_capture_on_commit_callbacks) -> User:
    """She lent her face, made and posted a video of herself; a friend remixed it and talked."""
    found = person("ada_to_go", id=OWN_IDS)
    with django_capture_on_commit_callbacks(execute=True):
        make_mutual(found, bee)
        face = active_cameo(found, audience="everyone", handle="face_of_somebody")
        post = posted(found, cameos=[face], caption="It is me.")
        remixed(bee, post, cameos=[face])
        done_output(found, prompt="a draft")
        theirs = posted(bee)
        for author, target in [(bee, post), (found, theirs)]:
            feed.like(author, target)
            feed.comment(author, target, "Fine.")
    assert signed_in(found).get("/api/v1/feed/home/").status_code == 200
    return found


@pytest.fixture
def leave(django_capture_on_commit_callbacks):
    def go(user: User) -> None:
        with django_capture_on_commit_callbacks(execute=True):
            services.delete_account(user)

    return go


def test_a_deleted_person_is_nowhere_in_the_house(ada, leave):
    number, handle = ada.pk, ada.handle
    leave(ada)
    assert rows_about(number, handle) == []


def test_no_file_of_a_deleted_person_or_with_their_face_stays(ada, bee, leave):
    gone = [key for output in Output.objects.all() if output.job.uses.exists()
            for key in output.keys]  # fmt: skip
    gone += [key for output in Output.objects.by(ada) for key in output.keys]
    gone += [key for cameo in Cameo.objects.all() for key in keys_under(f"cameos/{cameo.pk}")]
    assert len(gone) >= 8
    leave(ada)
    assert [key for key in gone if storage.exists(key)] == []


def test_what_others_made_without_them_stays(ada, bee, leave):
    leave(ada)
    post = Post.objects.visible_to(bee).get(author=bee)
    assert (post.likes, post.comments) == (0, 0)
    assert storage.exists(post.output.video_key)


def test_the_export_holds_the_videos_and_the_face(ada):
    archive = export_of(ada)
    assert archive.testzip() is None
    endings = [name.rsplit(".", 1)[1] for name in archive.namelist()]
    assert endings.count("mp4") >= 2
    assert endings.count("webp") >= 3
    for name in archive.namelist():
        if name.endswith(".json"):
            assert str(ada.pk).encode() not in archive.read(name), name
