"""An uploaded clip is made anew: its pictures and its sound, and nothing else of it."""

from dataclasses import replace

import av
import numpy as np
import pytest

from sora_social.uploads import CLIP, read_clip, read_film
from tests.ground.test_uploads import BLUE, RED, film, png, refusal


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    return film(tmp_path_factory.mktemp("clips") / "clip.mp4")


@pytest.fixture
def anew(tmp_path):
    def anew(path, **given):
        made = tmp_path / "anew.mp4"
        made.write_bytes(read_film(path, **given))
        return made

    return anew


def test_it_looks_and_sounds_and_lasts_as_it_did(clip, anew):
    read = read_clip(anew(clip))
    assert read.frames.shape == (24, 120, 160, 3)
    assert read.times == pytest.approx(np.arange(24) / 8, abs=1e-3)
    assert read.frames[5, 20, 80] == pytest.approx(RED, abs=12)
    assert read.frames[5, 100, 80] == pytest.approx(BLUE, abs=12)
    assert read.seconds == pytest.approx(3.0, abs=0.13)
    assert len(read.sound) == pytest.approx(3 * 16_000, abs=1600)
    assert 0.1 < np.abs(read.sound).max() < 0.4


def test_nothing_else_comes_along(tmp_path, anew):
    path = tmp_path / "noted.mp4"
    with av.open(str(path), "w") as out:
        out.metadata["title"] = "where I live"
        track = out.add_stream("libx264", rate=8)
        track.width = track.height = 64
        for _ in range(16):
            out.mux(track.encode(av.VideoFrame(64, 64, "yuv420p")))
        out.mux(track.encode(None))
    path.write_bytes(path.read_bytes() + b"a secret tail")
    content = anew(path).read_bytes()
    assert b"where I live" not in content
    assert b"a secret tail" not in content


def test_it_is_made_as_small_and_slow_as_is_asked(tmp_path, anew):
    large = film(tmp_path / "large.mp4", frames=60, rate=30, size=(1280, 721 // 2 * 2))
    with av.open(str(anew(large, fps=8, side=300))) as made:
        track = made.streams.video[0]
        assert (track.width, track.height) == (300, 168)
        assert sum(1 for _ in made.decode(video=0)) == 16


@pytest.mark.parametrize(
    ("name", "codec"), [("clip.mov", "libx264"), ("clip.webm", "libvpx-vp9"), ("clip.mp4", "mpeg4")]
)
def test_whatever_came_it_is_an_mp4(tmp_path, anew, name, codec):
    path = film(tmp_path / name, codec=codec, frames=8, sound=codec != "mpeg4")
    assert anew(path).read_bytes()[4:8] == b"ftyp"


def test_what_is_no_clip_is_refused(tmp_path, clip):
    picture = tmp_path / "picture"
    picture.write_bytes(png(8, 8))
    assert refusal(read_film, picture) == "not_a_video"
    cut = tmp_path / "cut.mp4"
    cut.write_bytes(clip.read_bytes()[:-900])
    assert refusal(read_film, cut) == "not_decodable"
    assert refusal(read_film, clip, limits=replace(CLIP, seconds=2)) == "too_long"
    assert refusal(read_film, clip, limits=replace(CLIP, wall=0.01)) == "too_costly"


def test_sound_alone_is_no_video(tmp_path):
    from tests.ground.test_uploads import hum, speaker  # noqa: PLC0415

    with av.open(str(tmp_path / "sound.mp4"), "w") as out:
        hum(out, speaker(out), 2)
    assert refusal(read_film, tmp_path / "sound.mp4") == "not_a_video"
