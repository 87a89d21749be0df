"""While a moderator has still to look at it, nobody sees an output; and what follows."""

from pathlib import Path

import pytest

from feed import services as feed
from feed.errors import HeldForReview
from generation import dispatch, services
from generation.media import urls
from generation.models import Output
from generation.states import JobState
from generation.types import Made
from sora_social.errors import NotFound
from sora_social.moderation import services as moderation
from sora_social.moderation.models import Case, CaseKind, Decision, Takedown
from sora_social.moderation.states import Reason
from sora_social.outbox import OutboxEvent
from tests.generation.making import queued_job, stored
from tests.people import moderator, person, signed_in

pytestmark = pytest.mark.django_db
REASONS = {Decision.KEEP: Reason.WITHIN_RULES, Decision.TAKE_DOWN: Reason.LIKENESS}


def case_of(output):
    return Case.objects.get(subject="output", subject_id=str(output.pk), kind=CaseKind.FIREWALL)


def decided(output, decision):
    case, judge = case_of(output), moderator()
    moderation.claim(case, judge)
    moderation.decide(case, judge, decision, REASONS[decision])
    output.refresh_from_db()
    return output


@pytest.fixture
def held():
    """An output that waits for a moderator, by the real dispatch."""
    author = person()
    job = queued_job(author)
    token = dispatch.claim(job.pk)
    doubts = {"findings": [], "pictures": [], "strength": "continuity"}
    made = [Made(**vars(one) | {"doubts": doubts}) for one in stored(job.pk, token)]
    assert dispatch.finish(job.pk, token, made) == JobState.DONE
    return Output.objects.get(job=job)


def test_the_api_says_that_it_is_held_and_shows_nothing_of_it(held):
    phone = signed_in(held.job.author)
    job, draft = f"/api/v1/jobs/{held.job_id}/", f"/api/v1/drafts/{held.pk}/"
    assert phone.get(job).data["held"] is True
    answer = phone.get(draft).data
    assert (answer["held"], answer["media"]) == (True, None)
    video = urls(held, held.job.author)["video"]
    assert phone.get(video).status_code == 404
    decided(held, Decision.KEEP)
    assert phone.get(job).data["held"] is False
    assert phone.get(draft).data["held"] is False
    assert phone.get(video).status_code == 200


def test_it_is_not_published_while_it_is_held(held):
    author = held.job.author
    with pytest.raises(HeldForReview):
        feed.publish(author, held.pk)
    answer = signed_in(author).post("/api/v1/posts/", {"draft": str(held.pk)}, "json")
    assert (answer.status_code, answer.data["code"]) == (409, "held_for_review")
    decided(held, Decision.KEEP)
    assert feed.publish(author, held.pk).output_id == held.pk


def test_nothing_is_made_of_it_while_it_is_held(held):
    with pytest.raises(NotFound):
        services.submit(held.job.author, key="more", prompt="more", task="extend", source=held)


def test_what_is_taken_down_stays_dark_and_is_held_no_longer(held):
    decided(held, Decision.TAKE_DOWN)
    assert (held.is_held, Takedown.objects.standing().count()) == (False, 1)
    assert not Output.objects.cleared().filter(pk=held.pk).exists()


@pytest.mark.parametrize("decision", REASONS)
def test_the_author_hears_the_outcome_and_never_who_it_was(held, decision):
    decided(held, decision)
    told = OutboxEvent.objects.filter(user_id=held.job.author_id)
    ended, reviewed = told.get(kind="job_ended"), told.get(kind="draft_reviewed")
    assert ended.payload["held"] == [str(held.pk)]
    assert reviewed.payload == {"draft": str(held.pk), "kept": decision == Decision.KEEP}


def test_a_held_draft_that_its_author_deletes_can_still_be_decided(held):
    services.discard(held)
    case, judge = case_of(held), moderator()
    moderation.claim(case, judge)
    moderation.decide(case, judge, Decision.KEEP, REASONS[Decision.KEEP])
    case.refresh_from_db()
    assert case.decision == Decision.KEEP


def test_a_finish_that_comes_twice_opens_one_case(held):
    made = [Made(**vars(one) | {"doubts": {"findings": []}}) for one in [drawn_made(held)]]
    assert dispatch.finish(held.job_id, prefix_token(held), made) is None
    assert (Case.objects.count(), Output.objects.filter(job=held.job_id).count()) == (1, 1)


def drawn_made(output):
    names = ("folder", "renditions", "sha256", "size", "width", "height", "seconds")
    return Made(**{name: getattr(output, name) for name in names})


def prefix_token(output):
    return Path(output.folder).parts[2]


def test_each_variant_is_held_by_itself():
    job = queued_job(person(), variants=2)
    token = dispatch.claim(job.pk)
    clean, doubted = stored(job.pk, token)
    made = [clean, Made(**vars(doubted) | {"doubts": {"findings": []}})]
    assert dispatch.finish(job.pk, token, made) == JobState.DONE
    assert list(job.outputs.order_by("variant").values_list("held_at", flat=True)) == [
        None,
        job.outputs.get(variant=1).held_at,
    ]
    assert job.outputs.get(variant=1).is_held
