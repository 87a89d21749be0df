import numpy as np
import pytest

from cameos.faces import Face
from cameos.tracks import Tracks, looks, overlap

SIZE = (100, 200)  # height, width
HERE, THERE = (20.0, 10.0, 60.0, 50.0), (120.0, 10.0, 160.0, 50.0)
ONE, OTHER = np.eye(2, 8, dtype=np.float32)


def face(box=HERE, template=ONE, score=0.9):
    return Face(box, score, (0.0, 0.0, 0.0), np.zeros((68, 3)), template)


def followed(*seen):
    tracks = Tracks(same=0.5)
    for at, *faces in seen:
        tracks.see(at, faces, SIZE)
    return tracks.found


def test_a_face_that_stays_is_one_track_told_where_it_is_seen_best():
    moved = (24.0, 10.0, 64.0, 50.0)
    (track,) = followed((0.0, face()), (0.25, face(moved, score=0.95)), (0.5, face()))
    assert (track.at, track.box) == (0.25, (0.12, 0.1, 0.32, 0.5))


def test_its_template_is_the_mean_of_all():
    tilted = (ONE + 0.5 * OTHER) / np.linalg.norm(ONE + 0.5 * OTHER)
    (track,) = followed((0.0, face()), (0.25, face(template=tilted)))
    assert track.template == pytest.approx((ONE + tilted) / np.linalg.norm(ONE + tilted))


def test_two_at_once_are_two_tracks():
    assert len(followed(*[(at, face(), face(THERE, OTHER)) for at in (0.0, 0.25)])) == 2
    assert len(followed((0.0, face(), face()))) == 2


def test_who_becomes_somebody_else_in_the_same_place_is_two_tracks():
    found = followed((0.0, face()), (0.25, face(template=OTHER)))
    assert [track.template.tolist() for track in found] == [ONE.tolist(), OTHER.tolist()]


def test_who_is_elsewhere_after_a_cut_or_away_for_long_begins_anew():
    assert len(followed((0.0, face()), (0.25, face(THERE)))) == 2
    assert len(followed((0.0, face()), (2.0, face()))) == 2


def test_a_face_beyond_the_edge_has_its_box_cut_off():
    (track,) = followed((0.0, face((-20.0, -5.0, 220.0, 105.0))))
    assert track.box == (0.0, 0.0, 1.0, 1.0)


def frames(*levels, fps=16):
    grey = [np.full((8, 8), level, np.uint8) for level in levels]
    return [(number / fps, picture, number) for number, picture in enumerate(grey)]


def test_four_looks_a_second_at_what_hardly_changes():
    assert [number for _, number in looks(frames(*[100] * 16))] == [0, 4, 8, 12]


def test_every_cut_is_looked_at_even_a_flash_of_one_frame():
    flash = [100] * 5 + [240] + [100] * 3
    assert [number for _, number in looks(frames(*flash))] == [0, 4, 5, 6]


def test_a_cut_in_one_part_of_the_picture_is_one():
    shown = frames(*[100] * 4)
    shown[2][1][3, 3] = 220
    assert [number for _, number in looks(shown)] == [0, 2, 3]


def test_overlap_is_intersection_over_union():
    assert overlap((0, 0, 0.5, 1), (0, 0, 1, 1)) == 0.5
    assert overlap((0, 0, 0.2, 0.2), (0.5, 0.5, 1, 1)) == 0
    assert overlap((0, 0, 0, 0), (0, 0, 0, 0)) == 0
