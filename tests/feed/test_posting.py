"""Videos asked for over `/v1` with an audience: posted when done, or a draft that says why not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cameos.states import Audience, Surface, bits
from feed.models import Post
from feed.states import PostState
from generation import dispatch
from generation.models import Output, WireVideo
from sora_social import outbox
from sora_social.moderation.models import Decision
from sora_social.users import keys
from sora_social.users.models import ApiKey
from tests.cameos.making import active_cameo
from tests.generation.making import stored
from tests.generation.openai.making import asked, job_of, refused
from tests.generation.test_holding import decided
from tests.people import person, with_key

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def author():
    return person("author")


@pytest.fixture
def client(author):
    return with_key(author)


def finished(client, video, **doubts):
    job = job_of(video)
    token = dispatch.claim(job.pk)
    made = stored(job.pk, token)
    dispatch.finish(job.pk, token, [replace(one, **doubts) for one in made])
    return client.get(f"/v1/videos/{video['id']}").json()


@pytest.mark.parametrize("audience", ["followers", "unlisted", "public"])
def test_it_is_posted_when_it_is_done(client, author, audience):
    video = asked(client, audience=audience)
    assert (video["audience"], video["post_id"]) == (audience, None)
    done = finished(client, video)
    post = Post.objects.get()
    assert (done["post_id"], done["post_error"]) == (str(post.pk), None)
    assert (post.author, post.audience, post.state) == (author, audience, PostState.LIVE)


def test_without_one_it_stays_a_draft(client):
    done = finished(client, asked(client))
    assert (done["audience"], done["post_id"], Post.objects.count()) == ("draft", None, 0)


def test_telling_it_again_posts_nothing_more(client):
    finished(client, asked(client, audience="public"))
    outbox.OutboxEvent.objects.update(told_at=None)
    outbox.relay()
    assert Post.objects.count() == 1


def test_the_scope_is_asked_for(author):
    client = with_key(author, "videos:write", "videos:read")
    answer = client.post("/v1/videos", {"prompt": "a ball", "audience": "public"}, format="json")
    assert refused(answer) == (403, "missing_scope", "audience")
    assert finished(client, asked(client, audience="draft"))["post_id"] is None


def test_an_unknown_audience_is_refused(client):
    answer = client.post("/v1/videos", {"prompt": "a ball", "audience": "all"}, format="json")
    assert refused(answer) == (400, "invalid_value", "audience")


def test_a_key_that_was_revoked_meanwhile_posts_nothing(client, author):
    video = asked(client, audience="public")
    keys.revoke(ApiKey.objects.get())
    done = finished(with_key(author), video)
    assert (done["status"], done["post_error"]["code"]) == ("completed", "key_revoked")
    assert Post.objects.count() == 0


def test_whose_terms_are_narrower_is_asked_when_it_is_posted(client):
    seen_by = bits([Surface.API, Surface.FOLLOWERS], Surface)
    active_cameo(person("ada"), Audience.EVERYONE, "ada", surfaces=seen_by)
    done = finished(client, asked(client, prompt="@ada dances", audience="public"))
    assert done["status"] == "completed"
    assert "surface" in done["post_error"]["message"]
    assert finished(client, asked(client, prompt="@ada sings", audience="followers"))["post_id"]


def test_what_is_held_is_posted_once_a_moderator_lets_it_go(client, author):
    doubts = {"findings": [], "pictures": [], "strength": "continuity"}
    held = finished(client, asked(client, audience="public"), doubts=doubts)
    assert (held["post_id"], held["post_error"]["code"]) == (None, "held_for_review")
    decided(Output.objects.get(), Decision.KEEP)
    found = client.get(f"/v1/videos/{held['id']}").json()
    assert (found["post_id"], found["post_error"]) == (str(Post.objects.get().pk), None)


def test_deleting_the_video_takes_the_post_with_it(client):
    done = finished(client, asked(client, audience="unlisted"))
    client.delete(f"/v1/videos/{done['id']}")
    assert (WireVideo.objects.count(), Post.objects.count()) == (0, 0)
