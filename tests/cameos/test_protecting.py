"""A cameo that only protects: in the index of likenesses, and usable by nobody."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction

from cameos import services
from cameos.errors import ConsentRequired, ProtectsOnly, ReleaseRequired, UnknownCameo
from cameos.lookalikes import alike
from cameos.models import Audience, Cameo, Consent
from cameos.states import Basis, CameoState, Purpose
from cameos.types import Use
from generation.models import Output
from sora_social.errors import IllegalMove, NotFound
from tests.cameos.making import (
    active_cameo,
    agree,
    draft_cameo,
    likeness,
    protecting_cameo,
    template,
)
from tests.generation.making import done_output
from tests.people import make_mutual, person, signed_in

pytestmark = pytest.mark.django_db
API = "/api/v1/cameos/"


@pytest.fixture
def cameo() -> Cameo:
    return protecting_cameo(person("ada"))


def test_not_even_its_owner_may_use_it(cameo):
    friend = person()
    make_mutual(cameo.owner, friend)
    for who in (cameo.owner, friend, person()):
        assert not Cameo.objects.usable_by(who).exists()
        assert not Cameo.objects.known_to(who).exists()
        with pytest.raises(ConsentRequired):
            services.consent_for(who, cameo)
        with pytest.raises(UnknownCameo):
            services.mentioned(who, "@ada waves")


def test_a_leave_that_a_row_claims_does_not_hold(cameo):
    for who, basis in ((cameo.owner, Basis.OWN), (person(), Basis.GRANT)):
        Consent.objects.create(cameo=cameo, requester=who, basis=basis, state="granted")
    assert not Consent.objects.live().exists()


def test_nobody_can_ask_for_it_or_be_let_in(cameo):
    other = person("bee")
    with pytest.raises(NotFound):
        services.request_leave(other, cameo)
    for change in ({"audience": Audience.EVERYONE}, {"remix": Audience.APPROVED}):
        with pytest.raises(ProtectsOnly):
            services.set_terms(cameo, **change)
    services.enlist(cameo, "bee", allowed=True)
    assert not Cameo.objects.usable_by(other).exists()


def test_the_database_lends_it_to_nobody(cameo):
    for circle in ("audience", "remix"):
        with pytest.raises(IntegrityError), transaction.atomic():
            Cameo.objects.filter(pk=cameo.pk).update(**{circle: Audience.EVERYONE})


def test_it_is_found_where_somebody_else_shows_the_face(cameo, pack):
    Cameo.objects.filter(pk=cameo.pk).update(**likeness(cameo, 1, pack.id))
    assert alike(draft_cameo(person()), template(1), pack)[0] == ["very_like_another"]


def test_whoever_asks_beforehand_learns_no_more_than_of_nobody(cameo):
    stranger = person()
    asked = [services.ask(stranger, [name], Use(stranger.pk, *[cameo.made_at] * 2)) for name in
             ("ada", "nobody")]  # fmt: skip
    assert [answer.rule for (answer,) in asked] == ["person", "person"]


def test_it_needs_no_release_for_use(pack):
    cameo = draft_cameo(person(), protects_only=True)
    assert services.challenge(cameo).used_at is None


# --- opened and closed ---


def test_its_owner_may_open_it_after_agreeing_to_that(cameo):
    with pytest.raises(ReleaseRequired):
        services.lend(cameo)
    agree(cameo, [Purpose.ENROL, Purpose.SAFETY_SEARCH, Purpose.USE])
    opened = services.lend(cameo)
    assert (opened.protects_only, opened.audience) == (False, Audience.ONLY_ME)
    assert Cameo.objects.usable_by(cameo.owner).get() == cameo
    assert not Cameo.objects.usable_by(person()).exists()
    with pytest.raises(IllegalMove):
        services.lend(opened)


def test_closing_one_ends_every_leave_and_what_stood_on_it_stays_dark():
    cameo, author = active_cameo(person(), Audience.EVERYONE), person()
    others, own = done_output(author, [cameo]), done_output(cameo.owner, [cameo])
    before = cameo.epoch
    services.take_back_use(cameo)
    cameo.refresh_from_db()
    assert (cameo.protects_only, cameo.audience, cameo.state) == (
        True, Audience.ONLY_ME, CameoState.ACTIVE,
    )  # fmt: skip
    assert cameo.epoch > before
    with pytest.raises(ReleaseRequired):
        services.lend(cameo)
    agree(cameo, Purpose)
    services.lend(cameo)
    services.set_terms(cameo, audience=Audience.EVERYONE)
    made = Output.objects.filter(pk__in=[others.pk, own.pk])
    assert not made.cleared().exists()
    assert Cameo.objects.usable_by(author).get() == cameo


def test_it_is_closed_once(cameo):
    with pytest.raises(IllegalMove):
        services.take_back_use(cameo)


# --- over HTTP ---


def test_over_http_it_shows_to_its_owner_alone(cameo):
    mine, other = signed_in(cameo.owner), signed_in(person())
    assert mine.get(f"{API}{cameo.pk}/").data["protects_only"] is True
    assert len(mine.get(API).data["items"]) == 1
    assert other.get(f"{API}{cameo.pk}/").status_code == 404
    for phone in (mine, other):
        assert phone.get(f"{API}search/?q=ada").data["items"] == []
        assert phone.get(f"{API}usable/").data["items"] == []
        assert phone.post(f"{API}ada/requests/", {}, format="json").status_code == 404


def test_over_http_it_is_begun_opened_and_closed():
    phone = signed_in(person())
    made = phone.post(API, {"protects_only": True}, format="json").data
    where = f"{API}{made['id']}/"
    assert made["protects_only"] is True
    wider = phone.patch(where, {"audience": "everyone"}, format="json")
    assert (wider.status_code, wider.json()["code"]) == (409, "protects_only")
    assert phone.put(where + "lending/").json()["code"] == "release_required"
    agree(Cameo.objects.get(pk=made["id"]), Purpose)
    assert phone.put(where + "lending/").data["protects_only"] is False
    assert phone.delete(where + "lending/").data["protects_only"] is True


def test_nobody_opens_somebody_elses(cameo):
    agree(cameo, Purpose)
    other = signed_in(person())
    assert other.put(f"{API}{cameo.pk}/lending/").status_code == 404
    assert other.delete(f"{API}{cameo.pk}/lending/").status_code == 404
    assert Cameo.objects.get(pk=cameo.pk).protects_only
