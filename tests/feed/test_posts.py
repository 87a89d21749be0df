"""Posting, changing, remixing, liking, commenting: the rules, through the API."""

from __future__ import annotations

import threading
import uuid

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cameos.models import Audience
from cameos.services import set_terms
from feed import own, services
from feed.models import Comment, Post
from feed.states import POST_MOVES, PostState
from generation import services as services_of_generation
from generation.models import CameoUse, Job
from sora_social.errors import IllegalMove
from sora_social.moderation.models import Subject
from sora_social.moderation.services import take_down
from sora_social.notifications.models import Notice
from sora_social.users.services import block
from tests.cameos.making import active_cameo
from tests.feed.making import posted, remixed
from tests.generation.making import done_output, queued_job
from tests.people import at_console, moderator, person, signed_in

pytestmark = pytest.mark.django_db
POSTS = "/api/v1/posts/"


def publish(author, draft, **said):
    return signed_in(author).post(POSTS, {"draft": str(draft), **said}, format="json")


def notices(user):
    return list(Notice.objects.filter(user=user).order_by("pk").values_list("kind", flat=True))


# --- publishing ---------------------------------------------------------------------------------


def test_a_draft_becomes_a_post_with_its_facts():
    author = person(display_name="An author")
    output = done_output(author, prompt="a red ball")
    answer = publish(author, output.pk, caption="Look!\nUp.", audience="followers")
    card = answer.json()
    assert answer.status_code == 201
    assert card["author"] == {"handle": author.handle, "display_name": "An author"}
    assert {name: card[name] for name in ("caption", "audience", "prompt", "state")} == {
        "caption": "Look!\nUp.", "audience": "followers", "prompt": "a red ball", "state": "live",
    }  # fmt: skip
    assert (card["parent"], card["root"], card["depth"], card["cameos"]) == (None, None, 0, [])
    assert card["counters"] == {"likes": 0, "comments": 0, "remixes": 0}
    assert set(card["media"]) == {
        *("video", "medium", "low", "stream", "preview", "poster", "sheet", "thumbnails"),
    }


@pytest.mark.parametrize("make", [lambda who: uuid.uuid4(), lambda who: done_output(person()).pk])
def test_only_ones_own_draft_can_be_posted(make):
    author = person()
    answer = publish(author, make(author))
    assert (answer.status_code, answer.json()["code"]) == (404, "draft_not_found")
    assert list(answer.json()["fields"]) == ["draft"]


def test_a_job_that_is_not_done_is_no_draft():
    author = person()
    answer = publish(author, queued_job(author).pk)
    assert (answer.status_code, answer.json()["code"]) == (409, "draft_not_ready")
    assert answer.json()["facts"] == {"state": "queued"}


def test_a_draft_is_posted_once():
    author = person()
    draft = done_output(author).pk
    assert [publish(author, draft).status_code for _ in range(2)] == [201, 409]
    assert Post.objects.count() == 1


def test_everyone_is_asked_again_when_it_is_posted():
    author, lent = person(), active_cameo(person(), Audience.EVERYONE)
    draft = done_output(author, cameos=[lent]).pk
    set_terms(lent, audience=Audience.ONLY_ME)
    answer = publish(author, draft)
    assert (answer.status_code, answer.json()["code"]) == (403, "leave_gone")
    assert not Post.objects.exists()


def test_what_is_down_cannot_be_posted():
    author = person()
    draft = done_output(author)
    take_down(Subject.OUTPUT, str(draft.pk), moderator(), "a rule")
    assert publish(author, draft.pk).status_code == 403


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("caption", "x" * 501),
        ("caption", "a\x00b"),
        ("caption", "a\x1bb"),
        ("audience", "nobody"),
        ("draft", "7"),
        ("draft", None),
    ],
)
def test_bad_fields_are_named(field, value):
    author = person()
    answer = publish(author, **{"draft": done_output(author).pk, field: value})
    assert (answer.status_code, list(answer.json()["fields"])) == (400, [field])


# --- changing -----------------------------------------------------------------------------------


def test_the_author_changes_words_audience_and_sight():
    author = person()
    post, client = posted(author), signed_in(author)
    path = f"{POSTS}{post.pk}/"
    changed = client.patch(path, {"caption": "New", "audience": "unlisted"}, format="json").json()
    assert (changed["caption"], changed["audience"]) == ("New", "unlisted")
    states = [
        client.patch(path, {"hidden": hidden}, format="json").json()["state"]
        for hidden in (True, True, False, False)
    ]
    assert states == ["hidden", "hidden", "live", "live"]


@pytest.mark.parametrize("verb", ["patch", "delete"])
def test_nobody_else_changes_a_post(verb):
    post = posted(person())
    assert getattr(signed_in(person()), verb)(f"{POSTS}{post.pk}/").status_code == 404


def test_a_removed_post_is_gone_for_good():
    author = person()
    post, client = posted(author), signed_in(author)
    path = f"{POSTS}{post.pk}/"
    assert [client.delete(path).status_code for _ in range(2)] == [204, 404]
    assert client.get(path).status_code == 404
    assert client.patch(path, {"hidden": False}, format="json").status_code == 404


@pytest.mark.parametrize("here", PostState.values)
@pytest.mark.parametrize("to", PostState.values)
def test_a_post_moves_along_its_table_only(here, to):
    post = posted(person())
    Post.objects.filter(pk=post.pk).update(state=here)
    post.refresh_from_db()
    if to in POST_MOVES.get(here, ()):
        post.move(to)
        assert post.state == to
    else:
        with pytest.raises(IllegalMove):
            post.move(to)


@pytest.mark.parametrize("number", [0, 2**63, 10**25])
def test_an_impossible_id_is_not_found(number):
    assert signed_in(person()).get(f"{POSTS}{number}/").status_code == 404


# --- remixing -----------------------------------------------------------------------------------


def wish(client, post, key="k1", **said):
    said = {"prompt": "the same in the snow"} | said
    path = f"{POSTS}{post.pk}/remixes/"
    return client.post(path, said, format="json", headers={"Idempotency-Key": key})


def test_a_remix_starts_from_the_posts_video_and_inherits_its_people():
    lent = active_cameo(person(), Audience.EVERYONE)
    post, remixer = posted(person(), cameos=[lent]), person()
    answer = wish(signed_in(remixer), post, strength=0.4, seed=5)
    job = Job.objects.get(pk=answer.json()["id"])
    assert answer.status_code == 201
    assert (job.author, job.strength, job.seed) == (remixer, 0.4, 5)
    assert [source.output for source in job.sources.all()] == [post.output]
    uses = CameoUse.objects.filter(job=job).values_list("cameo", "consent__requester", "inherited")
    assert list(uses) == [(lent.pk, remixer.pk, True)]


def test_one_key_is_one_remix():
    post, client = posted(person()), signed_in(person())
    answers = [wish(client, post), wish(client, post), wish(client, post, prompt="other")]
    assert [answer.status_code for answer in answers] == [201, 200, 422]
    assert answers[0].json()["id"] == answers[1].json()["id"]


def test_a_remix_needs_the_leave_of_whom_it_inherits():
    lender, remixer = person(), person()
    lent = active_cameo(lender, Audience.EVERYONE)
    post = posted(person(), cameos=[lent])
    block(lender, remixer)
    answer = wish(signed_in(remixer), post)
    assert (answer.status_code, answer.json()["code"]) == (403, "consent_required")
    assert not Job.objects.by(remixer).exists()


def test_what_one_may_not_see_one_cannot_remix():
    answer = wish(signed_in(person()), posted(person(), "followers"))
    assert answer.status_code == 404


@pytest.mark.parametrize(
    ("field", "value"),
    [("prompt", ""), ("prompt", "x" * 2001), ("prompt", "\x07"), ("strength", 1.5), ("seed", -1)],
)
def test_a_bad_wish_names_its_field(field, value):
    answer = wish(signed_in(person()), posted(person()), **{field: value})
    assert (answer.status_code, list(answer.json()["fields"])) == (400, [field])


def test_a_posted_remix_knows_its_place_and_is_counted():
    root = posted(person())
    child = remixed(person(), root)
    grandchild = remixed(person(), child)
    places = [(p.parent_id, p.root_id, p.depth) for p in (root, child, grandchild)]
    assert places == [(None, None, 0), (root.pk, root.pk, 1), (child.pk, root.pk, 2)]
    counted = list(Post.objects.order_by("pk").values_list("remixes", flat=True))
    assert counted == [1, 1, 0]
    services.remove(grandchild)
    assert list(Post.objects.order_by("pk").values_list("remixes", flat=True)) == [1, 0, 0]


@pytest.mark.parametrize("parent", services.REACH)
@pytest.mark.parametrize("child", services.REACH)
def test_a_remix_reaches_no_further_than_its_parent(parent, child):
    author = person()
    output = done_output(author, parents=[posted(person(), parent).output])
    answer = publish(author, output.pk, audience=child)
    allowed = child in services.REACH[parent]
    assert answer.status_code == (201 if allowed else 403)
    assert allowed or list(answer.json()["fields"]) == ["audience"]


def test_a_draft_between_does_not_widen_what_it_came_from():
    author = person()
    draft = done_output(author, parents=[posted(person(), "followers").output])
    output = done_output(author, parents=[done_output(author), draft])
    assert publish(author, output.pk, audience="public").status_code == 403
    services_of_generation.discard(draft)
    assert publish(author, output.pk, audience="public").status_code == 403
    assert publish(author, output.pk, audience="followers").status_code == 201


def test_a_remix_takes_the_fields_of_any_job():
    remixer, post = person(), posted(person())
    mine = done_output(remixer)
    client = signed_in(remixer)
    extended = wish(client, post, key="a", task="extend", seconds=1.0).json()
    assert (extended["task"], extended["seconds"]) == ("extend", 1.0)
    blended = wish(client, post, key="b", task="blend", other=str(mine.pk)).json()
    sources = Job.objects.get(pk=blended["id"]).sources.order_by("pk")
    assert [source.output for source in sources] == [post.output, mine]
    refused = wish(client, post, key="c", task="blend", other=str(post.output_id))
    assert (refused.status_code, list(refused.json()["fields"])) == (404, ["other"])


def test_a_remix_cannot_be_widened_later():
    author = person()
    post = remixed(author, posted(person(), "followers"), "followers")
    answer = signed_in(author).patch(f"{POSTS}{post.pk}/", {"audience": "public"}, format="json")
    assert (answer.status_code, answer.json()["code"]) == (403, "audience_too_wide")


# --- the tree -----------------------------------------------------------------------------------


def shape(client, post):
    """(node, parent, depth, id or None) of a tree."""
    answer = client.get(f"{POSTS}{post.pk}/tree/").json()
    return [
        (n["node"], n["parent_node"], n["depth"], n["post"] and int(n["post"]["id"]))
        for n in answer["items"]
    ]


def test_a_tree_has_parents_before_children_and_tombstones_between_them():
    a = posted(person())
    b, c = remixed(person(), a), remixed(person(), a)
    b1, c1 = remixed(person(), b), remixed(person(), c)
    services.hide(b)
    expected = [
        (0, None, 0, a.pk), (1, 0, 1, None), (2, 1, 2, b1.pk), (3, 0, 1, c.pk), (4, 3, 2, c1.pk),
    ]  # fmt: skip
    viewer = signed_in(person())
    assert [shape(viewer, post) for post in (a, c1)] == [expected, expected]


def test_a_branch_in_which_nothing_may_be_seen_is_not_there():
    a = posted(person())
    b = remixed(person(), a)
    remixed(person(), b, "unlisted")
    services.hide(b)
    assert shape(signed_in(person()), a) == [(0, None, 0, a.pk)]


def test_an_unlisted_post_never_tells_its_link():
    hidden = posted(person(), "unlisted")
    child = remixed(person(), hidden, "unlisted")
    viewer = signed_in(person())
    answer = viewer.get(f"{POSTS}{child.pk}/")
    tree = viewer.get(f"{POSTS}{child.pk}/tree/")
    assert (answer.json()["parent"], answer.json()["root"]) == (None, None)
    assert (str(hidden.pk) in answer.content.decode(), str(hidden.pk) in tree.content.decode()) == (
        False,
        False,
    )


def test_a_tree_is_a_fixed_number_of_queries(django_assert_num_queries):
    root, client = posted(person()), signed_in(person())
    tree = f"{POSTS}{root.pk}/tree/"
    remixed(person(), root)
    client.get(tree)
    with CaptureQueriesContext(connection) as few:
        client.get(tree)
    for _ in range(6):
        remixed(person(), root)
    with django_assert_num_queries(len(few)):
        assert len(client.get(tree).json()["items"]) == 8


# --- liking and commenting ----------------------------------------------------------------------


def test_likes_count_once_however_often_they_are_sent():
    post, client = posted(person()), signed_in(person())
    path = f"{POSTS}{post.pk}/like/"
    counts = []
    for verb in (client.put, client.put, client.delete, client.delete, client.put):
        assert verb(path).status_code == 204
        card = client.get(f"{POSTS}{post.pk}/").json()
        counts.append((card["counters"]["likes"], card["liked"]))
    assert counts == [(1, True), (1, True), (0, False), (0, False), (1, True)]


@pytest.mark.django_db(transaction=True)
def test_likes_at_the_same_moment_count_once():
    post, fan = posted(person()), person()

    def like():
        services.like(fan, post)
        connection.close()

    threads = [threading.Thread(target=like) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    post.refresh_from_db()
    assert (post.likes, post.liked.count()) == (1, 1)


def test_comments_are_said_listed_and_taken_away():
    author, talker = person(), person("talker")
    post = posted(author)
    path = f"{POSTS}{post.pk}/comments/"
    said = signed_in(talker).post(path, {"text": "Nice"}, format="json")
    listed = signed_in(person()).get(path).json()["items"]
    assert (said.status_code, [(c["text"], c["author"]["handle"]) for c in listed]) == (
        201,
        [("Nice", "talker")],
    )
    one = f"/api/v1/comments/{said.json()['id']}/"
    assert [signed_in(who).delete(one).status_code for who in (person(), author, author)] == [
        404,
        204,
        404,
    ]
    post.refresh_from_db()
    assert post.comments == 0


@pytest.mark.parametrize("text", ["", "   ", "x" * 501, "a\x00", "\u202ea\x02"])
def test_a_comment_is_1_to_500_plain_characters(text):
    path = f"{POSTS}{posted(person()).pk}/comments/"
    answer = signed_in(person()).post(path, {"text": text}, format="json")
    assert (answer.status_code, list(answer.json()["fields"])) == (400, ["text"])


def test_comments_of_the_blocked_and_of_the_taken_down_are_not_shown():
    post, viewer = posted(person()), person()
    rude, down, fine = (services.comment(person(), post, text) for text in ("r", "d", "f"))
    block(viewer, rude.author)
    take_down(Subject.COMMENT, down.down_id, moderator(), "a rule")
    assert list(Comment.objects.visible_to(viewer)) == [fine]


def test_the_author_hears_of_others_acts_never_of_own_ones(django_capture_on_commit_callbacks):
    author, fan = person(), person("fan")
    with django_capture_on_commit_callbacks(execute=True):
        post = posted(author)
        for who in (author, fan, fan):
            services.like(who, post)
            services.comment(who, post, "Hm")
        remixed(author, post)
        remixed(fan, post)
    heard = [kind for kind in notices(author) if kind not in {"job_ended"}]
    assert sorted(heard) == ["comment", "comment", "like", "remix"]
    assert {n.payload["by"] for n in Notice.objects.filter(user=author, kind="like")} == {"fan"}


def test_nothing_is_told_across_a_block(django_capture_on_commit_callbacks):
    author, other = person(), person()
    post = posted(author)
    output = done_output(other, parents=[post.output])
    block(author, other)
    with django_capture_on_commit_callbacks(execute=True):
        services.publish(other, output.pk)
    assert "remix" not in notices(author)


# --- a person's own, and a person's end ---------------------------------------------------------


def test_an_export_holds_ones_own_posts_likes_and_words():
    one, other = person(), person()
    post = posted(other, caption="theirs")
    mine = posted(one, caption="mine")
    services.like(one, post)
    services.comment(one, post, "my words")
    signed_in(one).get("/api/v1/feed/home/")
    parts = {name: content.decode() for name, content in own.personal_data(one)}
    assert str(mine.pk) in parts["feed/posts.json"]
    assert ("mine" in parts["feed/posts.json"], "theirs" in "".join(parts.values())) == (
        True,
        False,
    )
    assert str(post.pk) in parts["feed/likes.json"] + parts["feed/served.json"]
    assert "my words" in parts["feed/comments.json"]


def test_forgetting_a_person_keeps_counters_true_and_trees_together():
    leaver, stayer = person(), person()
    root = posted(leaver)
    heir, second = remixed(stayer, root), remixed(stayer, root)
    deeper = remixed(stayer, second)
    others = posted(stayer)
    remixed(leaver, others)
    services.like(leaver, others)
    services.comment(leaver, others, "bye")
    services.comment(leaver, others, "bye bye")
    own.forget(leaver)
    others.refresh_from_db()
    assert (others.likes, others.comments, others.remixes) == (0, 0, 0)
    found = Post.objects.filter(pk__in=[heir.pk, second.pk, deeper.pk]).order_by("pk")
    assert list(found.values_list("root_id", flat=True)) == [None, heir.pk, heir.pk]
    assert not leaver.posts.exists()


# --- moderators ---------------------------------------------------------------------------------


def test_a_moderator_takes_a_post_down_from_the_list():
    post, client = posted(person()), at_console(moderator())
    page = client.get("/admin/feed/post/")
    chosen = {"action": "take_down", "_selected_action": [str(post.pk)]}
    client.post("/admin/feed/post/", chosen)
    assert (page.status_code, client.get(f"/admin/feed/post/{post.pk}/change/").status_code) == (
        200,
        200,
    )
    assert not Post.objects.visible_to(person()).exists()
