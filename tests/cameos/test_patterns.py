"""Attempts in vain that look like a hunt become a case."""

from __future__ import annotations

import pytest

from cameos import services
from cameos.patterns import BY_MANY, BY_ONE
from cameos.states import Audience, Gate, Rule
from sora_social.moderation.errors import DecisionUnknown
from sora_social.moderation.models import Case, CaseKind, Strike, Takedown
from sora_social.moderation.services import claim, decide
from tests.cameos.making import active_cameo
from tests.people import moderator, person

pytestmark = pytest.mark.django_db


def try_in_vain(cameo, who):
    services.refused(Gate.SUBMIT, who, cameo.handle, Rule.PERSON)


def test_one_person_again_and_again_raises_one_case():
    cameo, hunter = active_cameo(person(), Audience.ONLY_ME), person()
    for _ in range(BY_ONE - 1):
        try_in_vain(cameo, hunter)
    assert not Case.objects.exists()
    for _ in range(3):
        try_in_vain(cameo, hunter)
    case = Case.objects.get()
    assert (case.kind, case.subject, case.subject_id) == (CaseKind.PATTERN, "cameo", str(cameo.pk))
    facts = {"within_minutes": 60, "people": 1, "most_by_one": BY_ONE}
    assert case.facts == {**facts, "against": [hunter.pk]}


def test_many_at_once_raise_a_case():
    cameo = active_cameo(person(), Audience.ONLY_ME)
    for _ in range(BY_MANY):
        try_in_vain(cameo, person())
    assert Case.objects.get().facts["people"] == BY_MANY


def test_attempts_at_others_and_at_nobody_count_for_nobody():
    hunter = person()
    for _ in range(BY_ONE):
        services.refused(Gate.SUBMIT, hunter, "nobody_at_all", Rule.PERSON)
        try_in_vain(active_cameo(person(), Audience.ONLY_ME), hunter)
    assert not Case.objects.exists()


def test_a_decision_about_a_hunt_strikes_the_hunter_and_not_the_hunted():
    cameo, hunter, judge = active_cameo(person(), Audience.ONLY_ME), person(), moderator()
    for _ in range(BY_ONE):
        try_in_vain(cameo, hunter)
    case = Case.objects.get()
    claim(case, judge)
    with pytest.raises(DecisionUnknown):
        decide(case, judge, "take_down", "harassment")
    decide(case, judge, "strike", "harassment")
    assert [strike.person for strike in Strike.objects.all()] == [hunter]
    assert not Takedown.objects.exists()
