"""The gates of a likeness: the database and the lattice say the same of every use."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection
from django.utils.timezone import now
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from cameos import services as cameos
from cameos.errors import ConsentRequired
from cameos.models import Cameo, Consent, GateRecord, Listing
from cameos.states import Audience, Basis, Context, Gate, Rule, Surface, bits, words
from cameos.types import Use
from feed import services as feed
from feed.errors import LeaveGone
from generation import gates, media, services
from generation.gates import refusal
from generation.models import CameoUse, Job, Output
from sora_social.wording import as_line, telling_words
from tests.cameos.making import active_cameo
from tests.generation.making import done_output, queued_job
from tests.people import follow, person, signed_in

pytestmark = pytest.mark.django_db
CONTEXTS = st.sets(st.sampled_from(list(Context)[:3])).map(lambda some: bits(some, Context))
SURFACES = st.sets(st.sampled_from(Surface))
SAFETY = st.sampled_from(
    ["", "", "no dogs", "no big dogs", "no alcohol, never a red horse", "100%"]
)
PROMPTS = st.sampled_from(["", "a big dog", "Dogs", "red wine, a horse", "alcohol", "100 red"])
MOMENTS = st.none() | st.integers(-2, 2).filter(bool).map(lambda days: timedelta(days=days))
NARROW = {"remix": Audience.ONLY_ME, "contexts": 0, "surfaces": 0, "alteration": False}


def test_a_draft_of_everyday_life_needs_no_more_than_being_let_in():
    cameo = active_cameo(person(), Audience.EVERYONE, **NARROW, voice=False)
    job = queued_job(person(), [cameo])
    assert refusal(job.pk) is None
    assert Job.objects.may_go_on().filter(pk=job.pk).exists()


@pytest.mark.parametrize(
    ("asked", "surfaces", "rule"),
    [
        ({"contexts": bits([Context.ROMANCE], Context)}, [], Rule.CONTEXT),
        ({"alters": True}, [], Rule.ALTERATION),
        ({"speaks": True}, [], Rule.VOICE),
        ({"inherited": True}, [], Rule.REMIX),
        ({}, [Surface.PUBLIC], Rule.SURFACE),
    ],
)
def test_what_the_terms_do_not_allow_is_refused_by_its_rule(asked, surfaces, rule):
    cameo = active_cameo(person(), Audience.EVERYONE, **NARROW, voice=False)
    output = done_output(person(), [cameo])
    CameoUse.objects.filter(job=output.job).update(**asked)
    assert refusal(output.job_id, surfaces) == (cameo.handle, rule)
    assert not Output.objects.cleared(bits(surfaces, Surface)).filter(pk=output.pk).exists()


class TheDatabaseAndTheLattice(TestCase):
    @settings(max_examples=150, deadline=None)
    @given(data=st.data())
    def test_they_agree_on_every_use(self, data):
        draw = data.draw
        owner, author = person(), person()
        cameo = active_cameo(
            owner,
            draw(st.sampled_from(Audience)),
            remix=draw(st.sampled_from(Audience)),
            contexts=draw(CONTEXTS),
            surfaces=bits(draw(SURFACES), Surface),
            alteration=draw(st.booleans()),
            voice=draw(st.booleans()),
            safety=draw(SAFETY),
            **{name: _then(draw(MOMENTS)) for name in ("expires_at", "closed_at", "frozen_at")},
        )
        if lapses := draw(MOMENTS):
            verified_at = now() - timedelta(days=9)
            Cameo.objects.filter(pk=cameo.pk).update(
                verified_at=verified_at, lapses_at=now() + lapses
            )
        if draw(st.booleans()):
            follow(owner, author)
            follow(author, owner)
        if (allowed := draw(st.none() | st.booleans())) is not None:
            Listing.objects.create(cameo=cameo, person=author, allowed=allowed)
        leave = Consent.objects.create(
            cameo=cameo,
            requester=author,
            state="granted",
            basis=draw(st.sampled_from([basis for basis in Basis if basis != Basis.OWN])),
            expires_at=_then(draw(MOMENTS)),
            contexts=draw(CONTEXTS),
            surfaces=bits(draw(SURFACES), Surface),
            alteration=draw(st.booleans()),
            voice=draw(st.booleans()),
            remixable=draw(st.booleans()),
        )
        job = queued_job(author)
        CameoUse.objects.create(
            job=job,
            cameo=cameo,
            consent=leave,
            inherited=draw(st.booleans()),
            contexts=draw(CONTEXTS),
            alters=draw(st.booleans()),
            speaks=draw(st.booleans()),
            said=as_line(telling_words(draw(PROMPTS))),
            made_at=_then(draw(MOMENTS)) or now(),
        )
        asked = draw(SURFACES)
        leave.refresh_from_db()
        use = CameoUse.objects.select_related("consent__cameo__owner").get(job=job)
        by_lattice = cameos.why_not(use.consent, _use(use, asked), counted=False) is None
        by_rows = Job.objects.cleared(bits(asked, Surface)).filter(pk=job.pk).exists()
        assert by_rows == by_lattice
        assert (refusal(job.pk, asked) is None) == by_rows


def _use(use, surfaces):
    return Use(
        person=use.consent.requester_id,
        at=now(),
        since=use.made_at,
        contexts=words(use.contexts, Context),
        surfaces=frozenset(surfaces),
        alters=use.alters,
        speaks=use.speaks,
        remixes=use.inherited,
        said=frozenset(use.said.split()),
    )


def _then(days):
    return now() + days if days else None


def test_three_people_are_asked_in_two_queries(django_assert_num_queries):
    people = [active_cameo(person(), Audience.EVERYONE) for _ in range(3)]
    job = queued_job(person(), people)
    with django_assert_num_queries(2):
        assert refusal(job.pk, [Surface.PUBLIC]) is None


# --- what is written down ---


def test_every_gate_writes_down_on_which_revision_it_let_a_video_pass():
    author, viewer = person(), person()
    cameo = active_cameo(person(), Audience.EVERYONE)
    job = services.submit(author, key="k", prompt=f"@{cameo.handle} waves")
    assert gates_of(cameo) == [("submit", author.pk, 1)]
    gates.ask(Gate.DISPATCH, author, job.pk)
    output = done_output(author, [cameo])
    cameos.set_terms(cameo, audience=Audience.EVERYONE, voice=False)
    post = feed.publish(author, output.pk)
    address = media.urls(Output.objects.with_epoch().get(pk=output.pk), viewer)["stream"]
    for _ in range(2):  # a player asks again and again
        assert signed_in(viewer).get(address).status_code == 200
    assert post.pk
    assert gates_of(cameo) == [
        ("submit", author.pk, 1),
        ("dispatch", author.pk, 1),
        ("publish", author.pk, 2),
        ("serve", viewer.pk, 2),
    ]


def test_every_vain_attempt_is_written_down_with_its_rule():
    author = person()
    cameo = active_cameo(person(), Audience.APPROVED)
    for key in ("one", "two"):
        with pytest.raises(ConsentRequired):
            services.submit(author, key=key, prompt=f"@{cameo.handle} waves")
    kept = GateRecord.objects.refused().of_likeness(cameo.owner_id)
    assert [*kept.values_list("gate", "person", "rule")] == [("submit", author.pk, "person")] * 2


def test_a_refused_posting_is_written_down_though_nothing_is_posted():
    author = person()
    cameo = active_cameo(person(), Audience.EVERYONE, surfaces=0)
    output = done_output(author, [cameo])
    with pytest.raises(LeaveGone) as no:
        feed.publish(author, output.pk)
    assert no.value.facts == {"cameo": cameo.handle, "rule": Rule.SURFACE}
    assert GateRecord.objects.refused().get().gate == Gate.PUBLISH


def gates_of(cameo):
    kept = GateRecord.objects.filter(cameo=cameo).order_by("pk")
    return list(kept.values_list("gate", "person", "revision"))


# --- counted leaves ---


def test_of_a_counted_leave_each_job_takes_one_and_a_failed_one_gives_it_back():
    owner, author = person(), person()
    cameo = active_cameo(owner)
    leave = cameos.grant(cameos.request_leave(author, cameo), owner, uses_left=1)
    job = services.submit(author, key="k", prompt=f"@{cameo.handle} waves")
    again = services.submit(author, key="k", prompt=f"@{cameo.handle} waves")
    assert (again.pk, left(leave)) == (job.pk, 0)
    with pytest.raises(ConsentRequired) as no:
        services.submit(author, key="other", prompt=f"@{cameo.handle} waves")
    assert no.value.facts["rule"] == Rule.COUNT
    assert refusal(job.pk) is None  # it was counted already
    services.cancel(job)
    assert left(leave) == 1


@pytest.mark.django_db(transaction=True)
def test_of_two_submits_at_once_one_gets_the_last_use():
    owner, author = person(), person()
    cameo = active_cameo(owner)
    leave = cameos.grant(cameos.request_leave(author, cameo), owner, uses_left=1)
    ready = threading.Barrier(2)

    def submit(key):
        ready.wait()
        try:
            services.submit(author, key=key, prompt=f"@{cameo.handle} waves")
        except ConsentRequired as no:
            return no.facts["rule"]
        finally:
            connection.close()
        return None

    with ThreadPoolExecutor(2) as both:
        outcomes = list(both.map(submit, ["one", "two"]))
    assert sorted(outcomes, key=str) == [None, Rule.COUNT]
    assert (left(leave), Job.objects.count()) == (0, 1)


def left(leave):
    return Consent.objects.get(pk=leave.pk).uses_left
