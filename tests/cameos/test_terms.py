"""On what terms a likeness is lent, and whom lists let in or keep out."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils.timezone import now

from cameos import services
from cameos.errors import ConsentRequired, InThePast, MoreThanTheTerms, NotListed
from cameos.models import TERMS, Cameo, Consent, TermsRevision
from cameos.states import Audience, Context, Rule, Surface, bits
from sora_social.errors import IllegalMove
from sora_social.users import services as users
from tests.cameos.making import active_cameo
from tests.people import make_mutual, person

pytestmark = pytest.mark.django_db


def granted(cameo, to, **scope):
    return services.grant(services.request_leave(to, cameo), cameo.owner, **scope)


def leave_for(who, cameo, **asked):
    return services.leaves_for(who, {cameo: services.use_of(who, **asked)})[cameo.pk]


def test_a_new_cameo_is_lent_to_nobody_and_then_narrowly():
    cameo = services.open_cameo(person())
    assert (cameo.audience, cameo.remix) == (Audience.ONLY_ME, Audience.ONLY_ME)
    assert (cameo.contexts, cameo.surfaces) == (0, bits([Surface.FOLLOWERS], Surface))
    assert not cameo.alteration
    assert not cameo.voice


def test_every_change_is_a_revision_and_the_first_terms_are_kept():
    cameo = active_cameo(person(), Audience.APPROVED, contexts=0)
    services.set_terms(cameo, contexts=[Context.COMEDY], safety="no dogs")
    services.set_terms(cameo, audience=Audience.EVERYONE)
    kept = TermsRevision.objects.filter(cameo=cameo).order_by("number")
    assert list(kept.values_list("number", "audience", "contexts", "safety")) == [
        (1, "approved", 0, ""),
        (2, "approved", 1, "no dogs"),
        (3, "everyone", 1, "no dogs"),
    ]
    last = kept.last()
    assert all(getattr(last, name) == getattr(cameo, name) for name in TERMS)


def test_terms_that_stay_make_no_revision():
    cameo = active_cameo(person())
    services.set_terms(cameo, audience=cameo.audience, voice=cameo.voice)
    assert (cameo.revision, TermsRevision.objects.count()) == (1, 0)


@pytest.mark.parametrize(
    ("change", "dark"),
    [
        ({"audience": Audience.EVERYONE}, False),
        ({"audience": Audience.ONLY_ME}, True),
        ({"remix": Audience.MUTUALS}, True),
        ({"surfaces": [Surface.PUBLIC]}, True),
        ({"contexts": [*Context]}, False),
        ({"contexts": [Context.COMEDY]}, True),
        ({"alteration": False}, True),
        ({"safety": "no dogs"}, True),
        ({"expires_at": now() + timedelta(days=9)}, True),
    ],
)
def test_only_what_narrows_moves_the_epoch(change, dark):
    cameo = active_cameo(person(), Audience.APPROVED)
    before = cameo.epoch
    services.set_terms(cameo, **change)
    assert (cameo.epoch > before) == dark


def test_terms_of_a_revoked_cameo_do_not_change():
    cameo = active_cameo(person())
    services.revoke(cameo)
    with pytest.raises(IllegalMove):
        services.set_terms(cameo, audience=Audience.EVERYONE)


def test_terms_end_in_the_future():
    with pytest.raises(InThePast):
        services.set_terms(active_cameo(person()), expires_at=now())


@pytest.mark.parametrize(
    ("terms", "asked", "rule"),
    [
        ({"contexts": 0}, {"contexts": frozenset({Context.POLITICS})}, Rule.CONTEXT),
        ({"alteration": False}, {"alters": True}, Rule.ALTERATION),
        ({"voice": False}, {"speaks": True}, Rule.VOICE),
        ({"remix": Audience.ONLY_ME}, {"remixes": True}, Rule.REMIX),
        ({"safety": "never with dogs"}, {"text": "a Dog runs"}, Rule.SAFETY),
        ({"closed_at": now() - timedelta(days=1)}, {}, Rule.PERSON),
        ({"frozen_at": now() - timedelta(days=1)}, {"remixes": True}, Rule.REMIX),
    ],
)
def test_a_use_beyond_the_terms_is_refused_by_its_rule(terms, asked, rule):
    cameo, friend = active_cameo(person(), Audience.EVERYONE, **terms), person()
    with pytest.raises(ConsentRequired) as no:
        leave_for(friend, cameo, **asked)
    assert no.value.facts == {"cameo": cameo.handle, "rule": rule}


def test_owners_are_not_bound_by_their_own_terms():
    cameo = active_cameo(person(), Audience.ONLY_ME, contexts=0, surfaces=0, alteration=False)
    leave = leave_for(cameo.owner, cameo, contexts=frozenset(Context), alters=True, remixes=True)
    assert Consent.objects.live().covering(contexts=511, alters=True).get() == leave


# --- what closes and what freezes -----------------------------------------------------------------


def test_a_closed_cameo_keeps_what_there_is_and_takes_nothing_new():
    cameo, friend = active_cameo(person(), Audience.EVERYONE), person()
    leave, before = services.consent_for(friend, cameo), now()
    services.close(cameo)
    live = Consent.objects.live().filter(pk=leave.pk)
    assert live.covering(since=_at(before)).exists()
    assert not live.covering().exists()
    assert not Cameo.objects.usable_by(friend).exists()
    services.reopen(cameo)
    assert leave_for(friend, cameo) == leave


def test_a_frozen_cameo_is_still_lent_but_not_for_remixes():
    cameo, friend = active_cameo(person(), Audience.EVERYONE), person()
    services.freeze(cameo)
    assert leave_for(friend, cameo)
    with pytest.raises(ConsentRequired):
        leave_for(friend, cameo, remixes=True)


def _at(moment):
    from django.db.models import DateTimeField, Value  # noqa: PLC0415 -- only here

    return Value(moment, DateTimeField())


# --- lists ----------------------------------------------------------------------------------------


def test_whoever_is_listed_is_let_in_without_asking():
    cameo, friend = active_cameo(person(), Audience.APPROVED), person()
    services.enlist(cameo, friend.handle, allowed=True)
    assert list(Cameo.objects.usable_by(friend)) == [cameo]
    leave = leave_for(friend, cameo)
    assert leave.basis == "listed"
    services.delist(cameo, friend.handle)
    assert not Consent.objects.live().filter(pk=leave.pk).exists()


def test_whoever_is_kept_out_is_out_whatever_else_holds():
    cameo, friend = active_cameo(person(), Audience.EVERYONE), person()
    make_mutual(cameo.owner, friend)
    leave, epoch = granted(cameo, friend), cameo.epoch
    services.enlist(cameo, friend.handle, allowed=False)
    assert not Consent.objects.live().filter(pk=leave.pk).exists()
    assert not Cameo.objects.usable_by(friend).exists()
    assert cameo.epoch > epoch


def test_only_me_is_only_me_even_for_the_listed():
    cameo, friend = active_cameo(person(), Audience.ONLY_ME), person()
    services.enlist(cameo, friend.handle, allowed=True)
    assert not Cameo.objects.usable_by(friend).exists()


def test_nobody_lists_themselves_or_a_stranger_who_blocked_them():
    cameo, other = active_cameo(person()), person()
    users.block(other, cameo.owner)
    for handle in (cameo.owner.handle, other.handle, "nobody_at_all"):
        with pytest.raises(NotListed):
            services.enlist(cameo, handle, allowed=True)


# --- scoped leaves --------------------------------------------------------------------------------


def test_a_leave_can_be_narrower_than_the_terms_and_not_wider():
    owner, friend = person(), person()
    terms = {"contexts": bits([Context.COMEDY, Context.ROMANCE], Context), "voice": False}
    cameo = active_cameo(owner, Audience.APPROVED, **terms)
    leave = granted(cameo, friend, contexts=[Context.COMEDY], surfaces=[])
    assert leave_for(friend, cameo, contexts=frozenset({Context.COMEDY})) == leave
    for asked in ({"contexts": frozenset({Context.ROMANCE})}, {"surfaces": frozenset({"public"})}):
        with pytest.raises(ConsentRequired):
            leave_for(friend, cameo, **asked)


@pytest.mark.parametrize(
    ("scope", "facts"),
    [
        ({"voice": True}, {"field": "voice", "asked": True, "at_most": False}),
        (
            {"contexts": [Context.POLITICS]},
            {"field": "contexts", "asked": ["politics"], "at_most": ["comedy"]},
        ),
    ],
)
def test_nobody_grants_more_than_the_terms_have(scope, facts):
    cameo = active_cameo(person(), contexts=bits([Context.COMEDY], Context), voice=False)
    asked = services.request_leave(person(), cameo)
    with pytest.raises(MoreThanTheTerms) as no:
        services.grant(asked, cameo.owner, **scope)
    assert no.value.facts == facts
    asked.refresh_from_db()
    assert asked.state == "requested"


def test_when_the_terms_narrow_every_leave_does():
    cameo, friend = active_cameo(person()), person()
    granted(cameo, friend)
    assert leave_for(friend, cameo, contexts=frozenset({Context.HORROR}))
    services.set_terms(cameo, contexts=[Context.COMEDY])
    with pytest.raises(ConsentRequired):
        leave_for(friend, cameo, contexts=frozenset({Context.HORROR}))
