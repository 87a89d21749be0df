"""Appeals: either side, once, in time, answered by another moderator."""

from __future__ import annotations

import pytest
from django.utils.timezone import now

from feed.models import Comment, Post
from sora_social import audit
from sora_social.errors import IllegalMove
from sora_social.ids import uuid7
from sora_social.moderation import services
from sora_social.moderation.errors import (
    NotAppealable,
    NotYourCase,
    OtherEyes,
    OwnCase,
    ReasonUnknown,
)
from sora_social.moderation.models import Appeal, Case, CaseState, Strike, Takedown
from sora_social.moderation.states import APPEAL_WITHIN, SUSPENDED_AT
from sora_social.notifications.models import Notice
from sora_social.users.models import User
from tests.feed.making import posted
from tests.people import PASSWORD, moderator, person, signed_in
from tests.racing import race

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada() -> User:
    return person("ada")


@pytest.fixture
def bee() -> User:
    return person("bee")


def decided(ada: User, bee: User, decision: str) -> Case:
    """About a post of ada's that bee reported."""
    judge = moderator()
    case = services.report(bee, "post", str(posted(ada).pk), "spam")
    services.claim(case, judge)
    services.decide(case, judge, decision, "spam" if decision == "take_down" else "within_rules")
    return case


def appealed(ada: User, bee: User, decision: str) -> Case:
    case = decided(ada, bee, decision)
    services.appeal(ada if decision == "take_down" else bee, case, "Please look again.")
    return case


def settle(case: Case, outcome: str, reason: str = "", judge: User | None = None) -> User:
    judge = judge or moderator()
    services.claim(case, judge)
    services.settle(case, judge, outcome, reason)
    return judge


def ask(user: User, case: Case, text: str = "Please look again."):
    path = f"/api/v1/moderation/cases/{case.pk}/appeal/"
    return signed_in(user).post(path, {"text": text}, format="json")


def cases_of(user: User) -> list[dict]:
    return signed_in(user).get("/api/v1/moderation/cases/").json()["items"]


# --- who may, and when ---


def test_whose_post_was_taken_down_appeals(ada, bee):
    case = decided(ada, bee, "take_down")
    answer = ask(ada, case)
    assert (answer.status_code, answer.json()["state"]) == (201, "appealed")
    assert answer.json()["appeal"]["text"] == "Please look again."
    assert answer.json()["appeal_until"] is None


def test_whose_report_came_to_nothing_appeals(ada, bee):
    assert ask(bee, decided(ada, bee, "keep")).status_code == 201


@pytest.mark.parametrize(("decision", "winner"), [("take_down", "bee"), ("keep", "ada")])
def test_who_won_does_not_appeal(ada, bee, decision, winner):
    case = decided(ada, bee, decision)
    answer = ask({"ada": ada, "bee": bee}[winner], case)
    told = winner == "bee"  # of a report that came to nothing the other never hears
    assert answer.status_code == (409 if told else 404)


def test_a_stranger_finds_no_case(ada, bee):
    case = decided(ada, bee, "take_down")
    assert ask(person(), case).status_code == 404
    assert cases_of(person()) == []


def test_a_case_is_appealed_once(ada, bee):
    case = appealed(ada, bee, "take_down")
    assert ask(ada, case).json()["facts"] == {"rule": "final"}
    settle(case, "upheld")
    assert ask(ada, case).json()["facts"] == {"rule": "final"}


def test_an_undecided_case_is_not_appealed(ada, bee):
    case = services.report(bee, "post", str(posted(ada).pk), "spam")
    assert ask(bee, case).json()["facts"] == {"rule": "undecided"}
    assert ask(ada, case).status_code == 404


def test_the_time_to_appeal_ends(ada, bee):
    case = decided(ada, bee, "take_down")
    Case.objects.update(decided_at=now() - APPEAL_WITHIN)
    answer = ask(ada, case)
    assert (answer.status_code, answer.json()["facts"]) == (409, {"rule": "too_late"})
    assert cases_of(ada)[0]["appeal_until"] is None


@pytest.mark.parametrize("text", ["", "x" * 1001, "\x00"])
def test_an_appeal_needs_words(ada, bee, text):
    answer = ask(ada, decided(ada, bee, "take_down"), text)
    assert (answer.status_code, list(answer.json()["fields"])) == (400, ["text"])


# --- another moderator answers ---


def test_who_decided_does_not_answer(ada, bee):
    case = appealed(ada, bee, "take_down")
    with pytest.raises(OtherEyes):
        services.claim(case, case.moderator)
    assert Appeal.objects.get().moderator is None


def test_who_does_not_hold_it_does_not_answer(ada, bee):
    case = appealed(ada, bee, "take_down")
    with pytest.raises(NotYourCase):
        services.settle(case, moderator(), "upheld")
    judge = moderator()
    services.claim(case, judge)
    with pytest.raises(IllegalMove):
        services.claim(case, moderator())
    services.release(case, judge)
    settle(case, "upheld")
    assert Case.objects.get().state == CaseState.SETTLED


def test_a_moderator_does_not_answer_an_appeal_of_their_own(bee):
    judge = moderator("mod")
    case = appealed(judge, bee, "take_down")
    with pytest.raises(OwnCase):
        services.claim(case, judge)


def test_upheld_leaves_everything_as_it_is(ada, bee):
    settle(case := appealed(ada, bee, "take_down"), "upheld")
    case.refresh_from_db()
    assert (case.state, case.decision) == (CaseState.SETTLED, "take_down")
    assert Strike.objects.standing().count() == Takedown.objects.standing().count() == 1


def test_overturning_a_takedown_shows_it_again_and_takes_the_strike_back(ada, bee):
    case = appealed(ada, bee, "take_down")
    assert not Post.objects.visible_to(bee).exists()
    settle(case, "overturned", "within_rules")
    assert Post.objects.visible_to(bee).count() == 1
    assert not Strike.objects.standing().exists()
    case.refresh_from_db()
    assert (case.decision, case.appeal.decision) == ("keep", "take_down")
    audit.verify()


def test_overturning_a_keep_takes_it_down_and_strikes(ada, bee):
    case = appealed(ada, bee, "keep")
    settle(case, "overturned", "spam")
    assert not Post.objects.visible_to(bee).exists()
    assert [strike.person for strike in Strike.objects.standing()] == [ada]
    assert cases_of(ada)[0]["decision"] == "take_down"


@pytest.mark.parametrize("reason", ["", "spam", "fun"])
def test_a_reversal_needs_a_published_reason_of_its_own(ada, bee, reason):
    case = appealed(ada, bee, "take_down")
    with pytest.raises(ReasonUnknown):
        settle(case, "overturned", reason)
    case.refresh_from_db()
    assert (case.state, Takedown.objects.standing().count()) == (CaseState.APPEALED, 1)


def test_what_another_decision_took_down_stays_down(ada, bee):
    case = appealed(ada, bee, "take_down")
    judge, again = moderator(), services.report(person(), "post", case.subject_id, "sexual")
    services.claim(again, judge)
    services.decide(again, judge, "take_down", "sexual")
    settle(case, "overturned", "within_rules")
    assert not Post.objects.visible_to(bee).exists()
    assert Strike.objects.standing().get().case == again


def test_the_answer_is_told(ada, bee, django_capture_on_commit_callbacks):
    case = appealed(ada, bee, "take_down")
    with django_capture_on_commit_callbacks(execute=True):
        settle(case, "overturned", "within_rules")
    told = Notice.objects.get(user=ada, kind="appeal_settled").payload
    assert told == {
        "case": str(case.pk), "outcome": "overturned", "decision": "keep", "reason": "within_rules",
    }  # fmt: skip


def test_only_moderators_answer(ada, bee):
    case = appealed(ada, bee, "take_down")
    for act in (services.claim, services.release):
        with pytest.raises(Exception, match="not_a_moderator"):
            act(case, person())


@pytest.mark.django_db(transaction=True)
def test_of_two_moderators_one_gets_the_appeal():
    case = appealed(person(), person(), "keep")
    claims = {judge: Case.objects.get(pk=case.pk) for judge in (moderator() for _ in range(3))}
    got = race(lambda judge: services.claim(claims[judge], judge), list(claims))
    assert [Appeal.objects.get().moderator] == got


# --- who is suspended ---


def ask_suspended(**changes: str):
    """With the token that the suspension has ended, as an app goes on sending it."""
    wish = {"handle": "ada", "password": PASSWORD, "text": "Please."} | changes
    client = signed_in(person(is_active=False))
    return client.post("/api/v1/moderation/suspension/appeal/", wish, format="json")


def test_who_is_suspended_appeals_with_a_password_and_comes_back(ada, bee):
    for _ in range(SUSPENDED_AT):
        case = decided(ada, bee, "take_down")
    assert not User.objects.get(pk=ada.pk).is_active
    answer = ask_suspended()
    assert (answer.status_code, answer.json()) == (201, {"case": str(case.pk)})
    case.refresh_from_db()
    settle(case, "overturned", "within_rules")
    assert User.objects.get(pk=ada.pk).is_active


def test_a_suspension_that_was_no_case_becomes_one_with_its_appeal(ada):
    judge = moderator()
    services.take_down("person", str(ada.pk), judge, "suspended in the console")
    answer = ask_suspended()
    case = Case.objects.get(pk=answer.json()["case"])
    assert (answer.status_code, case.moderator, case.note) == (
        201, judge, "suspended in the console",
    )  # fmt: skip
    assert ask_suspended().json()["facts"] == {"rule": "final"}
    with pytest.raises(OtherEyes):
        services.claim(case, judge)
    settle(case, "overturned", "within_rules")
    assert User.objects.get(pk=ada.pk).is_active


def test_such_a_suspension_is_appealed_before_older_decisions_but_not_for_ever(ada, bee):
    decided(ada, bee, "take_down")
    services.take_down("person", str(ada.pk), moderator(), "suspended in the console")
    Takedown.objects.filter(subject="person").update(made_at=now() - 2 * APPEAL_WITHIN)
    assert ask_suspended().json()["facts"] == {"rule": "too_late"}
    assert not Case.objects.filter(subject="person").exists()


def test_overturning_a_suspension_does_not_outweigh_strikes(ada, bee):
    judge, case = moderator(), services.report(bee, "person", "ada", "harassment")
    services.claim(case, judge)
    services.decide(case, judge, "take_down", "harassment")
    services.appeal(ada, case, "Please.")
    for _ in range(SUSPENDED_AT):
        struck = services.report(person(), "comment", str(a_comment(ada).pk), "spam")
        services.claim(struck, judge)
        services.decide(struck, judge, "take_down", "spam")
    settle(case, "overturned", "within_rules")
    assert not User.objects.get(pk=ada.pk).is_active
    Strike.objects.update(expires_at=now())
    services.end_suspensions()
    assert User.objects.get(pk=ada.pk).is_active


def a_comment(author: User) -> Comment:
    number, post = uuid7(), posted(person())
    said = {"author": author, "text": "hm", "down_id": str(number)}
    return Comment.objects.create(pk=number, post=post, **said)


def test_nobody_else_learns_anything_there(ada, bee):
    decided(ada, bee, "take_down")
    statuses = {
        "not suspended": ask_suspended().status_code,
        "nobody": ask_suspended(handle="nobody_here").status_code,
    }
    services.take_down("person", str(ada.pk), moderator(), "spam")
    statuses["wrong"] = ask_suspended(password="wrong-words-1").status_code
    assert set(statuses.values()) == {403}
    assert not Appeal.objects.exists()


def test_guessing_there_is_limited():
    from sora_social.moderation.views import FewGuesses  # noqa: PLC0415 -- its rate alone

    wish = {"handle": "ada", "password": "wrong-words-1", "text": "Please."}
    client = signed_in(person())
    sent = [
        client.post("/api/v1/moderation/suspension/appeal/", wish, format="json").status_code
        for _ in range(int(FewGuesses.rate.split("/")[0]) + 1)
    ]
    assert sent == [403] * (len(sent) - 1) + [429]


# --- what the sides see ---


def test_the_sides_see_the_case_and_not_each_other(ada, bee):
    case = appealed(ada, bee, "take_down")
    judge = case.moderator
    [hers], [his] = cases_of(ada), cases_of(bee)
    assert (hers["against_you"], hers["reported_for"]) == (True, None)
    assert (his["against_you"], his["reported_for"]) == (False, "spam")
    assert (hers["appeal"]["by_you"], his["appeal"]["by_you"], his["appeal"]["text"]) == (
        True, False, "",
    )  # fmt: skip
    assert judge.handle not in f"{hers}{his}"
    assert "bee" not in str(hers)


def test_an_open_report_is_seen_by_who_made_it_alone(ada, bee):
    judge, case = moderator(), services.report(bee, "post", str(posted(ada).pk), "spam")
    services.claim(case, judge)
    assert [row["state"] for row in cases_of(bee)] == ["open"]
    assert cases_of(ada) == []


def test_a_person_is_named_by_handle(ada, bee):
    services.report(bee, "person", "ada", "spam")
    assert cases_of(bee)[0]["subject_id"] == "ada"


def test_the_list_asks_as_often_for_many_as_for_few(ada, bee, django_assert_num_queries):
    client = signed_in(bee)
    for count in (1, 3):
        for _ in range(count):
            decided(ada, bee, "keep")
        with django_assert_num_queries(5):
            assert client.get("/api/v1/moderation/cases/").status_code == 200


def test_not_appealable_says_why():
    assert NotAppealable(rule="too_late").message == "The time to appeal is over."


# --- published ---


def test_the_reasons_are_published_to_everybody(client):
    found = client.get("/api/v1/moderation/reasons/").json()
    assert {one["decision"]: [reason["code"] for reason in one["reasons"]] for one in found} == {
        "keep": ["within_rules", "not_borne_out", "false_claim"],
        "take_down": [
            "likeness", "minor", "sexual", "violence",
            "harassment", "deception", "spam", "other_rule", "intimate", "copyright",
        ],
        "strike": ["likeness", "harassment"],
        "approve": ["own_face"],
        "reject": ["unclear", "not_live", "not_own"],
    }  # fmt: skip


def test_the_head_of_the_audit_chain_is_published_to_everybody(client):
    path = "/api/v1/moderation/audit-head/"
    assert client.get(path).json() == {"number": 0, "digest": audit.GENESIS}
    row = audit.record("first", None)
    assert client.get(path).json() == {"number": 1, "digest": row.digest}


def test_a_chain_that_was_cut_short_lacks_the_published_head(client):
    audit.record("first", None)
    audit.record("second", None)
    head = client.get("/api/v1/moderation/audit-head/").json()["digest"]
    audit.AuditRecord.objects.filter(kind="second").delete()
    audit.verify()  # what is left hangs together
    assert not audit.AuditRecord.objects.filter(digest=head).exists()
