"""What the encoder writes is probed with a decoder."""

import av
import numpy as np
import pytest
from PIL import Image

from generation.encoding import RENDITIONS, encode
from tests.generation.making import FPS, FRAMES, RATE, SIDE, drawn_frames, drawn_sound


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("encoded")
    encode(drawn_frames(), FPS, drawn_sound(), RATE, folder)
    return folder


def boxes(path):
    """The names of an mp4's outermost boxes, in order."""
    raw, at, names = path.read_bytes(), 0, []
    while at < len(raw):
        names.append(raw[at + 4 : at + 8].decode())
        at += int.from_bytes(raw[at : at + 4])
    return names


def pictures_of(path):
    with av.open(str(path)) as container:
        return [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]


def test_the_video_is_h264_and_aac_that_every_player_shows(folder):
    with av.open(str(folder / "video.mp4")) as container:
        picture, sound = container.streams.video[0], container.streams.audio[0]
        assert (picture.codec_context.name, picture.pix_fmt) == ("h264", "yuv420p")
        assert (sound.codec_context.name, sound.rate) == ("aac", RATE)
        assert picture.average_rate == FPS
        assert container.duration / av.time_base == pytest.approx(FRAMES / FPS, abs=0.1)


@pytest.mark.parametrize("name", ["video.mp4", "preview.mp4"])
def test_the_index_comes_before_the_media(folder, name):
    found = boxes(folder / name)
    assert found.index("moov") < found.index("mdat")


@pytest.mark.parametrize("name", ["video.mp4", "preview.mp4"])
def test_nothing_tells_of_the_software(folder, name):
    with av.open(str(folder / name)) as container:
        known = {"major_brand", "minor_version", "compatible_brands"}
        assert set(container.metadata) - known == set()
    assert b"Lavf" not in (folder / name).read_bytes()


def test_a_small_picture_is_enlarged_by_a_whole_number(folder):
    shown = pictures_of(folder / "video.mp4")
    assert [picture.shape for picture in shown] == [(SIDE * 6, SIDE * 6, 3)] * FRAMES


def test_a_large_picture_keeps_its_size(tmp_path):
    frames = np.zeros((5, 512, 768, 3), np.uint8)
    encoded = encode(frames, 24, np.zeros(0, np.float32), 24000, tmp_path)
    assert (encoded.width, encoded.height) == (768, 512)
    with av.open(str(tmp_path / "preview.mp4")) as container:
        assert (container.streams.video[0].width, container.streams.video[0].height) == (288, 192)


def test_colours_and_motion_survive(folder):
    shown, scale = pictures_of(folder / "video.mp4"), 6
    for number in (0, FRAMES - 1):
        middle = shown[number][30 * scale, (number * 4 + 10) * scale].astype(int)
        corner = shown[number][-5, -5].astype(int)
        assert np.abs(middle - (20, 220, 240)).max() <= 8
        assert np.abs(corner - (200, 40, 0)).max() <= 8


def test_the_tone_is_still_heard(folder):
    with av.open(str(folder / "video.mp4")) as container:
        heard = np.concatenate([f.to_ndarray()[0] for f in container.decode(audio=0)])
    loudest = np.abs(np.fft.rfft(heard)).argmax() * RATE / len(heard)
    assert loudest == pytest.approx(440, abs=5)


def test_the_preview_is_silent_and_at_most_three_seconds(tmp_path):
    encode(np.repeat(drawn_frames(), 8, 0), FPS, drawn_sound(), RATE, tmp_path)
    with av.open(str(tmp_path / "preview.mp4")) as container:
        assert [stream.type for stream in container.streams] == ["video"]
        assert container.duration / av.time_base == pytest.approx(3, abs=0.01)


def test_sound_that_is_too_short_is_padded_and_too_long_is_cut(tmp_path):
    for seconds in (0.2, 5):
        sound = np.full(int(seconds * 22050), 0.1, np.float32)
        encode(drawn_frames(), FPS, sound, 22050, tmp_path)
        with av.open(str(tmp_path / "video.mp4")) as container:
            stream = container.streams.audio[0]
            length = float(stream.duration * stream.time_base)
        assert length == pytest.approx(FRAMES / FPS, abs=0.1)


def test_sound_of_an_unusual_rate_is_resampled(tmp_path):
    encode(drawn_frames(), FPS, np.zeros(12345, np.float32), 12345, tmp_path)
    with av.open(str(tmp_path / "video.mp4")) as container:
        assert container.streams.audio[0].rate == 48000


def test_broken_samples_do_not_break_the_video(tmp_path):
    sound = np.full(RATE, np.nan, np.float32)
    sound[::2] = np.inf
    encode(drawn_frames(), FPS, sound, RATE, tmp_path)
    assert len(pictures_of(tmp_path / "video.mp4")) == FRAMES


def test_a_single_frame_is_a_video_too(tmp_path):
    encode(drawn_frames()[:1], FPS, drawn_sound(), RATE, tmp_path)
    assert len(pictures_of(tmp_path / "video.mp4")) == 1


def test_poster_and_sheet_are_webp(folder):
    poster, sheet = (Image.open(folder / RENDITIONS[name]) for name in ("poster", "sheet"))
    assert (poster.format, poster.size) == ("WEBP", (384, 384))
    assert (sheet.format, sheet.size) == ("WEBP", (4 * 192, 2 * 192))
    first, last = sheet.getpixel((30, 90)), sheet.getpixel((3 * 192 + 30, 192 + 90))
    assert np.abs(np.subtract(first, (20, 220, 240))).max() < 30
    assert np.abs(np.subtract(last, (200, 40, 0))).max() < 30
