"""Who sees what: every audience, relation and mishap against a plain-Python oracle."""

from __future__ import annotations

import re
from urllib.parse import urljoin

import av
import pytest

from cameos.models import Audience
from cameos.services import set_terms
from feed import services
from feed.catalog import STORE
from feed.models import Post, PostAudience
from feed.states import PostState
from sora_social.moderation.models import Subject
from sora_social.moderation.services import take_down
from sora_social.users.services import block
from tests.cameos.making import active_cameo
from tests.feed.making import ids, posted, remixed
from tests.generation.drawn import FRAMES
from tests.people import follow, make_mutual, moderator, person, signed_in

FINE, LEAVE_GONE, POST_DOWN, OUTPUT_DOWN = "fine", "leave gone", "post down", "output down"
HIDDEN, REMOVED = "hidden", "removed"
MISHAPS = [FINE, LEAVE_GONE, POST_DOWN, OUTPUT_DOWN, HIDDEN, REMOVED]
RELATIONS = ["self", "stranger", "follower", "mutual", "blocked", "blocker"]


def befall(post: Post, mishap: str, judge) -> None:
    if mishap == POST_DOWN:
        take_down(Subject.POST, post.down_id, judge, "a rule")
    elif mishap == OUTPUT_DOWN:
        take_down(Subject.OUTPUT, str(post.output_id), judge, "a rule")
    elif mishap == HIDDEN:
        services.hide(post)
    elif mishap == REMOVED:
        services.remove(post)


def relate(relation: str, author):
    if relation == "self":
        return author
    viewer = person()
    if relation == "follower":
        follow(viewer, author)
    elif relation == "mutual":
        make_mutual(viewer, author)
    elif relation == "blocked":
        block(author, viewer)
    elif relation == "blocker":
        block(viewer, author)
    return viewer


def oracle(audience: str, relation: str, mishap: str) -> tuple[bool, bool]:
    """(may open it, may find it in a list)."""
    if mishap in {LEAVE_GONE, POST_DOWN, OUTPUT_DOWN, REMOVED}:
        return False, False
    if relation == "self":
        return True, True
    if mishap == HIDDEN or relation in {"blocked", "blocker"}:
        return False, False
    follows = relation in {"follower", "mutual"}
    opens = audience != "followers" or follows
    return opens, opens and audience != "unlisted"


@pytest.fixture
def scene():
    """An author with a post for each audience and mishap."""
    author, subject, judge = person("author"), person("subject"), moderator()
    lent = active_cameo(subject, Audience.EVERYONE)
    posts = {}
    for mishap in MISHAPS:
        for audience in PostAudience.values:
            cameos = [lent] if mishap == LEAVE_GONE else []
            posts[audience, mishap] = posted(author, audience, cameos=cameos)
            befall(posts[audience, mishap], mishap, judge)
    set_terms(lent, audience=Audience.ONLY_ME)
    return author, posts


@pytest.mark.django_db
@pytest.mark.parametrize("relation", RELATIONS)
def test_every_audience_and_mishap_is_as_the_oracle_says(scene, relation):
    author, posts = scene
    viewer = relate(relation, author)
    opened = set(Post.objects.visible_to(viewer).values_list("pk", flat=True))
    listed = set(Post.objects.listed_for(viewer).values_list("pk", flat=True))
    for (audience, mishap), post in posts.items():
        found = (post.pk in opened, post.pk in listed)
        assert (audience, mishap, found) == (audience, mishap, oracle(audience, relation, mishap))


@pytest.mark.django_db
@pytest.mark.parametrize("relation", RELATIONS)
def test_the_api_agrees_with_the_oracle(scene, relation):
    author, posts = scene
    client = signed_in(relate(relation, author))
    for (audience, mishap), post in posts.items():
        status = client.get(f"/api/v1/posts/{post.pk}/").status_code
        assert (status == 200) == oracle(audience, relation, mishap)[0]
    profile = client.get("/api/v1/people/author/posts/?limit=50")
    expected = {p.pk for key, p in posts.items() if oracle(key[0], relation, key[1])[1]}
    shown = set(ids(profile.json())) if profile.status_code == 200 else set()
    assert shown == expected


def surfaces(client, post: Post, root: Post) -> dict[str, bool]:
    """Where a viewer meets the post."""
    lists = {
        "home": "feed/home/",
        "latest": "feed/latest/",
        "following": "feed/following/",
        "profile": f"people/{post.author.handle}/posts/",
        "remixes": f"posts/{root.pk}/remixes/",
    }
    found = {
        name: post.pk in ids(client.get(f"/api/v1/{path}").json()) for name, path in lists.items()
    }
    tree = client.get(f"/api/v1/posts/{root.pk}/tree/").json()["items"]
    shown = {node["post"]["id"] for node in tree if node["post"]}
    return found | {
        "tree": str(post.pk) in shown,
        "direct": client.get(f"/api/v1/posts/{post.pk}/").status_code == 200,
    }


@pytest.mark.django_db
def test_a_revoked_consent_hides_the_post_everywhere_on_the_next_read():
    root_author, author, subject = person(), person(), person()
    viewer = person()
    make_mutual(viewer, author)
    root = posted(root_author)
    lent = active_cameo(subject, Audience.EVERYONE)
    post = remixed(author, root, cameos=[lent])
    client, own = signed_in(viewer), signed_in(author)
    card = client.get(f"/api/v1/posts/{post.pk}/").json()
    mine = own.get(f"/api/v1/posts/{post.pk}/").json()
    links = [*card["media"].values(), *mine["media"].values()]
    assert set(surfaces(client, post, root).values()) == {True}
    assert {client.get(link).status_code for link in links} == {200}
    set_terms(lent, audience=Audience.ONLY_ME)
    assert set(surfaces(client, post, root).values()) == {False}
    assert {client.get(link).status_code for link in links} == {404}
    assert own.get(f"/api/v1/posts/{post.pk}/").status_code == 404


@pytest.mark.django_db
@pytest.mark.parametrize("mishap", [POST_DOWN, OUTPUT_DOWN, HIDDEN, REMOVED])
def test_any_mishap_hides_the_post_everywhere_on_the_next_read(mishap):
    root, author, viewer = posted(person()), person(), person()
    make_mutual(viewer, author)
    post = remixed(author, root)
    client = signed_in(viewer)
    video = client.get(f"/api/v1/posts/{post.pk}/").json()["media"]["video"]
    assert set(surfaces(client, post, root).values()) == {True}
    befall(post, mishap, moderator())
    assert set(surfaces(client, post, root).values()) == {False}
    assert client.get(video).status_code == 404


@pytest.mark.django_db
def test_a_block_hides_both_from_each_other_at_once():
    one, other = person(), person()
    make_mutual(one, other)
    posts = {one: posted(one), other: posted(other)}
    clients = {one: signed_in(one), other: signed_in(other)}
    for viewer, client in clients.items():
        theirs = posts[other if viewer == one else one]
        assert theirs.pk in ids(client.get("/api/v1/feed/home/").json())
    block(one, other)
    for viewer, client in clients.items():
        theirs = posts[other if viewer == one else one]
        assert theirs.pk not in ids(client.get("/api/v1/feed/home/").json())
        assert client.get(f"/api/v1/posts/{theirs.pk}/").status_code == 404


@pytest.mark.django_db
def test_home_asks_again_for_what_the_store_still_holds():
    author, viewer = person(), person()
    posts = [posted(author) for _ in range(3)]
    client = signed_in(viewer)
    STORE.segments()
    Post.objects.filter(pk=posts[1].pk).update(state=PostState.HIDDEN)
    assert set(ids(client.get("/api/v1/feed/home/").json())) == {posts[0].pk, posts[2].pk}


def bytes_of(answer) -> bytes:
    return b"".join(answer.streaming_content)


def text_of(answer) -> str:
    return bytes_of(answer).decode()


@pytest.mark.django_db
class TestMedia:
    """Files go to the author, to whose likeness is in them, and to who may see the post."""

    def links(self, viewer, post):
        return signed_in(viewer).get(f"/api/v1/posts/{post.pk}/").json()["media"]

    def test_every_rendition_is_served_with_its_type(self):
        viewer, post = person(), posted(person())
        served = {
            name: signed_in(viewer).get(link) for name, link in self.links(viewer, post).items()
        }
        assert {name: answer["Content-Type"] for name, answer in served.items()} == {
            **dict.fromkeys(("video", "medium", "low", "preview"), "video/mp4"),
            **dict.fromkeys(("poster", "sheet"), "image/webp"),
            "stream": "application/vnd.apple.mpegurl",
            "thumbnails": "text/vtt; charset=utf-8",
        }
        assert b"".join(served["video"].streaming_content)[4:8] == b"ftyp"

    def test_a_player_gets_the_parts_of_a_stream_by_their_ranges(self, tmp_path):
        """From the one address it is told, as a player does it: relative names, byte ranges."""
        viewer, post = person(), posted(person())
        phone, stream = signed_in(viewer), self.links(viewer, post)["stream"]
        playlist = urljoin(stream, "low.m3u8")
        assert "low.m3u8" in text_of(phone.get(stream))
        told = re.findall(r'BYTERANGE[:=]"?(\d+)@(\d+)', text_of(phone.get(playlist)))
        ranges = [f"bytes={start}-{int(start) + int(length) - 1}" for length, start in told]
        parts = [phone.get(urljoin(playlist, "low_parts.mp4"), HTTP_RANGE=r) for r in ranges]
        assert [part.status_code for part in parts] == [206] * len(told)
        (tmp_path / "played.mp4").write_bytes(b"".join(map(bytes_of, parts)))
        with av.open(str(tmp_path / "played.mp4")) as film:
            assert len(list(film.decode(video=0))) == FRAMES

    def test_the_parts_of_a_stream_go_dark_with_its_video(self):
        author, viewer, lender = person(), person(), person()
        lent = active_cameo(lender, Audience.EVERYONE)
        stream = self.links(viewer, posted(author, cameos=[lent]))["stream"]
        files = ["stream.m3u8", "video.m3u8", "video_parts.mp4", "thumbnails.vtt", "medium.mp4"]
        links, phone = [urljoin(stream, file) for file in files], signed_in(viewer)
        assert [phone.get(link).status_code for link in links] == [200] * len(files)
        set_terms(lent, audience=Audience.ONLY_ME)
        assert [phone.get(link).status_code for link in links] == [404] * len(files)

    def test_a_player_needs_no_header_and_may_ask_for_a_range(self, client):
        viewer, post = person(), posted(person())
        link = self.links(viewer, post)["video"]
        part = client.get(link, headers={"Range": "bytes=4-7"})
        assert (part.status_code, b"".join(part.streaming_content)) == (206, b"ftyp")

    def test_a_link_dies_when_its_viewer_may_not_see_the_post_any_more(self, client):
        viewer, author = person(), person()
        follow(viewer, author)
        post = posted(author, "followers")
        link = self.links(viewer, post)["video"]
        assert client.get(link).status_code == 200
        block(author, viewer)
        assert client.get(link).status_code == 404

    def test_the_author_and_the_subject_see_what_nobody_else_may(self, client):
        author, subject = person(), person()
        post = posted(author, cameos=[active_cameo(subject, Audience.EVERYONE)])
        links = [self.links(viewer, post)["video"] for viewer in (author, subject, person())]
        services.hide(post)
        assert [client.get(link).status_code for link in links] == [200, 200, 404]

    def test_a_forged_link_is_not_found(self, client):
        viewer, post = person(), posted(person())
        link = self.links(viewer, post)["video"]
        token, file = link.split("/")[-2:]
        forged = token[:-1] + ("a" if token[-1] != "a" else "b")
        assert client.get(link).status_code == 200
        assert client.get(link.replace(token, forged)).status_code == 404
        assert client.get(link.replace(file, "sheet.png")).status_code == 404
