"""Leave to use a cameo: asked, given, refused, taken back."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils.timezone import now

from cameos import services
from cameos.errors import (
    AlreadyAsked,
    AudienceTooNarrow,
    ConsentRequired,
    InThePast,
    OwnCameo,
    TooManyCameos,
    UnknownCameo,
)
from cameos.models import Cameo, Consent
from cameos.states import Audience, Basis, ConsentState
from sora_social.errors import IllegalMove, NotFound
from sora_social.outbox import OutboxEvent
from sora_social.users import services as users
from tests.cameos.making import active_cameo
from tests.people import make_mutual, person

pytestmark = pytest.mark.django_db


@pytest.fixture
def cameo() -> Cameo:
    return active_cameo(person("ada"))


@pytest.fixture
def friend():
    return person("bob")


def kinds_for(user) -> list[str]:
    told = OutboxEvent.objects.filter(user_id=user.pk, kind__startswith="consent_")
    return list(told.order_by("pk").values_list("kind", flat=True))


def test_asked_granted_and_taken_back_both_sides_are_told(cameo, friend):
    leave = services.request_leave(friend, cameo, "Please?")
    assert (leave.state, leave.basis, leave.message) == ("requested", "grant", "Please?")
    with pytest.raises(ConsentRequired):
        services.consent_for(friend, cameo)
    services.grant(leave, cameo.owner)
    assert services.consent_for(friend, cameo) == leave
    services.revoke_leave(leave, cameo.owner)
    with pytest.raises(ConsentRequired):
        services.consent_for(friend, cameo)
    told = ["consent_requested", "consent_granted", "consent_revoked"]
    assert kinds_for(friend) == told
    assert kinds_for(cameo.owner) == told


def test_each_side_is_told_of_the_other(cameo, friend):
    services.request_leave(friend, cameo)
    said = {e.user_id: e.payload for e in OutboxEvent.objects.filter(kind="consent_requested")}
    assert (said[friend.pk]["by"], said[friend.pk]["own"]) == ("ada", True)
    assert (said[cameo.owner_id]["by"], said[cameo.owner_id]["own"]) == ("bob", False)


def test_a_new_leave_is_a_new_row(cameo, friend):
    first = services.request_leave(friend, cameo)
    with pytest.raises(AlreadyAsked):
        services.request_leave(friend, cameo)
    services.decline(first, cameo.owner)
    second = services.request_leave(friend, cameo)
    assert second.pk != first.pk
    assert Consent.objects.get(pk=first.pk).state == ConsentState.DECLINED


def test_nobody_asks_themselves_or_for_what_they_may_not_know(cameo, friend):
    with pytest.raises(OwnCameo):
        services.request_leave(cameo.owner, cameo)
    users.block(cameo.owner, friend)
    with pytest.raises(NotFound):
        services.request_leave(friend, cameo)


def test_only_the_owner_decides(cameo, friend):
    leave = services.request_leave(friend, cameo)
    for decide in (services.grant, services.decline):
        for other in (friend, person()):
            with pytest.raises(NotFound):
                decide(leave, other)
    with pytest.raises(NotFound):
        services.revoke_leave(leave, person())
    assert Consent.objects.get(pk=leave.pk).state == ConsentState.REQUESTED


def test_the_holder_may_give_a_leave_back(cameo, friend):
    leave = services.grant(services.request_leave(friend, cameo), cameo.owner)
    services.revoke_leave(leave, friend)
    assert Consent.objects.get(pk=leave.pk).state == ConsentState.REVOKED
    with pytest.raises(IllegalMove):
        services.revoke_leave(leave, friend)


def test_a_leave_ends_when_it_was_said_to(cameo, friend):
    leave = services.request_leave(friend, cameo)
    with pytest.raises(InThePast):
        services.grant(leave, cameo.owner, now() - timedelta(seconds=1))
    services.grant(leave, cameo.owner, now() + timedelta(hours=1))
    assert services.policy_of(cameo, leave).expires_at == leave.expires_at
    assert services.expire_leaves() == 0
    Consent.objects.filter(pk=leave.pk).update(expires_at=now() - timedelta(seconds=1))
    with pytest.raises(ConsentRequired):  # before any sweep
        services.consent_for(friend, cameo)
    assert services.expire_leaves() == 1
    assert Consent.objects.get(pk=leave.pk).state == ConsentState.EXPIRED
    assert Cameo.objects.get(pk=cameo.pk).epoch == 2


def test_after_the_end_one_may_ask_again_before_any_sweep(cameo, friend):
    leave = services.grant(services.request_leave(friend, cameo), cameo.owner)
    Consent.objects.filter(pk=leave.pk).update(expires_at=now() - timedelta(seconds=1))
    assert services.request_leave(friend, cameo).state == ConsentState.REQUESTED


def test_a_grant_that_could_not_hold_is_not_given(cameo, friend):
    leave = services.request_leave(friend, cameo)
    services.set_terms(cameo, audience=Audience.ONLY_ME)
    with pytest.raises(AudienceTooNarrow):
        services.grant(Consent.objects.get(pk=leave.pk), cameo.owner)


def test_standing_leaves_become_one_row_each(friend):
    everyones = active_cameo(person(), Audience.EVERYONE)
    mutuals = active_cameo(person(), Audience.MUTUALS)
    make_mutual(friend, mutuals.owner)
    for cameo, who, basis in (
        (everyones, friend, Basis.EVERYONE),
        (mutuals, friend, Basis.MUTUALS),
        (mutuals, mutuals.owner, Basis.OWN),
    ):
        leave = services.consent_for(who, cameo)
        assert (leave.basis, leave.state) == (basis, ConsentState.GRANTED)
        assert services.consent_for(who, cameo) == leave


# --- mentions ---


def test_handles_in_a_prompt_resolve_in_order_and_once(cameo, friend):
    other = active_cameo(person("cyd"))
    found = services.mentioned(friend, "@cyd meets @Ada's twin, and @cyd waves. mail me@ada.org")
    assert found == [other, cameo]


@pytest.mark.parametrize("text", ["", "no one here", "me@ada.org", "@ ada", "@@ada"])
def test_a_text_may_name_nobody(text, cameo, friend, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert services.mentioned(friend, text) == []


@pytest.mark.parametrize("handle", ["nobody", "a" * 1990, "ж", "ada_"])
def test_an_unknown_handle_is_named(handle, cameo, friend):
    with pytest.raises(UnknownCameo) as refused:
        services.mentioned(friend, f"@ada and @{handle} dance")
    assert refused.value.facts["handle"] == handle
    assert list(refused.value.fields()) == ["prompt"]


def test_a_blocked_or_paused_cameo_is_unknown(cameo, friend):
    services.pause(cameo)
    with pytest.raises(UnknownCameo):
        services.mentioned(friend, "@ada dances")
    services.resume(cameo)
    users.block(friend, cameo.owner)
    with pytest.raises(UnknownCameo):
        services.mentioned(friend, "@ada dances")


def test_a_revoked_cameo_of_ones_own_hides_nobody_elses(friend):
    services.revoke(active_cameo(friend, handle="star"))
    star = active_cameo(person(), handle="star")
    assert services.mentioned(friend, "@star shines") == [star]


def test_a_fourth_cameo_is_too_many(friend):
    with pytest.raises(TooManyCameos) as refused:
        services.mentioned(friend, "@one1 @two2 @three3 @four4 @one1")
    assert refused.value.facts == {"found": 4, "at_most": 3}
