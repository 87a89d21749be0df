"""Enrolments as cases: opened with the review, decided by a moderator, settled when withdrawn."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cameos import cases, review, services
from cameos.errors import OwnCase as OwnCameo
from cameos.judging import conclude
from cameos.models import Cameo, Capture
from cameos.states import CAMEO_MOVES, CameoState
from cameos.verifying import Finding
from sora_social import storage
from sora_social.audit import AuditRecord
from sora_social.errors import IllegalMove
from sora_social.moderation import desk
from sora_social.moderation import services as moderation
from sora_social.moderation.errors import DecisionUnknown, OwnCase, ReasonUnknown
from sora_social.moderation.models import Case, CaseKind, CaseState
from sora_social.moderation.states import Reason
from sora_social.outbox import OutboxEvent
from tests.cameos.making import active_cameo, cameo_in, draft_cameo, likeness
from tests.cameos.test_judging import cameo_of, captured, passed
from tests.people import moderator, person, signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("pack")]


@pytest.fixture
def capture(tmp_path) -> Capture:
    return captured(draft_cameo(person("ada")), tmp_path)


@pytest.fixture
def waiting() -> Case:
    return reviewed(cameo_in(CameoState.REVIEW, person("ada")))


def reviewed(cameo: Cameo) -> Case:
    return cases.open_review(cameo, ["blurry"])


def decide(case: Case, decision: str, reason: str) -> Cameo:
    judge = moderator()
    moderation.claim(case, judge)
    moderation.decide(case, judge, decision, reason)
    return Cameo.objects.get(pk=case.subject_id)


# --- opened ---


def test_doubts_open_a_case_of_enrolment(capture):
    conclude(capture, passed(doubts=("blurry",)))
    case = Case.objects.get()
    assert (case.kind, case.subject) == (CaseKind.ENROLMENT, "cameo")
    assert (case.subject_id, case.facts) == (str(cameo_of(capture).pk), {"doubts": ["blurry"]})


def test_a_face_enrolled_before_opens_a_case_of_a_duplicate_with_both(capture, pack):
    other = active_cameo(person("bee"))
    Cameo.objects.filter(pk=other.pk).update(**likeness(other, 1, pack.id))
    conclude(capture, passed(seed=1))
    case = Case.objects.get()
    assert (case.kind, case.facts["like"]) == (CaseKind.DUPLICATE, str(other.pk))
    likes = [exhibit.title for exhibit in desk.exhibits(case)][:2]
    assert likes == ["The likeness: @ada", "The likeness it looks like: @bee"]


def test_who_enrols_hears_nothing_of_the_other(capture, pack):
    other = active_cameo(person("zelda"))
    Cameo.objects.filter(pk=other.pk).update(**likeness(other, 1, pack.id))
    conclude(capture, passed(seed=1))
    decide(Case.objects.get(), "reject", "not_own")
    ada = cameo_of(capture).owner
    told = str([*OutboxEvent.objects.filter(user_id=ada.pk).values_list("payload", flat=True)])
    seen = signed_in(ada).get("/api/v1/moderation/cases/").json()
    seen = f"{seen}{signed_in(ada).get('/api/v1/cameos/').json()}"
    assert [word for word in ("zelda", str(other.pk), "duplicate", "like") if word in told] == []
    assert [word for word in ("zelda", str(other.pk), "duplicate") if word in seen] == []
    assert Reason.NOT_OWN.label in told


def test_what_needs_no_review_opens_no_case(capture):
    conclude(capture, passed())
    assert not Case.objects.exists()


def test_a_refused_capture_opens_no_case(capture):
    conclude(capture, Finding(False, ("no_face",)))
    assert not Case.objects.exists()


# --- decided ---


def test_approving_makes_it_active_and_is_told(waiting):
    cameo = decide(waiting, "approve", "own_face")
    assert (cameo.state, cameo.reason) == (CameoState.ACTIVE, "")
    told = OutboxEvent.objects.get(user_id=cameo.owner_id, kind="cameo_reviewed")
    assert told.payload["approved"] is True
    kinds = AuditRecord.objects.values_list("kind", flat=True).order_by("-pk")[:2]
    assert list(kinds) == ["cameo.approved", "case_decided"]


def test_rejecting_tells_the_published_reason_and_drops_the_likeness(
    waiting, django_capture_on_commit_callbacks
):
    keys = services.reference_keys(Cameo.objects.get())
    with django_capture_on_commit_callbacks(execute=True):
        cameo = decide(waiting, "reject", "unclear")
    assert (cameo.state, cameo.reason) == (CameoState.DRAFT, Reason.UNCLEAR.label)
    assert (cameo.template, cameo.wrapped_key) == (None, None)
    assert not any(map(storage.exists, keys))
    assert not cameo.owner.cases_against.exists()  # to try again is no appeal


@pytest.mark.parametrize(
    ("decision", "reason", "no"),
    [
        ("take_down", "spam", DecisionUnknown),
        ("keep", "within_rules", DecisionUnknown),
        ("approve", "unclear", ReasonUnknown),
        ("reject", "", ReasonUnknown),
    ],
)
def test_a_review_ends_in_its_own_decisions_alone(waiting, decision, reason, no):
    with pytest.raises(no):
        decide(waiting, decision, reason)
    assert Cameo.objects.get().state == CameoState.REVIEW
    assert Case.objects.get().state == CaseState.CLAIMED


@pytest.mark.parametrize("state", [s for s in CameoState if s != CameoState.REVIEW])
def test_only_what_waits_for_review_is_reviewed(state):
    cameo = cameo_in(state, person())
    for decision, reason in (("approve", "own_face"), ("reject", "unclear")):
        case = reviewed(cameo)
        with pytest.raises(IllegalMove):
            decide(case, decision, reason)
        case.refresh_from_db()
        assert case.state == CaseState.CLAIMED  # nothing of the decision is left
        moderation.release(case, case.moderator)
    assert Cameo.objects.get(pk=cameo.pk).state == state


def test_nobody_reviews_their_own(waiting):
    owner = Cameo.objects.get().owner
    owner.is_staff = True
    owner.save()
    with pytest.raises(OwnCase):
        moderation.claim(waiting, owner)
    with pytest.raises(OwnCameo):
        review.approve(Cameo.objects.get(), owner)


def test_whose_face_it_looks_like_does_not_decide_either(capture, pack):
    other = active_cameo(moderator("bee"))
    Cameo.objects.filter(pk=other.pk).update(**likeness(other, 1, pack.id))
    conclude(capture, passed(seed=1))
    with pytest.raises(OwnCase):
        moderation.claim(Case.objects.get(), other.owner)


# --- withdrawn ---


def test_a_cameo_revoked_meanwhile_settles_its_case(waiting):
    services.revoke(Cameo.objects.get())
    case = Case.objects.get()
    assert (case.state, case.decision, case.reason) == (CaseState.SETTLED, "", "withdrawn")


def test_a_case_in_somebodys_hands_is_settled_too_and_decides_nothing(waiting):
    judge = moderator()
    moderation.claim(waiting, judge)
    services.revoke(Cameo.objects.get())
    with pytest.raises(IllegalMove):
        moderation.decide(waiting, judge, "approve", "own_face")
    assert Cameo.objects.get().state == CameoState.REVOKED


def test_reports_about_a_revoked_cameo_stay_open(waiting):
    report = moderation.report(person(), "cameo", waiting.subject_id, "likeness")
    services.revoke(Cameo.objects.get())
    report.refresh_from_db()
    assert report.state == CaseState.OPEN


def test_the_table_of_cameos_lets_a_review_end_both_ways():
    assert {CameoState.DRAFT, CameoState.ACTIVE} <= CAMEO_MOVES[CameoState.REVIEW]


# --- the history ---


def test_the_history_tells_terms_leaves_refusals_and_states_in_order():
    ada, bee = person("ada"), person("bee")
    cameo = active_cameo(ada)
    services.set_terms(cameo, contexts=["comedy"])
    leave = services.request_leave(bee, cameo)
    services.grant(leave, ada)
    services.revoke_leave(leave, ada)
    services.refused("submit", bee, "ada", "person")
    services.pause(cameo)
    case = reviewed(cameo)
    found = next(one for one in desk.exhibits(case) if one.style == "timeline")
    said = [what for _, what in found.lines][::-1]
    terms = [word for word in said if word.startswith("terms")]
    assert [word for word in said if word.startswith(("terms", "@", "leave", "paused"))] == [
        *terms,
        "@bee asked for leave",
        "@bee was given leave (grant)",
        "leave of @bee was taken back",
        "@bee was refused at submit: It does not let this person use it",
        "paused by its owner",
    ]
    assert said[:2] == ["opened", "its owner agreed to the text"]
    assert terms[1].startswith("terms 2: used by approved, remixed by everyone, contexts comedy")


def test_the_exhibits_ask_as_often_for_many_as_for_few(django_assert_num_queries):
    cameo = active_cameo(person())
    case = reviewed(cameo)

    def happen(times):
        for _ in range(times):
            services.grant(services.request_leave(person(), cameo), cameo.owner)
            services.refused("submit", person(), cameo.handle, "person")

    happen(1)
    with CaptureQueriesContext(connection) as few:
        desk.exhibits(case)
    happen(4)
    with django_assert_num_queries(len(few)):
        desk.exhibits(case)


@pytest.mark.parametrize("junk", ["123", "no-uuid", "0" * 40])
def test_a_report_of_what_does_not_exist_can_be_looked_at(junk):
    for subject in ("cameo", "output", "post", "comment"):
        case = moderation.report(person(), subject, junk, "other")
        found = [exhibit.lines for exhibit in desk.exhibits(case)]
        assert found == [(("gone", "There is nothing left of it."),)]
        assert desk.parties(subject, junk) == desk.Parties()
