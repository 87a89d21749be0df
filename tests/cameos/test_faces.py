import subprocess
import sys

import numpy as np
import pytest
from django.conf import settings

from cameos.faces import five_points, reader
from cameos.pack.check import photograph
from cameos.pack.mesh import mesh
from tests.faces.drawn import Drawn

FACE_OF_PHOTOGRAPH = (170, 65, 280, 195)
HEADS = range(4)


@pytest.fixture(scope="module")
def face(face_reader):
    (face,) = face_reader.faces(photograph())
    return face


def test_the_one_face_of_a_photograph_is_found_where_it_is(face):
    x1, y1, x2, y2 = FACE_OF_PHOTOGRAPH
    assert x1 < face.box[0] < face.box[2] < x2
    assert y1 < face.box[1] < face.box[3] < y2
    assert face.score > 0.9


def test_a_template_is_a_unit_vector_of_the_packs_length(face, pack):
    assert face.template.shape == (pack.dim,)
    assert face.template.dtype == np.float32
    assert np.linalg.norm(face.template) == pytest.approx(1, abs=1e-5)


def test_landmarks_lie_in_order_from_brow_to_chin(face):
    eyes, mouth, chin = (
        face.landmarks[part, 1].mean() for part in (slice(36, 48), slice(48, 68), 8)
    )
    assert face.box[1] < eyes < mouth < chin
    left_eye, right_eye, nose, *_ = five_points(face.landmarks)
    assert left_eye[0] < nose[0] < right_eye[0]


def test_an_empty_picture_has_no_face(face_reader):
    assert face_reader.faces(np.full((360, 400, 3), 90, np.uint8)) == []


@pytest.mark.parametrize("shape", [(1, 1, 3), (2, 900, 3), (900, 2, 3)])
def test_a_sliver_of_a_picture_has_no_face(face_reader, shape):
    assert face_reader.faces(np.zeros(shape, np.uint8)) == []


def test_small_faces_are_found_by_looking_wide(face_reader):
    scene = np.full((1200, 1600, 3), 128, np.uint8)
    scene[500:1012, 700:1212] = photograph()
    assert len(face_reader.faces(scene, wide=True)) == 1


@pytest.mark.parametrize("seed", HEADS)
def test_yaw_is_positive_to_the_subjects_left_and_grows_with_the_turn(face_reader, seed):
    asked = [-28, -14, 0, 14, 28]
    found = [face_reader.faces(Drawn(seed).turned(yaw, 0))[0].pose[1] for yaw in asked]
    assert found == sorted(found)
    assert np.corrcoef(asked, found)[0, 1] > 0.98


@pytest.mark.parametrize("seed", HEADS)
def test_pitch_is_positive_upwards(face_reader, seed):
    up, ahead, down = (face_reader.faces(Drawn(seed).turned(0, p))[0].pose[0] for p in (18, 0, -12))
    assert up > ahead > down


def test_a_head_is_more_like_itself_than_like_any_other(face_reader):
    ahead, turned = (
        np.stack([face_reader.faces(Drawn(s).turned(yaw, 0))[0].template for s in HEADS])
        for yaw in (0, 8)
    )
    alike = ahead @ turned.T
    assert alike.diagonal().min() > alike[~np.eye(len(HEADS), dtype=bool)].max()


def test_one_process_keeps_one_reader_per_pack(face_reader):
    assert reader(settings.LIKENESS_MODEL_PACK) is face_reader


def test_the_mesh_lies_over_the_face_with_its_nose_nearest(face, pack):
    points = mesh(pack, photograph(), face.box)
    assert points.shape == (468, 3)
    x1, y1, x2, y2 = FACE_OF_PHOTOGRAPH
    middle = points[:, :2].mean(0)
    assert x1 < middle[0] < x2
    assert y1 < middle[1] < y2
    assert points[:, 2].argmin() in {1, 4, 5, 44, 45, 274, 275}  # around the tip of the nose


LOOK = """
import django, json, sys
django.setup()
import cameos.capture, cameos.faces, cameos.likeness, sora_social.uploads
from cameos.faces import read_pack
cameos.faces.Reader(read_pack({folder!r}))
print([name for name in ("insightface", "onnxruntime", "onnx", "cv2", "av") if name in sys.modules])
"""


def test_nothing_heavy_loads_before_a_face_is_read(pack):
    look = LOOK.format(folder=str(pack.folder))
    done = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
