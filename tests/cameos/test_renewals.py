"""A face is shown again: after a year, or because it has changed."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.timezone import now

from cameos import services
from cameos.errors import ConsentRequired, ReasonRequired
from cameos.index import Index
from cameos.judging import conclude
from cameos.lookalikes import unsealed
from cameos.models import Audience, Cameo, Capture, Renewal
from cameos.states import CameoState
from cameos.types import Use
from cameos.verifying import Finding
from generation.models import CameoUse, Output
from sora_social import storage
from sora_social.errors import IllegalMove
from sora_social.moderation.models import Case
from sora_social.outbox import OutboxEvent
from tests.cameos.making import active_cameo, likeness, protecting_cameo, template
from tests.cameos.test_judging import captured, passed
from tests.generation.making import done_output
from tests.people import at_console, moderator, person

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("pack")]
DAY = timedelta(days=1)


@pytest.fixture
def cameo(pack) -> Cameo:
    """An active cameo of the face number 1, for everyone."""
    made = active_cameo(person("ada"), Audience.EVERYONE)
    Cameo.objects.filter(pk=made.pk).update(**likeness(made, 1, pack.id))
    return Cameo.objects.get(pk=made.pk)


def show(cameo: Cameo, folder, finding: Finding) -> Cameo:
    """Its owner shows a face again, and it is judged."""
    conclude(captured(cameo, folder), finding)
    return Cameo.objects.get(pk=cameo.pk)


def faces(cameo: Cameo) -> float:
    """How like it is to the face number 1."""
    return round(float(unsealed(cameo) @ template(1)), 2)


def told(kind: str) -> list[str]:
    return [event.payload["handle"] for event in OutboxEvent.objects.filter(kind=kind)]


def lapse(cameo: Cameo) -> Cameo:
    long_ago = now() - timedelta(days=400)
    Cameo.objects.filter(pk=cameo.pk).update(verified_at=long_ago, lapses_at=now() - 5 * DAY)
    return Cameo.objects.get(pk=cameo.pk)


# --- the year ---


def test_a_capture_that_passes_begins_a_year(cameo, tmp_path):
    lapse(cameo)
    shown = show(cameo, tmp_path, passed(1))
    assert now() - shown.verified_at < timedelta(minutes=5)
    year = settings.CAMEO_REVERIFY + settings.CAMEO_REVERIFY_GRACE
    assert shown.lapses_at - shown.verified_at == year


def test_once_it_has_lapsed_nothing_new_is_made_with_it_by_anybody(cameo):
    other = person()
    everyone = (other, cameo.owner)
    assert [Cameo.objects.usable_by(who).exists() for who in everyone] == [True, True]
    lapse(cameo)
    assert [Cameo.objects.usable_by(who).exists() for who in everyone] == [False, False]
    for who in everyone:
        with pytest.raises(ConsentRequired):
            services.leaves_for(who, {cameo: Use(who.pk, now(), now())})


def test_what_there_is_stays_when_it_lapses(cameo):
    others, own = done_output(person(), [cameo]), done_output(cameo.owner, [cameo])
    CameoUse.objects.update(made_at=now() - 10 * DAY)
    lapse(cameo)
    assert Output.objects.filter(pk__in=[others.pk, own.pk]).cleared().count() == 2


def test_what_was_asked_for_after_it_lapsed_is_not_cleared(cameo):
    leave, output = services.consent_for(cameo.owner, cameo), done_output(cameo.owner, [cameo])
    lapse(cameo)
    assert not Output.objects.filter(pk=output.pk).cleared().exists()
    leave.cameo.refresh_from_db()
    assert services.why_not(leave, Use(cameo.owner_id, now(), now())) == "closed"


def test_owners_are_reminded_once_before_it_lapses(cameo):
    assert services.remind_of_lapses() == 0
    Cameo.objects.filter(pk=cameo.pk).update(lapses_at=now() + 29 * DAY)
    assert (services.remind_of_lapses(), services.remind_of_lapses()) == (1, 0)
    assert told("cameo_lapses") == ["ada"]


def test_the_next_year_reminds_anew(cameo, tmp_path):
    Cameo.objects.filter(pk=cameo.pk).update(lapses_at=now() + DAY)
    services.remind_of_lapses()
    show(cameo, tmp_path, passed(1))
    assert services.remind_of_lapses() == 0
    Cameo.objects.filter(pk=cameo.pk).update(lapses_at=now() + 2 * DAY)
    assert services.remind_of_lapses() == 1


def test_who_is_only_protected_is_not_reminded():
    cameo = protecting_cameo(person())
    Cameo.objects.filter(pk=cameo.pk).update(lapses_at=now() + DAY)
    assert services.remind_of_lapses() == 0


def test_the_database_knows_no_likeness_that_lapses_before_it_was_shown(cameo):
    for wrong in ({"lapses_at": None}, {"lapses_at": cameo.verified_at - DAY}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Cameo.objects.filter(pk=cameo.pk).update(**wrong)


# --- showing it again ---


def test_a_cameo_stays_active_while_its_owner_is_looked_at(cameo, tmp_path):
    output = done_output(person(), [cameo])
    capture = captured(cameo, tmp_path)
    assert Cameo.objects.get(pk=cameo.pk).state == CameoState.ACTIVE
    assert Output.objects.filter(pk=output.pk).cleared().exists()
    assert capture.passed is None


def test_the_new_likeness_takes_the_place_of_the_older(
    cameo, tmp_path, django_capture_on_commit_callbacks
):
    older, sealed = services.reference_keys(cameo), bytes(cameo.wrapped_key)
    with django_capture_on_commit_callbacks(execute=True):
        shown = show(cameo, tmp_path, passed(1))
    assert (shown.state, faces(shown), shown.epoch) == (CameoState.ACTIVE, 1.0, cameo.epoch)
    assert bytes(shown.wrapped_key) != sealed
    keys = services.reference_keys(shown)
    assert [storage.fetch(key) for key in keys] == list(passed(1).pictures)
    assert [storage.exists(key) for key in older] == [False] * 3
    assert told("cameo_verified") == ["ada"]


def test_a_capture_that_is_refused_changes_nothing(cameo, tmp_path):
    sealed, keys = bytes(cameo.wrapped_key), services.reference_keys(cameo)
    shown = show(cameo, tmp_path, Finding(False, ("wrong_turns",)))
    assert (shown.state, bytes(shown.wrapped_key)) == (CameoState.ACTIVE, sealed)
    assert services.reference_keys(shown) == keys
    assert shown.verified_at == cameo.verified_at
    assert (told("cameo_refused"), told("cameo_verified")) == (["ada"], [])


def test_a_changed_face_waits_for_a_moderator_and_nothing_goes_dark(cameo, tmp_path):
    output = done_output(person(), [cameo])
    shown = show(cameo, tmp_path, passed(2))
    assert (shown.state, faces(shown)) == (CameoState.ACTIVE, 1.0)
    assert Capture.objects.latest("pk").doubts == ["changed_face"]
    assert Output.objects.filter(pk=output.pk).cleared().exists()
    assert told("cameo_in_review") == ["ada"]
    case = Case.objects.get()
    assert (case.subject_id, case.kind) == (str(cameo.pk), "enrolment")


def test_a_face_of_another_pack_cannot_be_compared(cameo, tmp_path):
    Cameo.objects.filter(pk=cameo.pk).update(**likeness(cameo, 1))
    show(cameo, tmp_path, passed(1))
    assert Capture.objects.latest("pk").doubts == ["not_compared"]
    assert Renewal.objects.filter(cameo=cameo).exists()


def test_a_moderator_lets_the_changed_face_be(cameo, tmp_path):
    lapse(cameo)
    shown = show(cameo, tmp_path, passed(2))
    services.approve(shown, moderator())
    shown.refresh_from_db()
    assert (shown.state, faces(shown) < 0.5) == (CameoState.ACTIVE, True)
    assert shown.lapses_at > now()
    assert [storage.fetch(key) for key in services.reference_keys(shown)] == list(
        passed(2).pictures
    )
    assert not Renewal.objects.exists()


def test_who_looks_for_faces_knows_the_changed_one_at_the_next_question(cameo, tmp_path):
    Cameo.objects.filter(pk=cameo.pk).update(state_changed_at=now() - DAY)
    index = Index(cameo.pack_id, len(template(1)))

    def alike(seed: int) -> float:
        return round(index.ask(template(seed)[None]).nearest[0].alike, 2)

    assert alike(1) == 1.0
    services.approve(show(cameo, tmp_path, passed(2)), moderator())
    assert (alike(2), alike(1) < 0.5) == (1.0, True)


def test_a_moderator_refuses_the_changed_face(cameo, tmp_path, django_capture_on_commit_callbacks):
    shown = show(cameo, tmp_path, passed(2))
    waiting = list(Renewal.objects.get().pictures)
    with pytest.raises(ReasonRequired):
        services.reject(shown, moderator("one"), " ")
    with django_capture_on_commit_callbacks(execute=True):
        services.reject(shown, moderator("two"), "another person")
    shown.refresh_from_db()
    assert (shown.state, faces(shown)) == (CameoState.ACTIVE, 1.0)
    assert [storage.exists(key) for key in waiting] == [False] * 3
    event = OutboxEvent.objects.get(kind="cameo_reviewed")
    assert (event.payload["approved"], event.payload["reason"]) == (False, "another person")


def test_of_two_moderators_one_decides(cameo, tmp_path):
    shown, late = show(cameo, tmp_path, passed(2)), Cameo.objects.get(pk=cameo.pk)
    services.approve(shown, moderator("one"))
    with pytest.raises(IllegalMove):
        services.reject(late, moderator("two"), "late")


def test_nothing_more_is_asked_while_something_is_under_way(cameo, tmp_path):
    captured(cameo, tmp_path)
    with pytest.raises(IllegalMove):
        services.challenge(cameo)
    conclude(Capture.objects.get(passed=None), passed(2))
    with pytest.raises(IllegalMove):
        services.challenge(cameo)


def test_revoking_destroys_what_waits(cameo, tmp_path, django_capture_on_commit_callbacks):
    show(cameo, tmp_path, passed(2))
    with django_capture_on_commit_callbacks(execute=True):
        services.revoke(Cameo.objects.get(pk=cameo.pk))
    assert not Renewal.objects.exists()
    assert list(storage.keys_under(f"cameos/{cameo.pk}")) == []


def test_what_is_paused_meanwhile_keeps_its_older_likeness(cameo, tmp_path):
    capture = captured(cameo, tmp_path)
    services.pause(Cameo.objects.get(pk=cameo.pk))
    before = sorted(storage.keys_under(f"cameos/{cameo.pk}"))
    conclude(capture, passed(2))
    shown = Cameo.objects.get(pk=cameo.pk)
    assert (shown.state, faces(shown)) == (CameoState.PAUSED, 1.0)
    assert sorted(storage.keys_under(f"cameos/{cameo.pk}")) == before


def test_moderators_see_both_likenesses_and_nobody_else_does(cameo, tmp_path, client):
    show(cameo, tmp_path, passed(2))
    url = f"/admin/cameos/cameo/frames/{cameo.pk}/0/"
    client.force_login(cameo.owner)
    assert client.get(url).status_code == 302
    client = at_console(moderator())
    shown = client.get(f"/admin/cameos/cameo/{cameo.pk}/change/").content.decode()
    assert shown.count("/frames/") == 6
    assert client.get(url).getvalue() == passed(2).pictures[0]
    assert client.get(f"/admin/cameos/cameo/frames/{cameo.pk}/3/").status_code == 404
