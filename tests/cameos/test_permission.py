""" "May I use this cameo now?" has three answers in code, and they are one."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import timedelta
from itertools import product

import pytest
from django.db import transaction
from django.utils.timezone import now
from hypothesis import given, settings
from hypothesis import strategies as st

from cameos import services
from cameos.errors import ConsentRequired
from cameos.models import Cameo, Consent
from cameos.states import Audience, CameoState
from sora_social.moderation import services as moderation
from sora_social.moderation.models import Subject
from sora_social.users import services as users
from sora_social.users.models import Block, Follow, User
from tests.cameos.making import active_cameo
from tests.people import make_mutual, moderator, person

pytestmark = pytest.mark.django_db


def may(user: User, cameo: Cameo) -> bool:
    """The one answer; fails when the three disagree."""
    listed = Cameo.objects.usable_by(user).filter(pk=cameo.pk).exists()
    try:
        leave = services.consent_for(user, cameo)
    except ConsentRequired:
        leave = None
    live = Consent.objects.live().filter(cameo=cameo, requester=user).exists()
    assert listed == live == (leave is not None)
    return listed


# --- audience × relation --------------------------------------------------------------------------


def grant_leave(cameo: Cameo, friend: User) -> Consent:
    leave = Consent.objects.create(cameo=cameo, requester=friend)
    leave.move("granted")
    return leave


def become_granted(cameo: Cameo, friend: User) -> None:
    grant_leave(cameo, friend)


def become_mutual(cameo: Cameo, friend: User) -> None:
    make_mutual(cameo.owner, friend)


def become_follower(cameo: Cameo, friend: User) -> None:
    users.follow(friend, cameo.owner)


def become_stranger(cameo: Cameo, friend: User) -> None:
    pass


def become_all(cameo: Cameo, friend: User) -> None:
    """Granted and mutual, which is as close as two people can be."""
    grant_leave(cameo, friend)
    make_mutual(cameo.owner, friend)


RELATIONS = {
    become_all: {Audience.APPROVED, Audience.MUTUALS, Audience.EVERYONE},
    become_granted: {Audience.APPROVED, Audience.MUTUALS, Audience.EVERYONE},
    become_mutual: {Audience.MUTUALS, Audience.EVERYONE},
    become_follower: {Audience.EVERYONE},
    become_stranger: {Audience.EVERYONE},
}


@pytest.mark.parametrize(("audience", "relation"), product(Audience, RELATIONS))
def test_an_audience_lets_in_whom_it_says(audience, relation):
    cameo, friend = active_cameo(person(), audience), person()
    relation(cameo, friend)
    assert may(friend, cameo) == (audience in RELATIONS[relation])
    assert may(cameo.owner, cameo)


def block(cameo: Cameo, friend: User) -> None:
    users.block(cameo.owner, friend)


def be_blocked(cameo: Cameo, friend: User) -> None:
    users.block(friend, cameo.owner)


def pause(cameo: Cameo, friend: User) -> None:
    services.pause(cameo)


def revoke(cameo: Cameo, friend: User) -> None:
    services.revoke(cameo)


def suspend(cameo: Cameo, friend: User) -> None:
    users.suspend(cameo.owner)


def take_down(cameo: Cameo, friend: User) -> None:
    moderation.take_down(Subject.CAMEO, str(cameo.pk), moderator(), "impersonation")


def close(cameo: Cameo, friend: User) -> None:
    services.set_terms(cameo, audience=Audience.ONLY_ME)


@pytest.mark.parametrize(
    ("audience", "end"),
    product(Audience, [block, be_blocked, pause, revoke, suspend, take_down, close]),
)
def test_whatever_ends_it_ends_it_at_once_even_for_those_who_used_it(audience, end):
    cameo, friend = active_cameo(person(), audience), person()
    become_all(cameo, friend)
    before = may(friend, cameo)
    assert before == (audience != Audience.ONLY_ME)
    end(cameo, friend)
    assert not may(friend, Cameo.objects.get(pk=cameo.pk))


@pytest.mark.parametrize("audience", [Audience.APPROVED, Audience.MUTUALS])
def test_an_expired_grant_is_none(audience):
    cameo, friend = active_cameo(person(), audience), person()
    leave = grant_leave(cameo, friend)
    for seconds, holds in ((60, True), (-1, False)):
        Consent.objects.filter(pk=leave.pk).update(expires_at=now() + timedelta(seconds=seconds))
        assert may(friend, cameo) is holds


def test_a_lost_mutual_loses_what_stood_on_it():
    cameo, friend = active_cameo(person(), Audience.MUTUALS), person()
    make_mutual(cameo.owner, friend)
    leave = services.consent_for(friend, cameo)
    users.unfollow(friend, cameo.owner)
    assert not may(friend, cameo)
    assert not Consent.objects.live().filter(pk=leave.pk).exists()


# --- any graph ------------------------------------------------------------------------------------

PEOPLE = 3
PAIRS = st.sampled_from([(a, b) for a in range(PEOPLE) for b in range(PEOPLE) if a != b])
STEPS = st.one_of(
    st.tuples(st.sampled_from(["follow", "unfollow", "block", "grant", "revoke", "use"]), PAIRS),
    st.tuples(st.just("expire"), PAIRS),
    st.tuples(
        st.sampled_from(["pause", "resume", "leave", "return"]),
        st.tuples(st.integers(0, PEOPLE - 1), st.just(None)),
    ),
    st.tuples(
        st.just("audience"), st.tuples(st.integers(0, PEOPLE - 1), st.sampled_from(Audience))
    ),
)


@contextmanager
def undone():
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def test_the_three_answers_agree_after_any_steps():
    everybody = [person() for _ in range(PEOPLE)]
    cameos = [active_cameo(owner) for owner in everybody]

    @settings(max_examples=15, deadline=None, database=None)
    @given(steps=st.lists(STEPS, min_size=4, max_size=24))
    def agree(steps):
        with undone():
            for what, (a, b) in steps:
                take(what, everybody, cameos, a, b)
            for who, cameo in product(everybody, cameos):
                may(who, cameo)

    agree()


def take(what, everybody, cameos, a, b) -> None:
    """One step: person `a` does it to person or cameo `b`, where it is possible at all."""
    cameo = cameos[a]
    cameo.refresh_from_db()
    if what == "audience":
        services.set_terms(cameo, audience=b)
    elif what == "pause" and cameo.state == CameoState.ACTIVE:
        services.pause(cameo)
    elif what == "resume" and cameo.state == CameoState.PAUSED:
        services.resume(cameo)
    elif what in ("leave", "return"):
        User.objects.filter(pk=everybody[a].pk).update(is_active=what == "return")
    elif b is not None:
        take_between(what, everybody[a], everybody[b], cameo)


def take_between(what, one, other, cameo) -> None:
    held = Consent.objects.filter(cameo=cameo, requester=other, state="granted")
    if what == "follow":
        Follow.objects.get_or_create(follower=one, followed=other)
    elif what == "unfollow":
        Follow.objects.filter(follower=one, followed=other).delete()
    elif what == "block":
        Block.objects.get_or_create(blocker=one, blocked=other)
    elif what == "grant" and not held.filter(basis="grant").exists():
        grant_leave(cameo, other)
    elif what == "revoke":
        for leave in held:
            services.revoke_leave(leave, one)
    elif what == "expire":
        held.filter(basis="grant").update(expires_at=now() - timedelta(seconds=1))
    elif what == "use":
        may(other, cameo)
