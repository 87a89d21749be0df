"""What was made under an older version of the policy is judged anew: taken down like any other,
told, appealable; once."""

from io import StringIO

import pytest
from django.core.management import call_command

from feed.models import Post
from generation import rescanning
from generation.models import Job, Output
from generation.rescanning import Round
from generation.screening import POLICY
from sora_social.audit import AuditRecord
from sora_social.moderation import services
from sora_social.moderation.models import Case, Takedown
from sora_social.outbox import OutboxEvent
from tests.feed.making import posted
from tests.generation.making import done_output
from tests.generation.screening import tiny
from tests.people import moderator, person, signed_in

pytestmark = pytest.mark.django_db
BARRED = "a nude child"


def made_before(author, prompt="a red ball on a beach", **fields):
    """An output of the time before the policy of now."""
    output = done_output(author, prompt=prompt, **fields)
    return as_of_before(output)


def as_of_before(output):
    Output.objects.filter(pk=output.pk).update(screened="2020-01-01")
    output.refresh_from_db()
    return output


def told(person):
    return list(OutboxEvent.objects.filter(user_id=person.pk).order_by("pk"))


def test_what_is_made_now_is_not_looked_at_again():
    done_output(person(), prompt=BARRED)
    assert rescanning.sweep() == Round(0, 0)
    assert rescanning.behind() == 0


def test_what_violates_the_policy_of_now_is_down_and_the_rest_stays():
    bad, good = made_before(person(), BARRED), made_before(person())
    assert rescanning.sweep() == Round(2, 1)
    assert list(Output.objects.cleared()) == [good]
    assert set(Takedown.objects.of("output")) == {bad.down_id}
    assert rescanning.sweep() == Round(0, 0)
    assert set(Output.objects.values_list("screened", flat=True)) == {POLICY.version}


def test_a_post_of_it_is_seen_by_nobody():
    post = posted(ada := person())
    Output.objects.filter(pk=post.output_id).update(screened="")
    Job.objects.filter(pk=post.output.job_id).update(prompt=BARRED)
    rescanning.sweep()
    assert not Post.objects.visible_to(person()).exists()
    assert not Post.objects.visible_to(ada).exists()


def test_the_owner_is_told_rule_and_span_and_that_nobody_decided():
    output = made_before(ada := person(), BARRED)
    rescanning.sweep()
    (said,) = [one.payload for one in told(ada) if one.kind == "decided_against"]
    verdict = said["verdict"]
    assert (said["automated"], said["subject_id"]) == (True, output.down_id)
    assert (verdict["rule"], verdict["policy"]) == ("minors", POLICY.version)
    spans = {(one["start"], one["end"], one["text"]) for one in verdict["because"]}
    assert spans == {(2, 6, "nude"), (7, 12, "child")}
    assert said["appeal_until"] is not None
    (case,) = signed_in(ada).get("/api/v1/moderation/cases/").json()["items"]
    assert case["verdict"]["suggestion"] == verdict["suggestion"]
    assert AuditRecord.objects.filter(kind="screened_out", case=case["id"]).exists()


def test_an_overturned_appeal_brings_it_back_and_it_is_not_taken_down_again():
    output, judge = made_before(ada := person(), BARRED), moderator()
    rescanning.sweep()
    case = Case.objects.get()
    path = f"/api/v1/moderation/cases/{case.pk}/appeal/"
    assert signed_in(ada).post(path, {"text": "A statue."}).status_code == 201
    case.refresh_from_db()
    services.claim(case, judge)
    services.settle(case, judge, "overturned", "within_rules")
    assert rescanning.sweep() == Round(0, 0)
    assert list(Output.objects.cleared()) == [output]
    assert [one.kind for one in told(ada)][-1] == "appeal_settled"


def test_of_what_was_interrupted_only_the_rest_is_done():
    for _ in range(3):
        made_before(person(), BARRED)
    assert rescanning.look(2) == Round(2, 2)
    out = StringIO()
    call_command("rescan", stdout=out)
    assert out.getvalue().splitlines()[-1] == "1 of 1 looked at, 1 taken down"
    assert Case.objects.count() == Takedown.objects.count() == 3


def test_what_is_taken_down_is_marked_in_the_same_stroke(monkeypatch):
    """A process that ends in between has done nothing of it."""
    made_before(person(), BARRED)

    def killed(*_, **__):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("django.db.models.query.QuerySet.update", killed)
        with pytest.raises(KeyboardInterrupt):
            rescanning.sweep()
    assert not Case.objects.exists()
    assert rescanning.sweep() == Round(1, 1)


def test_who_comes_second_has_done_nothing():
    output = made_before(person(), BARRED)
    stale = Output.objects.select_related("job__author").get(pk=output.pk)
    assert rescanning.sweep() == Round(1, 1)
    assert rescanning._judged(stale) is False
    assert Case.objects.count() == 1


def test_a_newer_version_is_another_one_too():
    Output.objects.filter(pk=done_output(person()).pk).update(screened="9999-01-01")
    assert rescanning.sweep() == Round(1, 0)


@pytest.mark.slow
@pytest.mark.xdist_group("engine")
def test_its_frames_are_shown_to_the_model(settings, tmp_path):
    settings.SCREENING_PICTURES = tiny.pictures(tmp_path, {"normal": -4.0, "nsfw": 4.0})
    made_before(person())
    try:
        assert rescanning.sweep() == Round(1, 1)
    finally:
        rescanning.CHILDREN.kill()
    because = Case.objects.get().facts["verdict"]["because"]
    assert [(one["layer"], one["field"]) for one in because] == [("pictures", "video")]
