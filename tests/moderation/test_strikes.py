"""Strikes: given with a decision against somebody, gone in time or with the decision."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils.timezone import now

from sora_social.audit import AuditRecord
from sora_social.moderation import services
from sora_social.moderation.errors import OwnCase
from sora_social.moderation.models import Case, Strike, Takedown
from sora_social.moderation.policy import stands
from sora_social.moderation.states import SUSPENDED_AT
from sora_social.notifications.models import Notice
from sora_social.users.models import User
from tests.feed.making import posted
from tests.people import moderator, person, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada() -> User:
    return person("ada")


def decided(subject: str, subject_id: object, decision: str = "take_down", **more) -> Case:
    judge = moderator()
    case = services.report(person(), subject, str(subject_id), "spam")
    services.claim(case, judge)
    reason = "spam" if decision == "take_down" else "within_rules"
    services.decide(case, judge, decision, reason, **more)
    return case


def struck(ada: User, times: int = 1) -> list[Case]:
    return [decided("post", posted(ada).pk) for _ in range(times)]


def strikes_of(user: User) -> list[dict]:
    return signed_in(user).get("/api/v1/moderation/strikes/").json()["items"]


def test_a_decision_against_a_post_strikes_its_author_who_hears_of_it(
    ada, django_capture_on_commit_callbacks
):
    post = posted(ada)
    with django_capture_on_commit_callbacks(execute=True):
        case = decided("post", post.pk)
    strike = strikes_of(ada)[0]
    assert (strike["case"], strike["reason"], strike["standing"]) == (str(case.pk), "spam", True)
    told = Notice.objects.get(user=ada, kind="decided_against").payload
    assert (told["subject_id"], told["decision"], told["reason"]) == (
        str(post.pk), "take_down", "spam",
    )  # fmt: skip
    assert told["strike_until"] == Strike.objects.get().expires_at.isoformat()
    assert told["appeal_until"] == case.appeal_until.isoformat()


def test_a_strike_stands_for_its_time(ada):
    struck(ada)
    strike = Strike.objects.get()
    assert (
        timedelta(0) <= stands(strike.reason) - (strike.expires_at - now()) < timedelta(minutes=5)
    )
    Strike.objects.update(expires_at=now())
    assert strikes_of(ada)[0]["standing"] is False


@pytest.mark.parametrize("subject", ["output", "comment", "cameo", "person"])
def test_everything_somebody_can_be_blamed_for_strikes_whose_it_is(ada, subject):
    decided(subject, thing_of(ada, subject))
    assert [strike.person for strike in Strike.objects.all()] == [ada]


def thing_of(ada: User, subject: str) -> object:
    from feed.services import comment  # noqa: PLC0415 -- makers of one test
    from tests.cameos.making import active_cameo  # noqa: PLC0415

    return {
        "output": lambda: posted(ada).output_id,
        "comment": lambda: comment(ada, posted(person()), "hm").pk,
        "cameo": lambda: active_cameo(ada).pk,
        "person": lambda: ada.handle,
    }[subject]()


@pytest.mark.parametrize("more", [{"decision": "keep"}, {"strike": False}])
def test_what_is_kept_or_spared_strikes_nobody(ada, more):
    decided("post", posted(ada).pk, **more)
    assert not Strike.objects.exists()


def test_what_is_nobodys_strikes_nobody():
    decided("post", "12345")
    assert not Strike.objects.exists()


def test_too_many_standing_strikes_suspend(ada):
    client = signed_in(ada)
    struck(ada, SUSPENDED_AT - 1)
    assert client.get("/api/v1/me/").status_code == 200
    struck(ada)
    assert client.get("/api/v1/me/").status_code == 401
    ada.refresh_from_db()
    assert not ada.is_active
    down = Takedown.objects.get(subject="person")
    assert (down.by_strikes, down.reason) == (True, "strikes")


def test_expired_strikes_do_not_count(ada):
    struck(ada, SUSPENDED_AT - 1)
    Strike.objects.update(expires_at=now())
    struck(ada)
    ada.refresh_from_db()
    assert ada.is_active


def test_a_suspension_by_strikes_ends_with_them(ada):
    struck(ada, SUSPENDED_AT)
    services.end_suspensions()
    assert not User.objects.get(pk=ada.pk).is_active
    Strike.objects.filter(pk=Strike.objects.first().pk).update(expires_at=now())
    services.end_suspensions()
    assert User.objects.get(pk=ada.pk).is_active
    last = AuditRecord.objects.order_by("-pk").first()
    assert (last.kind, last.actor_id) == ("takedown_lifted", None)


def test_a_suspension_by_a_moderator_does_not_end_by_itself(ada):
    services.take_down("person", str(ada.pk), moderator(), "spam")
    services.end_suspensions()
    assert not User.objects.get(pk=ada.pk).is_active


def test_one_case_strikes_once_however_often_it_is_told(ada):
    case = struck(ada)[0]
    from sora_social.moderation import strikes  # noqa: PLC0415 -- the room behind the verb

    strikes.give(case, [ada])
    assert Strike.objects.count() == 1


def test_people_see_their_own_strikes_alone(ada):
    struck(ada)
    assert strikes_of(person()) == []


# --- whose it is ---


@pytest.mark.parametrize("subject", ["output", "comment", "cameo", "person"])
def test_a_moderator_neither_claims_nor_lifts_what_is_theirs(subject):
    judge = moderator("mod")
    thing = thing_of(judge, subject)
    case = services.report(person(), subject, str(thing), "spam")
    with pytest.raises(OwnCase):
        services.claim(case, judge)
    down = services.take_down(subject, case.subject_id, moderator(), "spam")
    User.objects.filter(pk=judge.pk).update(is_active=True)
    with pytest.raises(OwnCase):
        services.lift(down, judge)
    with pytest.raises(OwnCase):
        services.take_down(subject, case.subject_id, judge, "mine")
    assert Takedown.objects.standing().count() == 1


def test_a_moderator_does_not_judge_what_they_are_in():
    from tests.cameos.making import active_cameo  # noqa: PLC0415

    judge = moderator()
    post = posted(person(), cameos=[active_cameo(judge, "everyone")])
    for subject, subject_id in (("post", post.pk), ("output", post.output_id)):
        case = services.report(person(), subject, str(subject_id), "likeness")
        with pytest.raises(OwnCase):
            services.claim(case, judge)


def test_a_moderator_does_not_judge_their_own_report():
    judge = moderator()
    case = services.report(judge, "post", "1", "spam")
    with pytest.raises(OwnCase):
        services.claim(case, judge)


def test_a_report_made_after_the_claim_bars_the_decision():
    judge = moderator()
    case = services.report(person(), "post", "1", "spam")
    services.claim(case, judge)
    services.report(judge, "post", "1", "spam")
    with pytest.raises(OwnCase):
        services.decide(case, judge, "keep", "within_rules")
    services.release(case, judge)


# --- taken along, and forgotten ---


def test_the_export_holds_decisions_strikes_and_appeals_without_numbers(ada):
    case = struck(ada)[0]
    services.appeal(ada, case, "It was a joke.")
    decided("person", ada.handle)
    parts = dict(services.personal_data(ada))
    assert b"It was a joke." in parts["appeals.json"]
    assert parts["strikes.json"].count(b'"spam"') == 2
    assert parts["decisions.json"].count(b'"take_down"') == 2
    assert b'"subject_id": "%d"' % ada.pk not in parts["decisions.json"]


def test_a_person_who_goes_takes_strikes_and_words_along(ada):
    case = struck(ada)[0]
    services.appeal(ada, case, "It was a joke.")
    services.forget(ada)
    ada.delete()
    assert not Strike.objects.exists()
    case = Case.objects.get(pk=case.pk)
    assert (case.appeal.text, case.appeal.person, case.against.count()) == ("", None, 0)
