from datetime import timedelta
from urllib.parse import urlencode

import pytest
from django.test import Client
from django.utils.timezone import now
from rest_framework.test import APIClient

from sora_social import audit
from sora_social.audit import AuditRecord
from sora_social.moderation import identities, policy, services
from sora_social.moderation.filing import CHECKS, Said
from sora_social.moderation.models import Case, Report, Strike, Takedown
from sora_social.notifications.models import Notice
from sora_social.users.models import User
from tests.feed.making import posted
from tests.generation.copies import forget
from tests.people import at_console, moderator, person, signed_in

pytestmark = pytest.mark.django_db
TEXT = "This is me undressed, and I never allowed it."
SIGNED = {"name": "Ann Example", "email": "ann@example.org", "good_faith": True}
WHOLE = {"reason": "intimate", "text": TEXT, **SIGNED}


@pytest.fixture(autouse=True)
def _nothing_barred():
    forget()


@pytest.fixture
def post():
    return posted(person("author"))


def sent(post, address: str = "10.1.1.1", **changes: object):
    wish = WHOLE | {"subject": "post", "subject_id": str(post.pk)} | changes
    return APIClient(REMOTE_ADDR=address).post("/api/v1/open-reports/", wish, format="json")


def receipt_of(answer) -> str:
    assert answer.status_code == 202
    return answer.json()["receipt"]


def outcome(receipt: str) -> dict:
    return APIClient().get(f"/api/v1/open-reports/{receipt}/").json()


def dark(post) -> bool:
    return signed_in(person()).get(f"/api/v1/posts/{post.pk}/").status_code == 404


# --- the clock and what is hidden -----------------------------------------------------------------


def test_a_credible_claim_hides_at_once_and_has_48_hours(post, django_capture_on_commit_callbacks):
    assert not dark(post)
    with django_capture_on_commit_callbacks(execute=True):
        receipt = receipt_of(sent(post))
    assert dark(post)
    case = Case.objects.get()
    assert timedelta(hours=47.9) < case.due_at - now() <= timedelta(hours=48)
    assert outcome(receipt)["hidden"] is True
    assert outcome(receipt)["due_at"] is not None
    told = Notice.objects.get(user=post.author, kind="hidden_on_claim")
    assert (told.payload["claimed"], told.payload["subject_id"]) == ("intimate", str(post.pk))
    kinds = set(AuditRecord.objects.values_list("kind", flat=True))
    assert kinds == {"claim_received", "claim_hidden", "taken_down", "copies_barred"}
    audit.verify()


@pytest.mark.parametrize(
    "change",
    [{"text": "Undressed"}, {"name": ""}, {"email": ""}, {"good_faith": False}],
    ids=["statement", "signature", "contact", "good_faith"],
)
def test_a_claim_that_lacks_something_has_its_clock_and_hides_nothing(post, change):
    receipt_of(sent(post, **change))
    assert not dark(post)
    assert Case.objects.get().due_at is not None
    assert AuditRecord.objects.get(kind="claim_received").body["credible"] is False


def test_every_check_of_the_policy_is_one_that_there_is():
    for rules in policy.CLAIMS.values():
        assert set(rules.credible) <= set(CHECKS)


def test_a_second_claim_that_is_signed_hides_what_the_first_did_not(post):
    ann, wish = person(), {"subject": "post", "subject_id": str(post.pk), "reason": "intimate"}
    client = signed_in(ann)
    assert client.post("/api/v1/reports/", wish, format="json").status_code == 201
    assert not dark(post)
    more = wish | {"text": TEXT, "name": "Ann Example", "good_faith": True}
    assert client.post("/api/v1/reports/", more, format="json").status_code == 201
    assert dark(post)
    assert (Case.objects.get().reported, Report.objects.count()) == (1, 1)


def test_a_profile_is_not_hidden_by_a_claim(post):
    receipt_of(sent(post, subject="person", subject_id="@author".removeprefix("@")))
    assert not Takedown.objects.exists()
    assert Case.objects.get().due_at is not None


def test_a_claim_against_oneself_hides_ones_own(post):
    wish = {"name": "Author", "good_faith": True}
    services.report(post.author, "post", str(post.pk), "intimate", TEXT, **wish)
    assert dark(post)


# --- numbers, floods, rings -----------------------------------------------------------------------


def test_five_hundred_reports_of_a_ring_are_one_case_that_hides_nothing(post):
    ring = User.objects.bulk_create(
        User(handle=f"ring_{number}", birthdate=post.author.birthdate) for number in range(500)
    )
    for one in ring:
        services.report(one, "post", str(post.pk), "sexual", "Take it down.")
    case = Case.objects.get()
    assert (case.reported, case.state) == (500, "open")
    assert not Takedown.objects.exists()
    assert not dark(post)


def test_strangers_are_limited_by_address(post):
    answers = [sent(post, reason="spam").status_code for _ in range(21)]
    assert answers == [202] * 20 + [429]
    assert sent(post, "10.1.1.2", reason="spam").status_code == 202


def test_beyond_so_many_rows_reports_of_strangers_are_only_counted(post, monkeypatch):
    monkeypatch.setattr(policy, "MOST_KEPT", 3)
    for number in range(5):
        sent(post, f"10.2.0.{number}", reason="spam")
    assert (Report.objects.count(), Case.objects.get().reported) == (3, 5)


def test_what_is_not_there_opens_no_case_and_the_answer_is_the_same():
    wish = WHOLE | {"subject": "post", "subject_id": "123"}
    answer = APIClient().post("/api/v1/open-reports/", wish, format="json")
    assert APIClient().get(f"/api/v1/open-reports/{receipt_of(answer)}/").status_code == 404
    assert not Case.objects.exists()


@pytest.mark.parametrize(
    "change",
    [
        {"subject": "planet"},
        {"subject_id": "a b"},
        {"reason": "boredom"},
        {"email": "nobody"},
        {"text": "\x1b[0m"},
        {"name": "x" * 121},
        {"good_faith": "perhaps"},
    ],
)
def test_a_bad_report_names_its_field(post, change):
    answer = sent(post, **change)
    assert answer.status_code == 400
    assert list(answer.json()["fields"]) == list(change)
    assert not Case.objects.exists()


# --- who it was -----------------------------------------------------------------------------------


def test_who_has_no_account_is_sealed_and_shown_to_nobody_but_who_holds_the_case(post):
    receipt = receipt_of(sent(post))
    row = Report.objects.get()
    kept = str(Report.objects.values_list().get()) + str(Case.objects.values_list().get())
    kept += str(list(AuditRecord.objects.values_list("body", flat=True)))
    for secret in ("Ann", "ann@example.org", "10.1.1.1", receipt):
        assert secret not in kept
    assert identities.unseal(row.sealed) == {"name": "Ann Example", "email": "ann@example.org"}
    judge, case = moderator(), row.case
    page = f"/admin/moderation/case/{case.pk}/change/"
    console = at_console(judge)
    assert "ann@example.org" not in console.get(page).content.decode()
    assert "ann@example.org" not in console.post(page, {"do": "unseal"}).content.decode()
    services.claim(case, judge)
    assert "ann@example.org" in console.post(page, {"do": "unseal"}).content.decode()
    assert AuditRecord.objects.get(kind="claimants_looked_at").actor_id == judge.pk


def test_who_reported_is_forgotten_a_year_after_the_decision(post):
    receipt_of(sent(post))
    case, judge = Case.objects.get(), moderator()
    services.claim(case, judge)
    services.decide(case, judge, "take_down", "intimate")
    assert services.forget_reporters() == 0
    Case.objects.update(decided_at=now() - policy.FORGET_AFTER - timedelta(days=1))
    assert services.forget_reporters() == 1
    row = Report.objects.get()
    assert (row.by, row.sealed, row.text) == ("", "", TEXT)


# --- decisions, and both sides --------------------------------------------------------------------


def decided(post, decision: str, reason: str, **kwargs: object) -> Case:
    case, judge = Case.objects.get(subject_id=str(post.pk)), moderator()
    services.claim(case, judge)
    services.decide(case, judge, decision, reason, **kwargs)
    return case


def test_both_sides_hear_what_was_decided_and_why(post, django_capture_on_commit_callbacks):
    ann = person()
    with django_capture_on_commit_callbacks(execute=True):
        services.report(ann, "post", str(post.pk), "intimate", TEXT, name="A", good_faith=True)
        receipt = receipt_of(sent(post))
        decided(post, "take_down", "intimate")
    theirs = Notice.objects.get(user=post.author, kind="decided_against").payload
    assert (theirs["reason"], theirs["claimed"]) == ("intimate", "intimate")
    assert theirs["why"] == "An intimate picture of somebody without leave"
    assert theirs["appeal_until"] is not None
    ours = Notice.objects.get(user=ann, kind="report_decided").payload
    assert (ours["decision"], ours["reason"]) == ("take_down", "intimate")
    read = outcome(receipt)
    assert (read["state"], read["decision"], read["why"]) == ("decided", "take_down", theirs["why"])
    assert read["due_at"] is None


def test_a_kept_claim_is_shown_again_and_the_stranger_may_appeal(post):
    receipt = receipt_of(sent(post))
    case = decided(post, "keep", "within_rules")
    assert not dark(post)
    assert outcome(receipt)["appeal_until"] is not None
    path = f"/api/v1/open-reports/{receipt}/appeal/"
    answer = APIClient().post(path, {"text": "It is me."}, format="json")
    assert (answer.status_code, answer.json()["state"]) == (201, "appealed")
    assert APIClient().post(path, {"text": "Again."}, format="json").status_code == 409
    other = moderator()
    services.claim(Case.objects.get(pk=case.pk), other)
    services.settle(Case.objects.get(pk=case.pk), other, "overturned", "intimate")
    assert dark(post)
    assert outcome(receipt)["appeal_outcome"] == "overturned"


def test_a_false_claim_costs_its_claimant_a_strike_and_the_second_belief():
    judge, liar, bystander = moderator(), person(), person()
    for number in range(3):
        post = posted(person())
        signed = {"name": "Liar", "good_faith": True}
        case = services.report(liar, "post", str(post.pk), "intimate", TEXT, **signed)
        services.report(bystander, "post", str(post.pk), "intimate")
        assert dark(post) is (number < 2)
        services.claim(case, judge)
        services.decide(case, judge, "keep", "false_claim")
        assert not dark(post)
    assert Strike.objects.standing().filter(person=liar, reason="false_claim").count() == 3
    assert not Strike.objects.filter(person=bystander).exists()
    liar.refresh_from_db()
    assert liar.is_active is False


def test_a_stranger_who_lied_twice_is_not_believed_at_once_wherever_they_write_from():
    judge = moderator()
    for number in range(3):
        post = posted(person())
        receipt_of(sent(post, f"10.3.0.{number}"))
        assert dark(post) is (number < 2)
        case = Case.objects.get(subject_id=str(post.pk))
        services.claim(case, judge)
        services.decide(case, judge, "keep", "false_claim")


def test_what_a_moderator_kept_is_not_hidden_by_the_next_claim(post):
    receipt_of(sent(post))
    decided(post, "keep", "within_rules")
    receipt_of(sent(post, "10.1.1.9", email="other@example.org"))
    assert not dark(post)
    assert Case.objects.undecided().get().due_at is not None


def test_a_receipt_is_not_guessed():
    assert APIClient().get("/api/v1/open-reports/anything/").status_code == 404
    appeal = APIClient().post("/api/v1/open-reports/anything/appeal/", {"text": "x"}, format="json")
    assert appeal.status_code == 404


# --- the page -------------------------------------------------------------------------------------


def post_form(path: str, said: dict, address: str = "10.4.0.1"):
    """As a browser sends a form."""
    form = "application/x-www-form-urlencoded"
    return Client(REMOTE_ADDR=address).post(path, urlencode(said), form)


def test_the_form_works_without_javascript_and_leads_to_the_outcome(post):
    browser = Client(REMOTE_ADDR="10.4.0.1")
    page = browser.get("/report/").content.decode()
    assert "<form" in page
    assert "<script" not in page
    said = WHOLE | {"subject": "post", "good_faith": "true"}
    said["subject_id"] = f"https://example.org/p/{post.pk}/?utm=x"
    done = post_form("/report/", said)
    assert done.status_code == 202
    receipt = done.context["receipt"]
    assert receipt in done.content.decode()
    assert dark(post)
    read = browser.get(f"/report/{receipt}/").content.decode()
    assert "nobody can see it meanwhile" in read
    decided(post, "keep", "within_rules")
    again = post_form(f"/report/{receipt}/", {"do": "appeal", "text": "It is <b>me</b>."})
    assert again.status_code == 200
    assert Case.objects.get().state == "appealed"


def test_a_wrong_form_says_so_beside_the_field_and_keeps_what_was_written(post):
    said = {"subject": "post", "subject_id": "a b", "reason": "spam", "text": "<script>x</script>"}
    page = post_form("/report/", said)
    assert page.status_code == 400
    assert "This value does not match" in page.content.decode()
    assert "&lt;script&gt;x" in page.content.decode()
    assert Client().get("/report/none-such/").status_code == 404


def test_the_form_is_limited_with_the_api(post):
    for _ in range(20):
        sent(post, "10.5.0.1", reason="spam")
    said = {"subject": "post", "subject_id": str(post.pk), "reason": "spam"}
    assert post_form("/report/", said, "10.5.0.1").status_code == 429


# --- the console ----------------------------------------------------------------------------------


def test_the_queue_shows_the_nearest_deadline_first_and_what_is_overdue(post):
    late, plain, judge = posted(person()), posted(person()), moderator()
    services.report(person(), "post", str(plain.pk), "spam")
    for one in (post, late):
        receipt_of(sent(one, f"10.6.0.{one.pk % 250}"))
    Case.objects.filter(subject_id=str(late.pk)).update(due_at=now() - timedelta(hours=3))
    shown = at_console(judge).get("/admin/moderation/case/").content.decode()
    order = [shown.index(str(one.pk)) for one in (late, post, plain)]
    assert order == sorted(order)
    assert "overdue since 3 h" in shown
    assert "47 h 59 min" in shown


def test_a_strike_is_voided_and_the_suspension_ends():
    ada, judge = person(), moderator()
    for number in range(3):
        case = services.open_case("post", str(number), "report")
        Case.objects.filter(pk=case.pk).update(facts={})
        Strike.objects.create(
            person=ada, case=case, reason="spam", expires_at=now() + timedelta(days=9)
        )
    services.take_down("person", str(ada.pk), judge, "strikes")
    Takedown.objects.update(by_strikes=True)
    strike = Strike.objects.first()
    services.void(strike, judge)
    services.void(strike, judge)
    ada.refresh_from_db()
    assert ada.is_active
    assert AuditRecord.objects.filter(kind="strike_voided").count() == 1


def test_nobody_voids_a_strike_of_their_own():
    judge = moderator()
    case = services.open_case("post", "1", "report")
    strike = Strike.objects.create(person=judge, case=case, reason="spam", expires_at=now())
    with pytest.raises(services.rules.OwnCase):
        services.void(strike, judge)


def test_reports_of_members_say_nothing_of_who_they_are(post):
    told = Said("spam", "x", person())
    assert told.by == ""
    services.report(person(), "post", str(post.pk), "spam")
    assert Report.objects.get().sealed == ""
