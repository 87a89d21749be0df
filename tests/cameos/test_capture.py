import io
import random
from itertools import permutations

import cv2
import numpy as np
import pytest
from PIL import Image

from cameos.capture import Challenge, check_capture, draw_challenge, reference_pictures
from demo.capture import capture_clip, poses
from sora_social.uploads import read_clip
from tests.faces import TURNS, astronaut_turning, filmed
from tests.faces.drawn import SIZE, drawn_turning

ASKED = Challenge(TURNS, "274")
WAVE = 1.6  # a waved photograph is tilted more than a head turns


@pytest.fixture(scope="module")
def check(face_reader, tmp_path_factory):
    """Film frames as H.264, decode them in the sandbox, and judge them."""

    def check(frames, challenge=ASKED, mirrored=False):
        clip = filmed(frames, tmp_path_factory.mktemp("clip"))
        return check_capture(clip.bgr, clip.times, face_reader, challenge, mirrored)

    return check


@pytest.fixture(scope="module")
def genuine(check):
    return check(astronaut_turning())


def mirror(frames):
    return [np.ascontiguousarray(frame[:, ::-1]) for frame in frames]


# --- who passes ---


def test_a_genuine_capture_passes(genuine, pack):
    assert (genuine.passed, genuine.reasons, genuine.doubts) == (True, (), ())
    assert genuine.template.shape == (pack.dim,)
    assert np.linalg.norm(genuine.template) == pytest.approx(1, abs=1e-5)


def test_the_clip_of_the_demo_passes_the_challenge_it_was_made_for(face_reader, tmp_path):
    turns = ("right", "up", "left")
    clip = read_clip(capture_clip(turns, "123", tmp_path / "capture.mp4"))
    verdict = check_capture(clip.bgr, clip.times, face_reader, Challenge(turns, "123"))
    assert (verdict.passed, verdict.doubts) == (True, ())
    assert 40 <= len(clip.frames) <= 50
    assert len(clip.sound) == pytest.approx(clip.seconds * 16_000, rel=0.05)


def test_a_drawn_head_passes_as_itself(check, genuine, pack):
    drawn = check(drawn_turning(4, poses(TURNS)))
    assert drawn.passed
    assert drawn.template @ genuine.template < pack.thresholds.duplicate_review


def test_the_same_head_in_less_light_is_seen_as_a_duplicate(check, genuine, pack):
    turns = ("up", "left", "right")
    darker = [(frame * 0.6).astype(np.uint8) for frame in astronaut_turning(turns, shift=10)]
    again = check(darker, Challenge(turns, "915"))
    assert again.passed
    assert again.template @ genuine.template > pack.thresholds.duplicate_review


def test_a_mirrored_recording_passes_when_it_says_so(check, genuine):
    mirrored = check(mirror(astronaut_turning()), mirrored=True)
    assert mirrored.passed
    assert mirrored.template @ genuine.template > 0.95


def test_a_mirrored_recording_that_does_not_say_so_turned_the_wrong_way(check):
    assert check(mirror(astronaut_turning())).reasons == ("wrong_turns",)


def test_a_nod_between_the_turns_is_forgiven(check):
    assert check(astronaut_turning(("left", "down", "right", "up"))).passed


# --- who does not ---


def test_other_turns_than_asked_are_refused(check):
    verdict = check(astronaut_turning(), Challenge(("up", "left", "right"), "274"))
    assert (verdict.passed, verdict.reasons, verdict.template) == (False, ("wrong_turns",), None)


def test_a_turn_left_out_is_refused(check):
    assert check(astronaut_turning(("left", "right")), ASKED).reasons == ("wrong_turns",)


def test_a_still_photograph_is_refused(check):
    still = [astronaut_turning()[0]] * 40
    assert check(still).reasons == ("wrong_turns", "still_photo")


def test_a_photograph_waved_before_the_camera_is_refused(check):
    waved = [tilted(astronaut_turning()[0], yaw, pitch) for yaw, pitch in poses(TURNS)]
    assert "still_photo" in check(waved).reasons


def tilted(picture, yaw, pitch, distance=900):
    """A picture on a sheet of paper, turned as if it were a head."""
    y, p = np.radians([yaw * WAVE, pitch * WAVE])
    about_x = [[1, 0, 0], [0, np.cos(p), -np.sin(p)], [0, np.sin(p), np.cos(p)]]
    about_y = [[np.cos(y), 0, np.sin(y)], [0, 1, 0], [-np.sin(y), 0, np.cos(y)]]
    height, width = picture.shape[:2]
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    middle = np.array([width / 2, height / 2])
    sheet = np.column_stack([corners - middle, np.zeros(4)]) @ np.array(about_x).T
    sheet = sheet @ np.array(about_y).T
    seen = sheet[:, :2] / (sheet[:, 2:] + distance) * distance + middle
    view = cv2.getPerspectiveTransform(corners, seen.astype(np.float32))
    return cv2.warpPerspective(picture, view, (width, height), borderValue=(90, 90, 90))


def test_a_clip_without_a_face_is_refused(check):
    empty = [np.full((360, 400, 3), 90, np.uint8)] * 30
    assert check(empty).reasons == ("no_face", "too_few_frames")


def test_a_face_that_is_often_away_is_refused(check):
    frames = [np.full_like(f, 90) if i % 3 else f for i, f in enumerate(astronaut_turning())]
    assert "no_face" in check(frames).reasons


def test_two_faces_are_refused(check):
    beside = [
        np.hstack(pair)
        for pair in zip(astronaut_turning(), drawn_turning(9, poses(TURNS)), strict=True)
    ]
    assert check(beside).reasons == ("not_one_face", "too_few_frames")


def test_a_face_swapped_half_way_is_refused(check, face_reader):
    ours, theirs = astronaut_turning(), in_place_of(astronaut_turning(), face_reader)
    assert check(ours[:23] + theirs[23:]).reasons == ("identity_changed",)


def in_place_of(frames, face_reader):
    """A drawn head making the same turns at the same place and size."""
    drawn = drawn_turning(4, poses(TURNS))
    there, here = (face_reader.faces(turning[0])[0] for turning in (frames, drawn))
    scale = there.width / here.width
    x, y = (there.box[i] - here.box[i] * scale for i in (0, 1))
    move = np.array([[scale, 0, x], [0, scale, y]])
    return [cv2.warpAffine(f, move, SIZE, borderMode=cv2.BORDER_REFLECT) for f in drawn]


def test_a_face_that_jumps_is_refused(check):
    frames = astronaut_turning()
    jumped = [np.roll(frame, 90, axis=1) for frame in frames[20:]]
    assert check(frames[:20] + jumped).reasons == ("face_jumped",)


def test_a_handful_of_frames_is_refused(check):
    assert check(astronaut_turning()[::8]).reasons == ("too_few_frames",)


def test_frames_far_apart_in_time_are_refused(face_reader):
    frames = astronaut_turning()
    late = [i * 2.0 for i in range(len(frames))]
    assert check_capture(frames, late, face_reader, ASKED).reasons == ("too_few_frames",)


# --- what a moderator decides ---


def test_a_short_absence_is_a_doubt(check):
    frames = [*astronaut_turning()]
    frames[15:17] = [np.full_like(frames[0], 90)] * 2
    verdict = check(frames)
    assert (verdict.passed, verdict.doubts) == (True, ("faces_missing",))


def test_a_blurred_capture_is_a_doubt(check):
    verdict = check([cv2.GaussianBlur(frame, (0, 0), 3) for frame in astronaut_turning()])
    assert (verdict.passed, verdict.doubts) == (True, ("blurry",))


def test_a_face_far_away_is_a_doubt(check):
    verdict = check([cv2.resize(frame, (200, 180)) for frame in astronaut_turning()])
    assert verdict.passed
    assert "small_face" in verdict.doubts


# --- the reference pictures ---


def test_the_references_look_ahead_and_are_no_neighbours(genuine):
    assert len(genuine.references) == 3
    assert min(abs(np.diff(sorted(genuine.references)))) >= 3
    assert all(abs(poses(TURNS)[i][0]) <= 6 for i in genuine.references)


def test_the_reference_pictures_show_the_face_and_nothing_about_it(face_reader, tmp_path):
    clip = filmed(astronaut_turning(), tmp_path)
    verdict = check_capture(clip.bgr, clip.times, face_reader, ASKED)
    pictures = [Image.open(io.BytesIO(p)) for p in reference_pictures(clip.bgr, verdict)]
    assert [picture.format for picture in pictures] == ["WEBP"] * 3
    for picture in pictures:
        assert max(picture.size) <= 512
        assert not picture.getexif()
        (face,) = face_reader.faces(np.array(picture)[..., ::-1])
        assert face.template @ verdict.template > 0.8
        assert picture.width / face.width == pytest.approx(2, abs=0.3)


def test_the_reference_pictures_of_a_mirrored_clip_are_the_right_way_round(face_reader, tmp_path):
    clip = filmed(mirror(astronaut_turning()), tmp_path)
    verdict = check_capture(clip.bgr, clip.times, face_reader, ASKED, mirrored=True)
    picture = Image.open(io.BytesIO(reference_pictures(clip.bgr, verdict)[0]))
    (face,) = face_reader.faces(np.array(picture)[..., ::-1])
    assert face.template @ verdict.template > 0.8


# --- the challenge ---


def test_a_challenge_has_each_turn_once_and_three_different_digits():
    drawn = [draw_challenge(random.Random(seed)) for seed in range(200)]
    assert {challenge.turns for challenge in drawn} == set(permutations(TURNS))
    assert {len(set(challenge.digits)) for challenge in drawn} == {3}
    assert all(challenge.digits.isdigit() for challenge in drawn)


def test_two_challenges_drawn_without_a_seed_differ():
    assert len({draw_challenge() for _ in range(50)}) > 40
