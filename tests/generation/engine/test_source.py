"""Clips as they come are read at the model's size, pace and sound rate."""

import struct
from fractions import Fraction

import av
import numpy as np
import pytest
from av.video.reformatter import ColorRange
from PIL import Image

from generation.engine.source import Unreadable, read_clip, read_mask, read_picture

FPS, RATE = 8, 16000
SIZE = (96, 64)


def film(path, due, base, greys, size=SIZE, codec="libx264", pixels="yuv420p", sound=None):
    """Frames due at the given ticks of `base` and tell their place by their grey."""
    with av.open(str(path), "w") as out:
        video = out.add_stream(codec, rate=round(1 / base) if base < 1 else 1)
        video.width, video.height, video.pix_fmt = size[0], size[1], pixels
        video.codec_context.time_base = base
        if pixels.startswith("gray"):
            video.codec_context.color_range = ColorRange.JPEG
        if codec.startswith("libx26"):
            video.options = {"crf": "10"}
        voice = sound is not None and out.add_stream("aac", rate=sound[1], layout="mono")
        for pts, grey in zip(due, greys, strict=True):
            picture = np.full((size[1], size[0], 3), grey, np.uint8)
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts, frame.time_base = pts, base
            out.mux(video.encode(frame))
        out.mux(video.encode(None))
        if voice:
            frame = av.AudioFrame.from_ndarray(sound[0][None], "fltp", "mono")
            frame.sample_rate = sound[1]
            out.mux(voice.encode(frame))
            out.mux(voice.encode(None))
    return path


def steps(count):
    return np.linspace(20, 235, count).round().astype(int)


def greys_of(clip):
    return clip.frames.reshape(len(clip.frames), -1).mean(1)


def tone(pitch, seconds, rate):
    return np.sin(np.arange(int(seconds * rate)) / rate * pitch * 2 * np.pi).astype(np.float32) / 2


def pitch_of(sound):
    return np.abs(np.fft.rfft(sound)).argmax() * RATE / len(sound)


@pytest.mark.parametrize("rate", [1, 5, 8, 12, 24, 25, 30, 60, 240])
def test_a_clip_of_any_pace_is_seen_as_it_is_at_each_tick(tmp_path, rate):
    greys = steps(rate * 3)
    path = film(tmp_path / "clip.mp4", range(rate * 3), Fraction(1, rate), greys)
    clip = read_clip(path, SIZE, FPS, RATE)
    assert clip.frames.shape == (24, 64, 96, 3)
    shown = [greys[tick * rate // FPS] for tick in range(24)]
    assert greys_of(clip) == pytest.approx(np.array(shown), abs=4)
    assert len(clip.sound) == 3 * RATE
    assert not clip.sound.any()


def test_a_clip_of_uneven_pace_is_seen_as_it_is_at_each_tick(tmp_path):
    """Frames at 0, 0.1, 0.2, 0.3, 2, 4 and 4.1 seconds."""
    due, greys = [0, 1, 2, 3, 20, 40, 41], steps(7)
    clip = read_clip(film(tmp_path / "clip.mp4", due, Fraction(1, 10), greys), SIZE, FPS, RATE)
    times = np.arange(len(clip.frames)) / FPS
    shown = greys[np.searchsorted(np.array(due) / 10, times + 1e-3, side="right") - 1]
    assert greys_of(clip) == pytest.approx(shown, abs=4)
    assert len(clip.frames) >= 33


@pytest.mark.parametrize(
    ("codec", "pixels"),
    [("libx265", "yuv420p10le"), ("libx264", "yuv444p"), ("libx264", "gray"),
     ("prores_ks", "yuv422p10le"), ("prores_ks", "yuva444p10le"), ("ffv1", "gray16le"),
     ("ffv1", "rgb48le"), ("qtrle", "argb")],
)  # fmt: skip
def test_clips_of_many_bits_of_grey_and_of_glass_are_read(tmp_path, codec, pixels):
    greys = steps(8)
    name = "clip.mkv" if codec == "ffv1" else "clip.mov"
    path = film(tmp_path / name, range(8), Fraction(1, 8), greys, codec=codec, pixels=pixels)
    clip = read_clip(path, SIZE, FPS, RATE)
    assert clip.frames.shape == (8, 64, 96, 3)
    assert greys_of(clip) == pytest.approx(greys, abs=6)


@pytest.mark.parametrize("size", [(97, 65), (33, 301), (400, 20), (2, 2)])
def test_a_clip_of_any_size_fills_the_frame(tmp_path, size):
    path = film(tmp_path / "clip.mkv", range(4), Fraction(1, 8), steps(4), size, "ffv1", "bgr0")
    clip = read_clip(path, SIZE, FPS, RATE)
    assert clip.frames.shape == (4, 64, 96, 3)
    assert greys_of(clip) == pytest.approx(steps(4), abs=3)


@pytest.mark.parametrize(
    ("turn", "corner"), [(0, (0, 0)), (90, (0, 1)), (180, (1, 1)), (270, (1, 0))]
)
def test_a_clip_that_says_how_it_was_held_comes_out_upright(tmp_path, turn, corner):
    """The stored picture is white in its upper left; `turn` is clockwise."""
    path = tmp_path / "clip.mp4"
    with av.open(str(path), "w") as out:
        video = out.add_stream("libx264", rate=8)
        video.width, video.height, video.pix_fmt = 64, 64, "yuv420p"
        picture = np.zeros((64, 64, 3), np.uint8)
        picture[:32, :32] = 255
        for _ in range(4):
            out.mux(video.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        out.mux(video.encode(None))
    path.write_bytes(turned(path.read_bytes(), turn))
    frame = read_clip(path, (64, 64), FPS, RATE).frames[2].astype(int)
    quarters = frame.reshape(2, 32, 2, 32, 3).mean((1, 3, 4))
    assert np.argwhere(quarters > 200).tolist() == [list(corner)]


def turned(content, degrees):
    """The mp4 with a note in its track's header to turn it clockwise by so much."""
    one, none = 1 << 16, 0
    across, down = {0: (one, none), 90: (none, one), 180: (-one, none), 270: (none, -one)}[degrees]
    matrix = struct.pack(">9i", across, down, 0, -down, across, 0, 0, 0, 1 << 30)
    at = content.index(b"tkhd") + 44
    return content[:at] + matrix + content[at + len(matrix) :]


@pytest.mark.parametrize("rate", [8000, 22050, 44100, 48000])
def test_sound_comes_mono_at_the_models_rate(tmp_path, rate):
    path = film(
        tmp_path / "clip.mp4",
        range(16),
        Fraction(1, 8),
        steps(16),
        sound=(tone(440, 2, rate), rate),
    )
    clip = read_clip(path, SIZE, FPS, RATE)
    assert clip.sound.dtype == np.float32
    assert len(clip.sound) == 2 * RATE
    assert pitch_of(clip.sound) == pytest.approx(440, abs=2)


def test_sound_of_two_channels_is_mixed(tmp_path):
    path = tmp_path / "clip.mp4"
    left, right = tone(440, 1, 48000), np.zeros(48000, np.float32)
    with av.open(str(path), "w") as out:
        video = out.add_stream("libx264", rate=8)
        video.width, video.height, video.pix_fmt = 64, 64, "yuv420p"
        voice = out.add_stream("aac", rate=48000, layout="stereo")
        for _ in range(8):
            picture = np.zeros((64, 64, 3), np.uint8)
            out.mux(video.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        out.mux(video.encode(None))
        frame = av.AudioFrame.from_ndarray(np.stack([left, right]), "fltp", "stereo")
        frame.sample_rate = 48000
        out.mux(voice.encode(frame))
        out.mux(voice.encode(None))
    clip = read_clip(path, (64, 64), FPS, RATE)
    assert pitch_of(clip.sound) == pytest.approx(440, abs=2)
    assert 0.2 < np.abs(clip.sound[4000:12000]).max() < 0.4


def test_sound_shorter_than_the_picture_is_followed_by_silence(tmp_path):
    path = film(
        tmp_path / "clip.mp4",
        range(16),
        Fraction(1, 8),
        steps(16),
        sound=(tone(440, 1, RATE), RATE),
    )
    clip = read_clip(path, SIZE, FPS, RATE)
    assert len(clip.sound) == 2 * RATE
    assert np.abs(clip.sound[: RATE - 100]).max() > 0.4
    assert not clip.sound[RATE + 2000 :].any()


def test_a_clip_of_one_frame_is_read(tmp_path):
    path = film(tmp_path / "clip.mp4", [0], Fraction(1, 8), [120])
    assert read_clip(path, SIZE, FPS, RATE).frames.shape == (1, 64, 96, 3)


def test_a_clip_without_a_picture_is_told_apart(tmp_path):
    path = tmp_path / "sound.mp4"
    with av.open(str(path), "w") as out:
        voice = out.add_stream("aac", rate=RATE, layout="mono")
        frame = av.AudioFrame.from_ndarray(tone(440, 1, RATE)[None], "fltp", "mono")
        frame.sample_rate = RATE
        out.mux(voice.encode(frame))
        out.mux(voice.encode(None))
    with pytest.raises(Unreadable):
        read_clip(path, SIZE, FPS, RATE)


def test_a_wide_clip_is_cropped_to_its_middle(tmp_path):
    path = tmp_path / "clip.mp4"
    with av.open(str(path), "w") as out:
        video = out.add_stream("libx264", rate=8)
        video.width, video.height, video.pix_fmt = 192, 64, "yuv420p"
        picture = np.zeros((64, 192, 3), np.uint8)
        picture[:, 64:128] = 255
        out.mux(video.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        out.mux(video.encode(None))
    frame = read_clip(path, (64, 64), FPS, RATE).frames[0]
    assert frame[:, 4:60].min() > 235


def test_pictures_and_masks_are_cropped_alike(tmp_path):
    picture = Image.new("RGB", (300, 100), "black")
    picture.paste("white", (100, 0, 150, 100))
    picture.save(tmp_path / "picture.png")
    shown = read_picture(tmp_path / "picture.png", (96, 96))
    mask = read_mask(tmp_path / "picture.png", (96, 96))
    assert (shown.shape, mask.shape) == ((1, 96, 96, 3), (96, 96))
    assert np.array_equal(shown[0, :, :, 0] > 127, mask)
    assert mask[:, :47].all()
    assert not mask[:, 49:].any()
