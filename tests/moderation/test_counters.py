from datetime import timedelta

import pytest
from django.utils.timezone import now
from rest_framework.test import APIClient

from sora_social.audit import AuditRecord
from sora_social.moderation import policy, services
from sora_social.moderation.models import Case, CounterNotice, Strike, Takedown
from sora_social.notifications.models import Notice
from tests.feed.making import posted
from tests.generation.copies import forget
from tests.people import moderator, person, signed_in

pytestmark = pytest.mark.django_db
TEXT = "I filmed this in 2019 and never let anybody use it."
COUNTER = {"text": "It is mine: I drew it.", "name": "Bee Example", "good_faith": True}


@pytest.fixture(autouse=True)
def _nothing_barred():
    forget()


def claimed_by(person_, post) -> Case:
    signed = {"name": "Ann Example", "good_faith": True}
    return services.report(person_, "post", str(post.pk), "copyright", TEXT, **signed)


def taken_down(case: Case, reason: str = "copyright") -> Case:
    judge = moderator()
    services.claim(case, judge)
    services.decide(case, judge, "take_down", reason)
    return case


def counter(author, case: Case, **changes: object):
    path = f"/api/v1/moderation/cases/{case.pk}/counter-notice/"
    return signed_in(author).post(path, COUNTER | changes, format="json")


@pytest.fixture
def post():
    return posted(person())


def test_a_claim_of_copyright_hides_nothing_before_a_moderator_has_looked(post):
    case = claimed_by(person(), post)
    assert (case.kind, case.due_at) == ("copyright", None)
    assert not Takedown.objects.exists()


def test_what_nobody_contests_is_shown_again_after_the_waiting_period(
    post, django_capture_on_commit_callbacks
):
    ann = person()
    case = taken_down(claimed_by(ann, post))
    with django_capture_on_commit_callbacks(execute=True):
        answer = counter(post.author, case)
    assert answer.status_code == 201
    told = Notice.objects.get(user=ann, kind="counter_notice").payload
    assert (told["text"], "Bee" in str(told)) == (COUNTER["text"], False)
    waits = CounterNotice.objects.get().restores_at - now()
    assert timedelta(0) <= policy.COUNTER_WAITS - waits < timedelta(minutes=5)
    assert services.restore_uncontested() == 0
    CounterNotice.objects.update(restores_at=now())
    assert services.restore_uncontested() == 1
    assert services.restore_uncontested() == 0
    assert not Takedown.objects.standing().exists()
    assert not Strike.objects.standing().exists()
    case = Case.objects.get()
    assert (case.state, case.decision, case.reason) == ("settled", "keep", "countered")
    assert AuditRecord.objects.filter(kind="counter_restored").count() == 1


def test_what_the_claimant_contests_stays_down(post):
    ann = person()
    case = taken_down(claimed_by(ann, post))
    counter(post.author, case)
    path = f"/api/v1/moderation/cases/{case.pk}/objection/"
    assert signed_in(person()).post(path, {"text": "No."}, format="json").status_code == 404
    assert signed_in(ann).post(path, {"text": "I went to court."}, format="json").status_code == 201
    assert signed_in(ann).post(path, {"text": "Again."}, format="json").status_code == 409
    CounterNotice.objects.update(restores_at=now())
    assert services.restore_uncontested() == 0
    assert Takedown.objects.standing().exists()


def test_a_claimant_without_an_account_reads_and_contests_it_by_receipt(post):
    wish = {"subject": "post", "subject_id": str(post.pk), "reason": "copyright", "text": TEXT}
    signed = wish | {"name": "Ann", "email": "ann@example.org", "good_faith": True}
    receipt = APIClient().post("/api/v1/open-reports/", signed, format="json").json()["receipt"]
    counter(post.author, taken_down(Case.objects.get()))
    read = APIClient().get(f"/api/v1/open-reports/{receipt}/").json()
    assert (read["counter_notice"], read["restores_at"] is None) == (COUNTER["text"], False)
    path = f"/api/v1/open-reports/{receipt}/objection/"
    answer = APIClient().post(path, {"text": "I went to court."}, format="json")
    assert (answer.status_code, answer.json()["restores_at"]) == (201, None)


def test_a_counter_notice_is_signed_once_by_whom_it_goes_against(post):
    case = taken_down(claimed_by(person(), post))
    assert list(counter(post.author, case, good_faith=False).json()["fields"]) == ["good_faith"]
    assert list(counter(post.author, case, name="").json()["fields"]) == ["name"]
    assert counter(person(), case).status_code == 404
    assert counter(post.author, case).status_code == 201
    again = counter(post.author, case)
    assert (again.status_code, again.json()["facts"]["rule"]) == (409, "countered")


def test_an_intimate_picture_is_appealed_and_never_countered(post):
    signed = {"name": "Ann", "good_faith": True}
    case = services.report(person(), "post", str(post.pk), "intimate", TEXT, **signed)
    undecided = counter(post.author, case)
    assert undecided.json()["facts"]["rule"] == "not_taken_down"
    taken_down(case, "intimate")
    answer = counter(post.author, case)
    assert (answer.status_code, answer.json()["facts"]["rule"]) == (409, "other_reason")


def test_an_appeal_that_is_settled_first_ends_the_waiting(post):
    case, other = taken_down(claimed_by(person(), post)), moderator()
    counter(post.author, case)
    services.appeal(post.author, Case.objects.get(), "Look again.")
    services.claim(Case.objects.get(), other)
    services.settle(Case.objects.get(), other, "upheld")
    CounterNotice.objects.update(restores_at=now())
    services.restore_uncontested()
    assert Takedown.objects.standing().exists()


def test_strikes_stand_as_long_as_the_policy_says_for_their_reason(post):
    taken_down(claimed_by(person(), post))
    strike = Strike.objects.get()
    assert strike.expires_at - now() > timedelta(days=179)
    assert policy.stands("spam") == timedelta(days=90)
