import pytest

from sora_social import audit
from sora_social.audit import AuditRecord
from sora_social.errors import IllegalMove
from sora_social.moderation import services
from sora_social.moderation.errors import NotAModerator, NotYourCase
from sora_social.moderation.models import CASE_MOVES, Case, CaseState, Report, Takedown
from sora_social.notifications.models import Notice
from sora_social.users.models import Device, User
from sora_social.users.services import block
from tests.people import moderator, person, signed_in
from tests.racing import race

pytestmark = pytest.mark.django_db
WISH = {"subject": "post", "subject_id": "123", "reason": "spam", "text": "Look."}


def report(reporter: User, **changes: str):
    return signed_in(reporter).post("/api/v1/reports/", WISH | changes, format="json")


def claimed(judge: User, subject: str = "post", subject_id: str = "123") -> Case:
    case = services.report(person(), subject, subject_id, "spam")
    services.claim(case, judge)
    return case


def test_reports_of_one_subject_gather_in_one_case():
    ada, bee = person(), person()
    answers = [report(ada), report(bee), report(ada, reason="other"), report(ada, subject_id="9")]
    assert [answer.status_code for answer in answers] == [201] * 4
    cases = [answer.json()["case"] for answer in answers]
    assert cases[0] == cases[1] == cases[2] != cases[3]
    assert Report.objects.filter(case=cases[0]).count() == 2
    assert Report.objects.get(case=cases[0], reporter=ada).reason == "spam"


def test_a_person_is_reported_by_handle():
    bee = person("bee")
    assert report(person(), subject="person", subject_id="BEE").status_code == 201
    assert Case.objects.get().subject_id == str(bee.pk)


def test_whom_one_may_not_see_one_may_not_report():
    ada, bee = person(), person("bee")
    block(bee, ada)
    for unseen in ["bee", "nobody"]:
        answer = report(ada, subject="person", subject_id=unseen)
        assert answer.status_code == 404
        assert list(answer.json()["fields"]) == ["subject_id"]


@pytest.mark.parametrize(
    "change",
    [
        {"subject": "planet"},
        {"subject_id": ""},
        {"subject_id": "x" * 41},
        {"subject_id": "a b"},
        {"subject_id": "a\nb"},
        {"reason": "boredom"},
        {"text": "x" * 1001},
        {"text": "\x00"},
        {"text": "\x1b[0m"},
    ],
)
def test_a_bad_report_names_its_field(change):
    answer = report(person(), **change)
    assert answer.status_code == 400
    assert list(answer.json()["fields"]) == list(change)
    assert not Case.objects.exists()


def test_reports_are_limited():
    client = signed_in(person())
    sent = [client.post("/api/v1/reports/", WISH, format="json") for _ in range(31)]
    assert [answer.status_code for answer in sent] == [201] * 30 + [429]
    assert int(sent[-1].headers["Retry-After"]) > 0


def test_a_decided_subject_can_be_reported_again():
    judge, case = moderator(), None
    case = claimed(judge)
    services.decide(case, judge, "keep", "within_rules")
    assert services.report(person(), "post", "123", "spam").pk != case.pk


@pytest.mark.parametrize("here", CaseState)
@pytest.mark.parametrize("to", CaseState)
def test_cases_move_along_their_table_alone(here, to):
    said = {"decision": "keep", "reason": "within_rules"}
    case = Case.objects.create(state=here, subject="post", subject_id="1", **said)
    if to in CASE_MOVES.get(here, ()):
        case.move(to)
        assert case.state == to
    else:
        with pytest.raises(IllegalMove):
            case.move(to)


def test_only_moderators_claim_and_only_the_holder_decides():
    judge, other = moderator(), moderator()
    case = services.report(person(), "post", "123", "spam")
    with pytest.raises(NotAModerator):
        services.claim(case, person())
    with pytest.raises(IllegalMove):
        services.decide(case, judge, "keep", "within_rules")
    services.claim(case, judge)
    with pytest.raises(NotYourCase):
        services.decide(Case.objects.get(), other, "keep", "within_rules")
    services.release(case, judge)
    services.claim(Case.objects.get(), other)
    with pytest.raises(NotYourCase):  # though this one still believes to hold it
        services.decide(case, judge, "keep", "within_rules")
    assert Case.objects.get().moderator == other


def test_taking_down_is_audited_and_told_to_the_reporters(django_capture_on_commit_callbacks):
    judge = moderator()
    case = claimed(judge)
    with django_capture_on_commit_callbacks(execute=True):
        services.decide(case, judge, "take_down", "spam", "spam indeed")
    assert list(Takedown.objects.of("post")) == ["123"]
    assert Takedown.objects.get().reason == "spam"
    assert [row.kind for row in AuditRecord.objects.order_by("pk")] == [
        "case_decided",
        "taken_down",
    ]
    assert {row.actor_id for row in AuditRecord.objects.all()} == {judge.pk}
    assert "indeed" not in str([row.body for row in AuditRecord.objects.all()])
    audit.verify()
    notice = Notice.objects.get()
    assert notice.user == case.reports.get().reporter
    assert (notice.kind, notice.payload["decision"]) == ("report_decided", "take_down")


def test_a_kept_subject_stays():
    judge = moderator()
    services.decide(claimed(judge), judge, "keep", "within_rules")
    assert list(Takedown.objects.of("post")) == []


def test_a_takedown_stands_once_and_is_lifted_once():
    judge = moderator()
    down = services.take_down("post", "123", judge, "first")
    assert services.take_down("post", "123", judge, "second") == down
    assert down.reason == "first"
    services.lift(down, judge)
    services.lift(down, judge)
    assert list(Takedown.objects.of("post")) == []
    assert AuditRecord.objects.count() == 2
    assert services.take_down("post", "123", judge, "again") != down


def test_only_moderators_take_down_and_lift():
    ada, judge = person(), moderator()
    with pytest.raises(NotAModerator):
        services.take_down("post", "123", ada, "")
    down = services.take_down("post", "123", judge, "")
    with pytest.raises(NotAModerator):
        services.lift(down, ada)


def test_taking_a_person_down_suspends_until_it_is_lifted():
    judge, bee = moderator(), person("bee")
    client = signed_in(bee)
    services.decide(claimed(judge, "person", "bee"), judge, "take_down", "spam")
    assert client.get("/api/v1/me/").status_code == 401
    assert signed_in(judge).get("/api/v1/people/bee/").status_code == 404
    services.lift(Takedown.objects.get(), judge)
    assert signed_in(judge).get("/api/v1/people/bee/").status_code == 200
    assert not Device.objects.live().filter(user=bee).exists()


@pytest.mark.django_db(transaction=True)
def test_reports_that_arrive_together_open_one_case():
    reporters = [person() for _ in range(4)]
    race(lambda reporter: services.report(reporter, "post", "123", "spam"), reporters)
    assert Case.objects.count() == 1
    assert Report.objects.count() == 4


@pytest.mark.django_db(transaction=True)
def test_of_two_moderators_one_gets_the_case():
    case = services.report(person(), "post", "1", "spam")
    claims = {judge: Case.objects.get(pk=case.pk) for judge in (moderator() for _ in range(3))}
    got = race(lambda judge: services.claim(claims[judge], judge), list(claims))
    assert [Case.objects.get().moderator] == got
