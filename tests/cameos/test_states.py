"""Every pair of states, tried against its table."""

from __future__ import annotations

from itertools import product

import pytest

from cameos.models import Consent
from cameos.states import CAMEO_MOVES, CONSENT_MOVES, CameoState, ConsentState
from sora_social.errors import IllegalMove
from tests.cameos.making import active_cameo, cameo_in, likeness
from tests.people import person

pytestmark = pytest.mark.django_db
KEYED = {CameoState.ACTIVE, CameoState.REVIEW, CameoState.PAUSED}


@pytest.mark.parametrize(("here", "to"), product(CameoState, CameoState))
def test_a_cameo_moves_as_its_table_says(here, to):
    cameo = cameo_in(here, person())
    changes = likeness(cameo, 1) if to in KEYED else {"template": None, "wrapped_key": None}
    if to in CAMEO_MOVES.get(here, ()):
        cameo.move(to, **changes)
        assert cameo.state == to
    else:
        with pytest.raises(IllegalMove):
            cameo.move(to, **changes)
        assert type(cameo).objects.get(pk=cameo.pk).state == here


@pytest.mark.parametrize(("here", "to"), product(ConsentState, ConsentState))
def test_a_leave_moves_as_its_table_says(here, to):
    cameo = active_cameo(person())
    leave = Consent.objects.create(cameo=cameo, requester=person(), state=here)
    if to in CONSENT_MOVES.get(here, ()):
        leave.move(to)
        assert leave.state == to
    else:
        with pytest.raises(IllegalMove):
            leave.move(to)
        assert Consent.objects.get(pk=leave.pk).state == here


def test_of_two_racing_moves_one_wins():
    leave = Consent.objects.create(cameo=active_cameo(person()), requester=person())
    twin = Consent.objects.get(pk=leave.pk)
    leave.move(ConsentState.GRANTED)
    with pytest.raises(IllegalMove):
        twin.move(ConsentState.DECLINED)
    assert Consent.objects.get(pk=leave.pk).state == ConsentState.GRANTED
