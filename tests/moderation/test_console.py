import pytest
from django.contrib import admin
from django.test import Client
from django.urls import reverse
from django.utils.timezone import now

from sora_social.moderation import services
from sora_social.moderation.models import Case, CaseState, Strike, Takedown
from sora_social.users.models import Device, Invite, User
from tests.people import at_console, moderator, person, signed_in

pytestmark = pytest.mark.django_db
OURS = [
    "moderation_case",
    "moderation_takedown",
    "moderation_strike",
    "users_user",
    "users_invite",
]


@pytest.fixture
def judge() -> User:
    """A moderator without any right but that of being one."""
    return person("judge", is_staff=True)


@pytest.fixture
def desk(judge) -> Client:
    return at_console(judge)


def case_page(case: Case) -> str:
    return reverse("admin:moderation_case_change", args=[case.pk])


def do(desk: Client, case: Case, what: str, **said):
    return desk.post(case_page(case), {"do": what, **said})


def act(desk: Client, page: str, action: str, *rows) -> None:
    chosen = {"action": action, "_selected_action": [str(row.pk) for row in rows]}
    assert desk.post(reverse(f"admin:{page}_changelist"), chosen).status_code == 302


@pytest.mark.parametrize("page", OURS)
def test_every_list_opens_for_a_moderator_and_for_nobody_else(desk, page):
    services.report(person(), "post", "1", "spam")
    services.take_down("post", "1", moderator(), "spam")
    path = reverse(f"admin:{page}_changelist")
    assert desk.get(path).status_code == 200
    other = Client()
    other.force_login(person())
    assert other.get(path).status_code == 302
    assert Client().get(path).status_code == 302


def test_every_page_of_a_row_opens(desk, judge):
    ada = person("ada")
    signed_in(ada, "phone")
    case = services.report(ada, "post", "1", "spam", "<b>bold</b>")
    rows = [
        case,
        services.take_down("post", "1", judge, "spam"),
        Strike.objects.create(person=ada, case=case, reason="spam", expires_at=now()),
        ada,
        Invite.objects.create(code="ABC", giver=ada),
    ]
    for page, row in zip(OURS, rows, strict=True):
        answer = desk.get(reverse(f"admin:{page}_change", args=[row.pk]))
        assert answer.status_code == 200, page
        assert b"<b>bold</b>" not in answer.content


def test_no_secret_is_on_the_page_of_a_person(desk):
    ada = person("ada")
    signed_in(ada, "phone")
    text = desk.get(reverse("admin:users_user_change", args=[ada.pk])).content.decode()
    assert "phone" in text
    for secret in [Device.objects.get().token_hash, ada.password, "argon2"]:
        assert secret not in text


def test_secrets_of_sign_in_have_no_page():
    names = {model._meta.label for model in admin.site._registry}
    assert not names & {"mfa.Authenticator", "account.EmailAddress", "users.Device"}


def test_a_moderator_claims_and_decides(desk, judge):
    case = services.report(person(), "post", "123", "spam")
    assert do(desk, case, "claim").status_code == 302
    case.refresh_from_db()
    assert (case.state, case.moderator) == (CaseState.CLAIMED, judge)
    decided = do(desk, case, "decide", choice="take_down:spam", note="Ten of the same.")
    assert decided["Location"] == reverse("admin:moderation_case_changelist")
    case.refresh_from_db()
    assert (case.state, case.decision, case.reason) == (CaseState.DECIDED, "take_down", "spam")
    assert case.note == "Ten of the same."
    assert list(Takedown.objects.of("post")) == ["123"]


@pytest.mark.parametrize("choice", ["", "keep", "keep:", "keep:spam", "take_down:fun", "x:y"])
def test_a_decision_needs_a_published_reason(desk, judge, choice):
    case = services.report(person(), "post", "123", "spam")
    services.claim(case, judge)
    assert do(desk, case, "decide", choice=choice).status_code == 302
    case.refresh_from_db()
    assert (case.state, case.decision) == (CaseState.CLAIMED, "")


def test_a_case_of_another_moderator_can_be_read_and_not_decided(desk):
    case = services.report(person(), "post", "123", "spam")
    services.claim(case, moderator())
    page = desk.get(case_page(case))
    assert (page.status_code, b'value="decide"' in page.content) == (200, False)
    do(desk, case, "decide", choice="keep:within_rules")
    assert "Another moderator holds" in desk.get(case_page(case)).content.decode()
    case.refresh_from_db()
    assert case.state == CaseState.CLAIMED


def test_a_moderator_neither_reads_nor_decides_their_own_case(desk, judge):
    case = services.report(person("telltale"), "person", "judge", "harassment")
    page = desk.get(case_page(case))
    assert (page.status_code, b"telltale" in page.content) == (403, False)
    assert do(desk, case, "claim").status_code == 403
    act(desk, "moderation_case", "claim", case)
    assert "another moderator decides" in desk.get(reverse("admin:index")).content.decode()
    case.refresh_from_db()
    assert case.state == CaseState.OPEN


def test_the_page_says_why_the_case_is_here_and_what_befell_it(desk, judge):
    case = services.report(person("bee"), "person", person("ada").handle, "spam", "Look at this.")
    services.claim(case, judge)
    services.decide(case, judge, "keep", "within_rules", "Nothing.")
    page = desk.get(case_page(case)).content.decode()
    for said in ("Look at this.", "@bee", "@ada", "decided: keep, within_rules (@judge)"):
        assert said in page, said


def test_the_queue_shows_what_waits_and_other_lists_on_request(desk, judge):
    def listed(which: str) -> list[str]:
        path = reverse("admin:moderation_case_changelist")
        found = desk.get(path, {"queue": which} if which else {}).context["cl"].result_list
        return [case.subject_id for case in found]

    ada, other = person(), moderator()
    for number, holder in (("1", None), ("2", judge), ("3", other), ("4", other)):
        case = services.report(ada, "post", number, "spam")
        if holder:
            services.claim(case, holder)
    services.decide(case, other, "keep", "within_rules")
    assert (listed(""), listed("mine"), listed("closed")) == (["1", "2", "3"], ["2"], ["4"])
    services.appeal(ada, case, "Please look again.")
    assert (listed(""), listed("closed")) == (["1", "2", "3", "4"], [])


def test_an_appeal_is_claimed_and_settled_on_its_page(desk, judge):
    ada, other = person(), moderator()
    case = services.report(ada, "post", "4", "spam")
    services.claim(case, other)
    services.decide(case, other, "keep", "within_rules")
    services.appeal(ada, case, "Please look again.")
    assert b"Please look again." in desk.get(case_page(case)).content
    do(desk, case, "claim")
    do(desk, case, "decide", choice="overturned:spam", note="Indeed.")
    case.refresh_from_db()
    assert (case.state, case.decision, case.reason) == (CaseState.SETTLED, "take_down", "spam")
    assert (case.appeal.outcome, case.appeal.moderator) == ("overturned", judge)


def test_a_refused_action_is_said_and_changes_nothing(desk, judge):
    other = moderator()
    case = services.report(person(), "post", "123", "spam")
    services.claim(case, other)
    act(desk, "moderation_case", "claim", case)
    assert "not possible" in desk.get(reverse("admin:moderation_case_changelist")).content.decode()
    case.refresh_from_db()
    assert case.moderator == other


def test_a_claimed_case_can_be_given_back(desk, judge):
    case = services.report(person(), "post", "123", "spam")
    services.claim(case, judge)
    act(desk, "moderation_case", "release", case)
    case.refresh_from_db()
    assert (case.state, case.moderator) == (CaseState.OPEN, None)


def test_a_takedown_is_lifted_at_the_desk(desk, judge):
    down = services.take_down("post", "123", judge, "spam")
    act(desk, "moderation_takedown", "lift", down)
    assert not Takedown.objects.standing().exists()


def test_people_are_suspended_and_restored_at_the_desk(desk):
    ada = person("ada")
    client = signed_in(ada)
    act(desk, "users_user", "suspend", ada)
    assert client.get("/api/v1/me/").status_code == 401
    act(desk, "users_user", "restore", ada)
    ada.refresh_from_db()
    assert ada.is_active


def test_an_operator_makes_a_code(desk):
    assert desk.get(reverse("admin:users_invite_add")).status_code == 200
    assert desk.post(reverse("admin:users_invite_add"), {}).status_code == 302
    made = Invite.objects.get()
    assert (made.giver, made.taken_at, len(made.code)) == (None, None, 12)


@pytest.mark.parametrize("page", OURS)
def test_nothing_is_deleted_at_the_desk(desk, page):
    services.report(person(), "post", "1", "spam")
    services.take_down("post", "1", moderator(), "spam")
    Invite.objects.create(code="ABC")
    Strike.objects.create(person=person(), reason="spam", expires_at=now())
    model = next(m for m in admin.site._registry if m._meta.label_lower.replace(".", "_") == page)
    row = model._base_manager.first()
    assert desk.post(reverse(f"admin:{page}_delete", args=[row.pk])).status_code == 403
