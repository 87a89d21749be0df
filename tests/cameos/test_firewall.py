"""Who is in this, and are they all allowed? Asked with the lite pack, of clips of our own."""

import json
import shutil
from pathlib import Path

import cv2
import pytest
from django.db.models import Value

from cameos.errors import FirewallOff
from cameos.firewall import is_anybody_enrolled, who_is_in
from cameos.models import Cameo
from cameos.states import CameoState
from cameos.types import Sight, Verdict
from cameos.watching import ENVIRONMENT, Watcher, watcher
from tests.cameos.making import active_cameo, enrol
from tests.faces import (
    astronaut_film,
    astronaut_template,
    astronaut_turning,
    drawn_film,
    drawn_template,
    film,
)
from tests.people import person

pytestmark = [pytest.mark.django_db, pytest.mark.slow, pytest.mark.xdist_group("engine")]


@pytest.fixture
def astronaut(pack):
    return enrol(person(), astronaut_template(), pack)


@pytest.fixture
def deciding(settings, tmp_path, pack):
    """A pack that may decide; `deciding(0.9)` says from which similarity on."""

    def with_block(block):
        folder = tmp_path / f"deciding-{block}"
        shutil.copytree(pack.folder, folder)
        card = json.loads((folder / "pack.json").read_text())
        card |= {"strength": "recognition"}
        card["thresholds"] |= {"firewall_block": block}
        (folder / "pack.json").write_text(json.dumps(card))
        settings.LIKENESS_MODEL_PACK = folder

    return with_block


def verdicts(path, allowed=()):
    return [(one.verdict, one.cameo, one.certain) for one in who_is_in(path, allowed).seen]


# --- what it says of a face ---


def test_somebody_enrolled_who_is_not_allowed_is_a_match(astronaut):
    sight = who_is_in(astronaut_film(), [])
    (seen,) = sight.seen
    assert (seen.verdict, seen.cameo, seen.certain) == (Verdict.MATCH, astronaut.pk, False)
    assert (sight.is_doubtful, sight.is_forbidden, sight.strength) == (True, False, "continuity")
    left, top, right, bottom = seen.box
    assert 0.3 < left < right < 0.7
    assert 0.1 < top < bottom < 0.6
    assert 0 <= seen.at < 1


def test_the_same_person_allowed_is_no_doubt(astronaut):
    sight = who_is_in(astronaut_film(), [astronaut.pk])
    assert [one.verdict for one in sight.seen] == [Verdict.ALLOWED]
    assert (sight.is_doubtful, sight.is_forbidden) == (False, False)


def test_a_face_of_nobody_enrolled_is_unmatched(astronaut):
    assert verdicts(drawn_film()) == [(Verdict.UNMATCHED, None, False)]
    assert not who_is_in(drawn_film(), []).is_doubtful


def test_of_two_in_one_clip_each_is_judged(astronaut, pack):
    other = enrol(person(), drawn_template(), pack)
    frames = [cv2.imread(str(path)) for path in stills_of(astronaut_film(), drawn_film())]
    both = film([cv2.hconcat(frames)] * 8)
    found = {cameo: verdict for verdict, cameo, _ in verdicts(both, [other.pk])}
    assert found == {astronaut.pk: Verdict.MATCH, None: Verdict.ALLOWED}


def stills_of(*films):
    """A picture of each film, all of one size."""
    for path in films:
        shown, frame = cv2.VideoCapture(str(path)).read()
        assert shown
        still = path.with_suffix(".png")
        cv2.imwrite(str(still), cv2.resize(frame, (400, 360)))
        yield still


def test_a_face_in_one_short_moment_is_found(astronaut):
    grey = [frame * 0 + 128 for frame in astronaut_turning()[:9]]
    flash = [*grey[:5], astronaut_turning()[0], *grey[6:]]
    assert [verdict for verdict, *_ in verdicts(film(flash))] == [Verdict.MATCH]


def test_a_picture_is_looked_at_as_well(astronaut, tmp_path):
    for name in ("picture.png", "picture.webp"):
        cv2.imwrite(str(tmp_path / name), astronaut_turning()[0])
        assert verdicts(tmp_path / name) == [(Verdict.MATCH, astronaut.pk, False)]


@pytest.mark.parametrize("state", [CameoState.DRAFT, CameoState.REVIEW, CameoState.PAUSED])
def test_everybody_enrolled_is_protected_whatever_the_state(pack, state):
    cameo = enrol(person(), astronaut_template(), pack, state)
    assert verdicts(astronaut_film()) == [(Verdict.MATCH, cameo.pk, False)]


# --- what may decide ---


def test_a_pack_that_decides_is_certain_from_its_threshold_on(astronaut, deciding):
    deciding(0.6)
    sight = who_is_in(astronaut_film(), [])
    assert ([one.certain for one in sight.seen], sight.is_forbidden) == ([True], True)
    assert not who_is_in(astronaut_film(), [astronaut.pk]).is_forbidden


def test_below_it_a_match_is_a_doubt(astronaut, deciding):
    deciding(0.999)
    sight = who_is_in(astronaut_film(), [])
    assert (sight.is_forbidden, sight.is_doubtful) == (False, True)


# --- it fails closed ---


def test_who_has_a_template_of_another_pack_makes_it_unsure(astronaut):
    active_cameo(person())
    assert who_is_in(drawn_film(), []).is_doubtful
    assert who_is_in(astronaut_film(), [astronaut.pk]).is_doubtful


def test_an_unreadable_template_makes_a_weak_pack_unsure_and_stops_a_deciding_one(
    astronaut, deciding
):
    Cameo.objects.filter(pk=astronaut.pk).update(template=Value(b"\0" * 1052))
    assert who_is_in(drawn_film(), []).is_doubtful
    deciding(0.6)
    with pytest.raises(FirewallOff):
        who_is_in(drawn_film(), [])


def test_without_a_face_nobody_has_to_be_known(astronaut, deciding):
    deciding(0.6)
    Cameo.objects.filter(pk=astronaut.pk).update(template=Value(b"\0" * 1052))
    empty = film([frame * 0 + 128 for frame in astronaut_turning()[:4]])
    assert who_is_in(empty, []) == Sight(strength="recognition")


def test_without_a_pack_it_is_off_where_anybody_is_enrolled_and_blind_elsewhere(settings, tmp_path):
    settings.LIKENESS_MODEL_PACK = tmp_path
    assert who_is_in(drawn_film(), []) == Sight(blind=True)
    active_cameo(person())
    with pytest.raises(FirewallOff):
        who_is_in(drawn_film(), [])


def test_what_cannot_be_decoded_is_not_let_pass(astronaut, tmp_path):
    for name in ("clip.mp4", "picture.png"):
        (tmp_path / name).write_bytes(b"\0" * 100)
        with pytest.raises(FirewallOff):
            who_is_in(tmp_path / name, [])
    assert verdicts(astronaut_film()) == [(Verdict.MATCH, astronaut.pk, False)]


# --- the child ---


def test_a_child_that_died_is_replaced(pack):
    watcher.warm(pack)
    watcher._process.kill()
    watcher._process.wait()
    assert len(watcher.watch(drawn_film(), pack)) == 1


def test_a_child_that_takes_too_long_is_killed(pack):
    hurried = Watcher(wall=0)
    with pytest.raises(FirewallOff):
        hurried.watch(drawn_film(), pack)
    assert hurried._process is None


def test_the_child_is_given_no_secret(pack):
    watcher.warm(pack)
    told = Path(f"/proc/{watcher._process.pid}/environ").read_bytes()
    assert {pair.partition(b"=")[0].decode() for pair in told.split(b"\0") if pair} == set(
        ENVIRONMENT
    )


def test_anybody_with_a_template_is_enrolled():
    assert not is_anybody_enrolled()
    cameo = active_cameo(person())
    assert is_anybody_enrolled()
    Cameo.objects.filter(pk=cameo.pk).update(
        state=CameoState.REVOKED, wrapped_key=None, template=None
    )
    assert not is_anybody_enrolled()
