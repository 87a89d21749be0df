import pytest
from django.contrib import admin
from django.test import Client
from django.urls import reverse

from sora_social.moderation import services
from sora_social.moderation.models import Case, CaseState, Takedown
from sora_social.users.models import Device, Invite, User
from tests.people import PASSWORD, moderator, person, signed_in

pytestmark = pytest.mark.django_db
OURS = ["moderation_case", "moderation_takedown", "users_user", "users_invite"]


@pytest.fixture
def judge() -> User:
    """A moderator without any right but that of being one."""
    return person("judge", is_staff=True)


@pytest.fixture
def desk(judge) -> Client:
    client = Client()
    client.force_login(judge)
    return client


def case_page(case: Case) -> str:
    return reverse("admin:moderation_case_change", args=[case.pk])


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
    rows = [
        services.report(ada, "post", "1", "spam", "<b>bold</b>"),
        services.take_down("post", "1", judge, "spam"),
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


def test_the_sign_in_page_opens_and_lets_a_moderator_in(judge):
    client = Client()
    path = reverse("admin:login")
    assert client.get(path).status_code == 200
    answer = client.post(path, {"username": "judge", "password": PASSWORD, "next": "/admin/"})
    assert answer.status_code == 302
    assert client.get("/admin/").status_code == 200


def test_guessing_at_the_sign_in_page_is_limited(settings):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # it is not asked
    path = reverse("admin:login")
    wrong = {"username": "judge", "password": "wrong-words-1"}
    statuses = [Client().post(path, wrong).status_code for _ in range(32)]
    assert statuses[0] == 200
    assert statuses[-1] == 429


def test_a_moderator_claims_and_decides(desk, judge):
    case = services.report(person(), "post", "123", "spam")
    act(desk, "moderation_case", "claim", case)
    case.refresh_from_db()
    assert (case.state, case.moderator) == (CaseState.CLAIMED, judge)
    decided = desk.post(case_page(case), {"decision": "take_down", "reason": "Spam.",
                                          **_inlines()})  # fmt: skip
    assert decided.status_code == 302
    case.refresh_from_db()
    assert (case.state, case.decision, case.reason) == (CaseState.DECIDED, "take_down", "Spam.")
    assert list(Takedown.objects.of("post")) == ["123"]


def _inlines() -> dict[str, str]:
    return {f"reports-{name}_FORMS": "0" for name in ("TOTAL", "INITIAL")}


def test_a_decision_needs_a_reason(desk, judge):
    case = services.report(person(), "post", "123", "spam")
    services.claim(case, judge)
    answer = desk.post(case_page(case), {"decision": "keep", "reason": "", **_inlines()})
    assert answer.status_code == 200
    case.refresh_from_db()
    assert case.state == CaseState.CLAIMED


def test_a_case_of_another_moderator_can_be_read_and_not_decided(desk):
    case = services.report(person(), "post", "123", "spam")
    services.claim(case, moderator())
    assert desk.get(case_page(case)).status_code == 200
    answer = desk.post(case_page(case), {"decision": "keep", "reason": "mine", **_inlines()})
    assert answer.status_code == 403
    case.refresh_from_db()
    assert case.state == CaseState.CLAIMED


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
    model = next(m for m in admin.site._registry if m._meta.label_lower.replace(".", "_") == page)
    row = model._base_manager.first()
    assert desk.post(reverse(f"admin:{page}_delete", args=[row.pk])).status_code == 403
