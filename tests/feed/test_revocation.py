"""Taking a likeness back: seen beforehand, all or nothing, and dark at once."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from cameos import ending
from cameos import services as cameos
from cameos.models import Audience, Cameo, Erasure
from cameos.states import CameoState
from feed import revocation, services
from feed.errors import NotConfirmed
from feed.models import Post
from feed.remixes import tree
from feed.revocation import Choice
from feed.states import PostState
from generation.models import Account, Job, Output
from generation.states import JobState
from sora_social import storage
from tests.cameos.making import active_cameo
from tests.feed.making import posted
from tests.generation.making import done_output, queued_job
from tests.people import person, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def lent():
    """A cameo in a post, a remix of it, a draft and a waiting job; and a remix without it."""
    return Lent()


class Lent:
    def __init__(self):
        self.owner, self.author, self.remixer = (
            person("lender"),
            person("author"),
            person("remixer"),
        )
        self.cameo = active_cameo(self.owner, Audience.EVERYONE)
        self.root = posted(self.author)
        self.post = posted(self.author, cameos=[self.cameo], parents=[self.root.output])
        job = queued_job(self.remixer, [self.cameo], parents=[self.post.output])
        job.uses.update(inherited=True)
        self.job = job
        self.draft = done_output(self.remixer, [self.cameo])
        self.below = posted(self.remixer, parents=[self.post.output])

    def outcome(self, choice):
        return {one["choice"]: one for one in revocation.preview(self.cameo)}[choice]


def visible(post, viewer):
    return Post.objects.visible_to(viewer).filter(pk=post.pk).exists()


def test_the_preview_counts_what_there_is_and_changes_nothing(lent):
    assert revocation.reach(lent.cameo) == {
        "drafts": 1, "posts": 1, "remixes": 0, "jobs": 1, "leaves": 2, "authors": 2,
    }  # fmt: skip
    mild, hard = lent.outcome(Choice.FUTURE), lent.outcome(Choice.PURGE)
    assert (mild["darkens"]["posts"], mild["cancels_jobs"], mild["final"]) == (0, 0, False)
    assert (hard["darkens"]["posts"], hard["cancels_jobs"], hard["final"]) == (1, 1, True)
    assert (hard["deletes_files_of"], hard["ends_leaves"]) == (2, 2)
    assert Cameo.objects.get(pk=lent.cameo.pk).state == CameoState.ACTIVE


def test_what_is_done_is_what_the_preview_said(lent):
    for choice in (Choice.FREEZE, Choice.FUTURE, Choice.HIDE):
        before = lent.outcome(choice)
        assert revocation.apply(lent.cameo, choice) == before


def test_for_the_future_only_all_there_is_stays(lent):
    revocation.apply(lent.cameo, Choice.FUTURE)
    assert visible(lent.post, person())
    assert Job.objects.may_go_on().filter(pk=lent.job.pk).exists()
    assert not Cameo.objects.usable_by(lent.author).exists()
    late = queued_job_of(lent)
    assert not Job.objects.may_go_on().filter(pk=late.pk).exists()


def queued_job_of(lent):
    """A job that was asked for after all on a leave of before."""
    job = queued_job(lent.author)
    leave = lent.cameo.consents.get(requester=lent.author)
    job.uses.create(cameo=lent.cameo, consent=leave)
    return job


def test_hidden_it_is_dark_and_can_be_resumed(lent):
    revocation.apply(lent.cameo, Choice.HIDE)
    assert not visible(lent.post, person())
    assert Job.objects.get(pk=lent.job.pk).state == JobState.CANCELLED
    cameos.resume(lent.cameo)
    assert visible(lent.post, person())


@pytest.mark.parametrize("choice", [Choice.REVOKE, Choice.PURGE])
def test_what_is_final_asks_for_the_handle(lent, choice):
    for said in ("", "somebody", lent.owner.handle + "x"):
        with pytest.raises(NotConfirmed):
            revocation.apply(lent.cameo, choice, said)
    assert visible(lent.post, person())
    revocation.apply(lent.cameo, choice, f"@{lent.cameo.handle}")
    assert not visible(lent.post, person())


def test_revoking_ends_jobs_gives_credits_back_and_destroys_the_key(lent):
    reserved = Account.objects.get(user=lent.remixer).reserved
    assert reserved == lent.job.cost
    revocation.apply(lent.cameo, Choice.REVOKE, lent.cameo.handle)
    assert Job.objects.get(pk=lent.job.pk).state == JobState.CANCELLED
    assert Account.objects.get(user=lent.remixer).reserved == 0
    assert bool(Cameo.objects.get(pk=lent.cameo.pk).wrapped_key) is False
    assert Erasure.objects.get().cameo_id == lent.cameo.pk


@pytest.mark.parametrize("choice", [Choice.REVOKE, Choice.PURGE])
def test_what_cannot_be_ended_now_is_hidden_and_ended_when_asked_again(lent, choice, monkeypatch):
    def broken(*_):
        raise OSError("the disk is full")

    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(ending, "drop_files", broken)
        with pytest.raises(OSError, match="full"):
            revocation.apply(lent.cameo, choice, lent.cameo.handle)
    lent.cameo.refresh_from_db()
    assert (lent.cameo.state, bool(lent.cameo.wrapped_key)) == (CameoState.PAUSED, True)
    assert not visible(lent.post, person())
    assert lent.cameo.consents.open().exists()
    revocation.apply(lent.cameo, choice, lent.cameo.handle)
    lent.cameo.refresh_from_db()
    assert (lent.cameo.state, bool(lent.cameo.wrapped_key)) == (CameoState.REVOKED, False)


@pytest.mark.django_db(transaction=True)
def test_a_purge_deletes_the_files_and_leaves_a_tombstone(lent):
    keys = [*lent.post.output.keys, *lent.draft.keys]
    assert all(map(storage.exists, keys))
    revocation.apply(lent.cameo, Choice.PURGE, lent.cameo.handle)
    assert not any(map(storage.exists, keys))
    assert Post.objects.get(pk=lent.post.pk).state == PostState.REMOVED
    assert Output.objects.get(pk=lent.post.output_id).recipe == {}
    nodes = tree(person(), lent.root)["items"]
    assert [bool(node["post"]) for node in nodes] == [True, False, True]
    assert Post.objects.get(pk=lent.root.pk).remixes == 0


def test_only_the_owner_sees_and_takes_back(lent):
    path = f"/api/v1/cameos/{lent.cameo.pk}/taking-back/"
    assert signed_in(lent.author).get(path).status_code == 404
    assert signed_in(lent.author).post(path, {"choice": "hide"}).status_code == 404
    client = signed_in(lent.owner)
    assert [one["choice"] for one in client.get(path).json()] == list(Choice)
    refused = client.post(path, {"choice": "purge"}, format="json")
    assert (refused.status_code, refused.json()["code"]) == (400, "not_confirmed")
    said = client.post(path, {"choice": "freeze"}, format="json").json()
    assert (said["choice"], said["final"]) == ("freeze", False)


def test_a_frozen_likeness_is_in_no_new_remix(lent):
    revocation.apply(lent.cameo, Choice.FREEZE)
    with pytest.raises(cameos_refused()) as no:
        services.remix(lent.remixer, lent.post, "key", {"prompt": "a red ball"})
    assert no.value.facts["rule"] == "remix"


def cameos_refused():
    from cameos.errors import ConsentRequired  # noqa: PLC0415 -- only here

    return ConsentRequired


def test_backups_have_a_deadline_that_an_operator_meets(lent):
    revocation.apply(lent.cameo, Choice.REVOKE, lent.cameo.handle)
    told = StringIO()
    call_command("erasures", stdout=told)
    assert str(lent.cameo.pk) in told.getvalue()
    told = StringIO()
    call_command("erasures", "--done", str(lent.cameo.pk), stdout=told)
    assert told.getvalue() == ""
    with pytest.raises(CommandError):
        call_command("erasures", "--done", str(lent.cameo.pk))
