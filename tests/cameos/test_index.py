"""Who is enrolled, as a process knows it: everybody at this moment, and nobody who left."""

from datetime import timedelta

import pytest
from django.utils.timezone import now

from cameos import services
from cameos.index import Index
from cameos.models import Cameo
from cameos.states import CameoState
from tests.cameos.making import DIM, active_cameo, cameo_in, likeness, template
from tests.people import person

pytestmark = pytest.mark.django_db
PACK = "p" * 64


@pytest.fixture
def index():
    made = Index(PACK, DIM)
    yield made
    made._stop_the_clock()


def enrolled(seed, state=CameoState.ACTIVE, pack=PACK, **changes):
    cameo = active_cameo(person())
    known = likeness(cameo, seed, pack) | {"state_changed_at": now()} | changes
    Cameo.objects.filter(pk=cameo.pk).update(state=state, **known)
    return cameo


def nearest(index, seed, **more):
    return index.ask(template(seed)[None], **more).nearest[0]


def test_somebody_enrolled_is_found(index):
    cameo = enrolled(71)
    enrolled(72)
    assert nearest(index, 71) == (cameo.pk, pytest.approx(1, abs=1e-3))
    assert nearest(index, 73).alike < 0.5


@pytest.mark.parametrize(
    "state", [CameoState.DRAFT, CameoState.REVIEW, CameoState.ACTIVE, CameoState.PAUSED]
)
def test_whatever_the_state_of_their_cameo(index, state):
    cameo = enrolled(71, state)
    assert nearest(index, 71).who == cameo.pk


def test_a_new_cameo_enters_it_at_the_next_question(index):
    first = enrolled(71)
    assert nearest(index, 72).who == first.pk
    assert nearest(index, 72).who == first.pk
    second = enrolled(72)
    assert nearest(index, 72).who == second.pk


def test_a_revoked_cameo_leaves_it_at_the_next_question(index):
    cameo, other = enrolled(71), enrolled(72)
    assert nearest(index, 71).who == cameo.pk
    services.revoke(Cameo.objects.get(pk=cameo.pk))
    assert nearest(index, 71).who == other.pk
    assert (len(index.gallery), index.gallery.blocks[0][1].any()) == (1, False)


def test_a_rejected_one_and_one_whose_rows_are_deleted_leave_it(index):
    rejected, deleted = enrolled(71), enrolled(72)
    index.catch_up()
    assert len(index.gallery) == 2
    Cameo.objects.filter(pk=rejected.pk).update(
        state=CameoState.DRAFT, wrapped_key=None, template=None, pack_id="", state_changed_at=now()
    )
    Cameo.objects.filter(pk=deleted.pk).delete()
    index.catch_up()
    assert len(index.gallery) == 0


def test_a_key_destroyed_by_hand_is_noticed_though_no_time_tells(index):
    cameo = enrolled(71, state=CameoState.PAUSED)
    index.catch_up()
    long_ago = now() - timedelta(days=3)
    Cameo.objects.filter(pk=cameo.pk).update(wrapped_key=None, state_changed_at=long_ago)
    index.catch_up()
    assert len(index.gallery) == 0


def test_a_row_that_becomes_visible_late_is_read(index):
    index.catch_up()
    enrolled(71)
    index.catch_up()
    late = enrolled(72, state_changed_at=now() - timedelta(hours=1))
    assert nearest(index, 72).who == late.pk


def test_a_likeness_captured_anew_takes_the_place_of_the_old(index):
    cameo = enrolled(71)
    index.catch_up()
    Cameo.objects.filter(pk=cameo.pk).update(**likeness(cameo, 74, PACK), state_changed_at=now())
    assert nearest(index, 74) == (cameo.pk, pytest.approx(1, abs=1e-3))


def test_who_cannot_be_compared_is_counted(index):
    readable, broken = enrolled(71), enrolled(72)
    Cameo.objects.filter(pk=broken.pk).update(template=b"x" * 1052)
    enrolled(73, pack="q" * 64)
    found = index.ask(template(71)[None])
    assert (found.nearest[0].who, found.unreadable, found.elsewhere) == (readable.pk, 1, 1)
    Cameo.objects.filter(pk=broken.pk).update(**likeness(broken, 72, PACK))
    assert index.ask(template(72)[None]).unreadable == 0


def test_one_that_breaks_later_is_not_found_any_more_but_counted(index):
    cameo = enrolled(71)
    index.catch_up()
    Cameo.objects.filter(pk=cameo.pk).update(template=b"x" * 1052, state_changed_at=now())
    found = index.ask(template(71)[None])
    assert (found.nearest[0].who, found.unreadable) == (None, 1)


def test_own_cameos_may_be_left_out(index):
    own, other = enrolled(71), enrolled(72)
    assert nearest(index, 71, but=[own.pk]).who == other.pk


def test_an_index_nobody_asks_is_wiped_within_a_minute():
    index = Index(PACK, DIM, kept=0.05)
    enrolled(71)
    index.catch_up()
    block = index.gallery.blocks[0]
    index._timer.join(10)
    assert (len(index.gallery), block.any()) == (0, False)
    assert Index(PACK, DIM).kept < 60


def test_after_that_it_reads_everybody_anew(index):
    cameo = enrolled(71)
    index.catch_up()
    index.forget()
    assert nearest(index, 71).who == cameo.pk


def test_a_question_reads_only_what_changed(index, django_assert_num_queries):
    for seed in range(71, 75):
        enrolled(seed, state_changed_at=now() - timedelta(hours=1))
    enrolled(76)
    index.catch_up()
    with django_assert_num_queries(4):  # the new, the gone, how many, and those of other packs
        index.ask(template(71)[None])


def test_a_draft_without_likeness_is_nobody(index):
    cameo_in(CameoState.DRAFT, person())
    index.catch_up()
    assert len(index.gallery) == 0
