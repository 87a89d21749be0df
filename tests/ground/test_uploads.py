"""Files as strangers send them."""

import hashlib
import io
import json
import os
import struct
import subprocess
import sys
import tempfile
import zlib
from dataclasses import replace
from fractions import Fraction

import av
import numpy as np
import pytest
from PIL import Image

from sora_social.sandbox import CHILD
from sora_social.uploads import (
    CLIP,
    CLIPS,
    HEAD,
    HEARD_S,
    PICTURE,
    PICTURES,
    RULES,
    Kind,
    UploadRefused,
    _as_clip,
    read_beginning,
    read_clip,
    read_glimpses,
    read_picture,
    sniff,
)

RED, BLUE = (220, 30, 30), (30, 30, 220)
GPS = {1: "N", 2: (52.0, 31.0, 12.0), 3: "E", 4: (13.0, 24.0, 18.0)}


@pytest.fixture
def file(tmp_path):
    def file(content, name="upload"):
        (tmp_path / name).write_bytes(content)
        return tmp_path / name

    return file


def refusal(read, path, **given):
    with pytest.raises(UploadRefused) as refused:
        read(path, **given)
    return refused.value.facts["rule"]


def film(
    path,
    frames=24,
    rate=8,
    size=(160, 120),
    every=1,
    codec="libx264",
    pixels="yuv420p",
    sound=True,
    **options,
):
    """A clip, red above and blue below; `every` spreads the frames over that many ticks."""
    width, height = size
    with av.open(str(path), "w", **options) as out:
        video = out.add_stream(codec, rate=rate)
        video.width, video.height, video.pix_fmt = width, height, pixels
        voice = sound and speaker(out, "libopus" if "vp" in codec else "aac")
        picture = np.full((height, width, 3), RED, np.uint8)
        picture[height // 2 :] = BLUE
        for number in range(frames):
            frame = av.VideoFrame.from_ndarray(picture, "rgb24")
            frame.pts, frame.time_base = number * every, Fraction(1, rate)
            out.mux(video.encode(frame))
        out.mux(video.encode(None))
        if voice:
            hum(out, voice, frames / rate)
    return path


def speaker(out, codec="aac"):
    return out.add_stream(codec, rate=48_000, layout="mono")


def hum(out, voice, seconds):
    time = np.arange(int(seconds * 48_000)) / 48_000
    tone = (0.2 * np.sin(2 * np.pi * 440 * time)).astype(np.float32)
    frame = av.AudioFrame.from_ndarray(tone[None], "flt", "mono")
    frame.sample_rate = 48_000
    out.mux(voice.encode(frame))
    out.mux(voice.encode(None))


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    return film(tmp_path_factory.mktemp("clips") / "clip.mp4")


def png(width, height):
    """A PNG of one colour that says how large it is and takes few bytes to say so."""
    row = b"\0" + bytes(width)
    squeeze = zlib.compressobj(9)
    body = b"".join([*(squeeze.compress(row) for _ in range(height)), squeeze.flush()])
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    chunks = ((b"IHDR", head), (b"IDAT", body), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )


def picture(form, size=(60, 40), mode="RGB", colour=RED, **options):
    written = io.BytesIO()
    Image.new(mode, size, colour).save(written, form, **options)
    return written.getvalue()


# --- told by its bytes ---


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"\0\0\0\x20ftypisom\0\0\2\0isomiso2avc1mp41", Kind.MP4),
        (b"\0\0\0\x1cftypmp42", Kind.MP4),
        (b"\0\0\0\x14ftypqt  \0\0\0\0qt  ", Kind.MOV),
        (b"\x1a\x45\xdf\xa3\x9f\x42\x86\x81\x01\x42\x82\x84webm", Kind.WEBM),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", Kind.PNG),
        (b"\xff\xd8\xff\xe0\0\x10JFIF", Kind.JPEG),
        (b"RIFF\x24\0\0\0WEBPVP8 ", Kind.WEBP),
    ],
)
def test_a_kind_is_told_from_its_first_bytes(head, kind):
    assert sniff(head) is kind


@pytest.mark.parametrize(
    ("head", "rule"),
    [
        (b"", "empty"),
        (b"#EXTM3U\n#EXT-X-VERSION:3", "playlist"),
        (b"\xef\xbb\xbf\n#EXTM3U", "playlist"),
        (b"just some text", "not_a_video"),
        (b"\0\0\0\x1cftypavif", "not_a_video"),
        (b"\x1a\x45\xdf\xa3\x9f\x42\x82\x88matroska", "not_a_video"),
        (b"RIFF\x24\0\0\0AVI LIST", "not_a_video"),
        (b"\x89PNG\r\n\x1a\n", "not_a_video"),
    ],
)
def test_what_is_no_clip_is_refused_by_its_first_bytes(head, rule):
    with pytest.raises(UploadRefused) as refused:
        sniff(head, CLIPS, name="clip")
    assert refused.value.facts == {"field": "clip", "rule": rule}


def test_a_clip_is_no_picture():
    with pytest.raises(UploadRefused) as refused:
        sniff(b"\0\0\0\x1cftypmp42", PICTURES, name="picture")
    assert refused.value.fields() == {"picture": [RULES["not_a_picture"]]}


# --- clips ---


def test_a_clip_becomes_rgb_frames_times_and_sound(clip):
    read = read_clip(clip)
    assert read.frames.shape == (24, 120, 160, 3)
    assert read.times == pytest.approx(np.arange(24) / 8)
    assert (read.width, read.height, read.seconds) == (160, 120, 3.0)
    assert read.frames[5, 20, 80] == pytest.approx(RED, abs=12)
    assert read.bgr[5, 100, 80] == pytest.approx(BLUE[::-1], abs=12)
    assert len(read.sound) == pytest.approx(3 * 16_000, abs=1600)
    assert 0.1 < np.abs(read.sound).max() < 0.4
    assert read.sha256 == hashlib.sha256(clip.read_bytes()).hexdigest()


@pytest.mark.parametrize(
    ("name", "codec"), [("clip.mov", "libx264"), ("clip.webm", "libvpx-vp9"), ("clip.mp4", "mpeg4")]
)
def test_mov_webm_and_older_mp4_are_read_too(tmp_path, name, codec):
    read = read_clip(film(tmp_path / name, codec=codec, frames=8))
    assert len(read.frames) == 8
    assert read.frames[5, 20, 80] == pytest.approx(RED, abs=20)


def test_a_clip_without_sound_has_none(tmp_path):
    assert read_clip(film(tmp_path / "mute.mp4", sound=False)).sound is None


def test_frames_are_taken_evenly_over_the_whole_clip(tmp_path):
    read = read_clip(film(tmp_path / "long.mp4", frames=300, rate=30, sound=False), max_frames=20)
    assert len(read.frames) <= 20
    assert np.diff(read.times) == pytest.approx(0.5, abs=0.04)
    assert read.times[-1] >= 9.4


def test_a_large_clip_is_made_small(tmp_path):
    read = read_clip(film(tmp_path / "large.mp4", frames=4, size=(1920, 1080)), side=480)
    assert read.frames.shape[1:3] == (270, 480)
    assert (read.width, read.height) == (1920, 1080)


def test_a_clip_filmed_upright_comes_out_upright(clip, tmp_path):
    """A phone writes its sideways pictures with a note to turn them: here, clockwise."""
    content = bytearray(clip.read_bytes())
    video = content.index(b"tkhd")
    one, minus = 1 << 16, -(1 << 16)
    matrix = struct.pack(">9i", 0, one, 0, minus, 0, 0, 120 << 16, 0, 1 << 30)
    content[video + 44 : video + 44 + len(matrix)] = matrix
    (tmp_path / "upright.mp4").write_bytes(content)
    read = read_clip(tmp_path / "upright.mp4")
    assert read.frames.shape[1:3] == (160, 120)
    assert (read.width, read.height) == (120, 160)
    # What was above is right now, and what was below is left.
    assert read.frames[5, 80, 100] == pytest.approx(RED, abs=12)
    assert read.frames[5, 80, 20] == pytest.approx(BLUE, abs=12)


@pytest.mark.parametrize(("rate", "frames"), [(1, 6), (240, 480)])
def test_a_very_slow_and_a_very_fast_clip_are_read_at_their_true_times(tmp_path, rate, frames):
    read = read_clip(film(tmp_path / "clip.mp4", frames=frames, rate=rate, sound=False))
    assert read.seconds == pytest.approx(frames / rate, abs=0.01)
    assert read.times == pytest.approx(np.arange(len(read.times)) / min(rate, 8), abs=0.01)
    assert read.frames[-1, 20, 80] == pytest.approx(RED, abs=12)


def test_a_clip_of_uneven_pace_is_read_at_its_true_times(tmp_path):
    """A phone in the dark: frames at 0, 1, 2, 3, 20, 40, 41 tenths of a second."""
    due = [0, 1, 2, 3, 20, 40, 41]
    with av.open(str(tmp_path / "uneven.mp4"), "w") as out:
        video = out.add_stream("libx264", rate=10)
        video.width, video.height, video.pix_fmt = 160, 120, "yuv420p"
        for pts in due:
            frame = av.VideoFrame.from_ndarray(np.full((120, 160, 3), RED, np.uint8), "rgb24")
            frame.pts, frame.time_base = pts, Fraction(1, 10)
            out.mux(video.encode(frame))
        out.mux(video.encode(None))
    read = read_clip(tmp_path / "uneven.mp4", fps=10)
    assert read.times == pytest.approx(np.array(due) / 10)


@pytest.mark.parametrize("pixels", ["yuv420p10le", "yuv444p", "gray"])
def test_clips_of_ten_bits_of_full_colour_and_of_grey_are_read(tmp_path, pixels):
    codec = {"gray": "libx264"}.get(pixels, "libx265")
    read = read_clip(film(tmp_path / "clip.mp4", frames=8, codec=codec, pixels=pixels))
    above, below = (read.frames[3, row, 80].astype(int) for row in (20, 100))
    if pixels == "gray":
        assert np.ptp(above) <= 3
        assert above.mean() > below.mean() + 20  # red is brighter than blue
    else:
        assert above == pytest.approx(RED, abs=12)
        assert below == pytest.approx(BLUE, abs=12)


def test_a_clip_of_odd_sides_is_read(tmp_path):
    read = read_clip(film(tmp_path / "odd.webm", codec="libvpx-vp9", frames=4, size=(161, 91)))
    assert read.frames.shape == (4, 91, 161, 3)


def test_a_clip_without_a_single_frame_is_no_video(tmp_path):
    with av.open(str(tmp_path / "empty.mp4"), "w") as out:
        video = out.add_stream("libx264", rate=8)
        video.width, video.height, video.pix_fmt = 160, 120, "yuv420p"
        hum(out, speaker(out), 1)
    assert refusal(read_clip, tmp_path / "empty.mp4") == "not_a_video"


def test_text_named_mp4_is_no_video(file):
    assert refusal(read_clip, file(b"hello " * 100, "clip.mp4")) == "not_a_video"


def test_zero_bytes_are_refused(file):
    assert refusal(read_clip, file(b"")) == "empty"
    assert refusal(read_picture, file(b"")) == "empty"


@pytest.mark.parametrize("segment", ["file:///etc/passwd", "http://127.0.0.1:9/segment.ts"])
def test_a_playlist_named_mp4_is_refused(file, segment):
    playlist = f"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\n{segment}\n#EXT-X-ENDLIST\n"
    assert refusal(read_clip, file(playlist.encode(), "clip.mp4")) == "playlist"


@pytest.mark.parametrize("segment", ["file:///etc/passwd", "http://127.0.0.1:9/segment.ts"])
def test_a_playlist_behind_the_first_bytes_of_an_mp4_opens_nothing(file, segment):
    head = b"\0\0\0\x18ftypisom\0\0\2\0isommp42"
    playlist = f"\n#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\n{segment}\n".encode()
    assert refusal(read_clip, file(head + playlist, "clip.mp4")) == "not_decodable"


def test_a_clip_of_three_hours_is_refused_before_it_is_decoded(tmp_path):
    long = film(tmp_path / "long.mp4", frames=180, rate=1, every=60, sound=False)
    assert refusal(read_clip, long) == "too_long"


def test_a_clip_that_hides_its_length_is_refused_all_the_same(tmp_path):
    long = film(tmp_path / "long.mp4", frames=80, rate=1, sound=False)
    content = bytearray(long.read_bytes())
    for box, at in ((b"mvhd", 20), (b"tkhd", 24), (b"mdhd", 20)):
        start = content.index(box)
        content[start + at : start + at + 4] = struct.pack(">I", 1)
    content[(elst := content.index(b"elst")) : elst + 4] = b"skip"
    long.write_bytes(content)
    with av.open(str(long)) as opened:
        assert opened.duration / av.time_base < 2
    assert refusal(read_clip, long) == "too_long"


def test_a_picture_larger_than_allowed_is_refused_before_it_is_decoded(clip):
    assert refusal(read_clip, clip, limits=replace(CLIP, pixels=160 * 119)) == "too_many_pixels"


def test_too_many_bytes_are_refused(clip):
    size = clip.stat().st_size
    assert refusal(read_clip, clip, limits=replace(CLIP, bytes=size - 1)) == "too_large"
    assert len(read_clip(clip, limits=replace(CLIP, bytes=size)).frames) == 24


@pytest.mark.parametrize("share", [0.02, 0.5, 0.9])
@pytest.mark.parametrize("flags", ["", "faststart"], ids=["index behind", "index in front"])
def test_a_truncated_clip_is_refused(tmp_path, share, flags):
    options = {"options": {"movflags": flags}} if flags else {}
    whole = film(tmp_path / "clip.mp4", frames=80, size=(320, 240), **options).read_bytes()
    (tmp_path / "cut.mp4").write_bytes(whole[: int(len(whole) * share)])
    assert refusal(read_clip, tmp_path / "cut.mp4") == "not_decodable"


def test_noise_in_the_middle_of_a_clip_costs_no_more_than_its_limits(clip, file):
    content = bytearray(clip.read_bytes())
    content[64:3000] = np.random.default_rng(0).bytes(2936)
    assert refusal(read_clip, file(bytes(content))) == "not_decodable"


def test_a_codec_off_the_list_is_refused(tmp_path):
    path = film(tmp_path / "clip.mov", codec="mjpeg", pixels="yuvj420p", frames=4, sound=False)
    assert refusal(read_clip, path) == "unknown_codec"


def test_sound_alone_is_no_video(tmp_path):
    with av.open(str(tmp_path / "sound.mp4"), "w") as out:
        hum(out, speaker(out), 2)
    assert refusal(read_clip, tmp_path / "sound.mp4") == "not_a_video"


def test_decoding_ends_when_its_time_is_over(clip):
    assert refusal(read_clip, clip, limits=replace(CLIP, wall=0.01)) == "too_costly"


def test_decoding_ends_when_its_memory_is_used_up(file):
    large = file(png(7000, 7000))
    tight = replace(PICTURE, memory=220 << 20)
    assert refusal(read_picture, large, limits=tight) == "too_costly"
    assert Image.open(io.BytesIO(read_picture(large))).size == (2048, 2048)


# --- pictures ---


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP"])
def test_a_picture_is_made_anew_as_webp(file, form):
    made = Image.open(io.BytesIO(read_picture(file(picture(form)))))
    assert (made.format, made.mode, made.size) == ("WEBP", "RGB", (60, 40))
    assert made.getpixel((30, 20)) == pytest.approx(RED, abs=12)


def test_a_large_picture_is_made_small(file):
    made = Image.open(io.BytesIO(read_picture(file(picture("JPEG", (4000, 3000))))))
    assert made.size == (2048, 1536)


def test_nothing_but_pixels_comes_along(file):
    """A JPEG that is a zip as well, and knows where it was taken."""
    exif = Image.Exif()
    exif.get_ifd(0x8825).update(GPS)
    content = picture("JPEG", exif=exif, comment=b"a secret", icc_profile=b"a profile")
    made = read_picture(file(content + b"PK\x03\x04 a secret tail"))
    assert not Image.open(io.BytesIO(made)).getexif()
    assert "icc_profile" not in Image.open(io.BytesIO(made)).info
    assert b"secret" not in made
    assert b"EXIF" not in made


def test_a_picture_lying_on_its_side_is_put_upright(file):
    exif = Image.Exif()
    exif[0x0112] = 6  # turn clockwise
    sheet = Image.new("RGB", (60, 40), RED)
    sheet.paste(BLUE, (0, 20, 60, 40))
    written = io.BytesIO()
    sheet.save(written, "JPEG", exif=exif, quality=95)
    made = Image.open(io.BytesIO(read_picture(file(written.getvalue()))))
    assert made.size == (40, 60)
    assert made.getpixel((35, 30)) == pytest.approx(RED, abs=20)
    assert made.getpixel((5, 30)) == pytest.approx(BLUE, abs=20)


def test_a_see_through_picture_lies_on_white(file):
    made = Image.open(io.BytesIO(read_picture(file(picture("PNG", (8, 8), "RGBA", (0, 0, 0, 0))))))
    assert made.getpixel((4, 4)) == (255, 255, 255)


@pytest.mark.parametrize(
    ("form", "mode", "colour", "seen"),
    [
        ("PNG", "L", 128, (128, 128, 128)),
        ("JPEG", "L", 128, (128, 128, 128)),
        ("PNG", "1", 1, (255, 255, 255)),
        ("PNG", "LA", (0, 128), (127, 127, 127)),
        ("WEBP", "RGBA", (220, 30, 30, 0), (255, 255, 255)),
        ("JPEG", "CMYK", (0, 255, 255, 0), (255, 0, 0)),
        ("JPEG", "CMYK", (255, 0, 0, 128), (0, 127, 127)),
    ],
)
def test_grey_ink_and_glass_become_the_colours_that_are_seen(file, form, mode, colour, seen):
    made = Image.open(io.BytesIO(read_picture(file(picture(form, (40, 40), mode, colour)))))
    assert (made.mode, made.size) == ("RGB", (40, 40))
    assert made.getpixel((20, 20)) == pytest.approx(seen, abs=4)


def test_the_see_through_entry_of_a_palette_lies_on_white(file):
    sheet = Image.new("P", (40, 40), 0)
    sheet.putpalette([*(0, 0, 0), *RED])
    sheet.paste(1, (20, 0, 40, 40))
    written = io.BytesIO()
    sheet.save(written, "PNG", transparency=0)
    made = Image.open(io.BytesIO(read_picture(file(written.getvalue()))))
    assert made.getpixel((8, 20)) == (255, 255, 255)
    assert made.getpixel((32, 20)) == pytest.approx(RED, abs=12)


def deep_png(kind, *levels, side=40):
    """A PNG of 16 bits a channel, of one colour; `kind` as PNG counts: 0 grey, 2 RGB, 4, 6."""
    row = b"\0" + struct.pack(f">{len(levels)}H", *(level * 257 for level in levels)) * side
    head = struct.pack(">IIBBBBB", side, side, 16, kind, 0, 0, 0)
    chunks = ((b"IHDR", head), (b"IDAT", zlib.compress(row * side)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in chunks
    )


@pytest.mark.parametrize(
    ("kind", "levels", "seen"),
    [
        (0, (128,), (128, 128, 128)),
        (0, (3,), (3, 3, 3)),
        (2, RED, RED),
        (4, (60, 255), (60, 60, 60)),
        (6, (*RED, 0), (255, 255, 255)),
    ],
)
def test_sixteen_bits_become_eight_and_nothing_turns_white(file, kind, levels, seen):
    made = Image.open(io.BytesIO(read_picture(file(deep_png(kind, *levels)))))
    assert made.getpixel((20, 20)) == pytest.approx(seen, abs=4)


def wide_profile():
    """An ICC profile of Display P3, as phones write it: wider than sRGB."""

    def xyz(*values):
        return b"XYZ \0\0\0\0" + struct.pack(">3i", *(round(v * 65536) for v in values))

    gamma = b"curv\0\0\0\0" + struct.pack(">IHH", 1, round(2.2 * 256), 0)
    tags = {
        b"desc": b"desc\0\0\0\0\0\0\0\2P\0" + bytes(80),
        b"wtpt": xyz(0.9642, 1, 0.8249),
        b"rXYZ": xyz(0.5151, 0.2412, -0.0011),
        b"gXYZ": xyz(0.2920, 0.6922, 0.0419),
        b"bXYZ": xyz(0.1571, 0.0666, 0.7841),
        **dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), gamma),
    }
    at, table, body = 132 + 12 * len(tags), struct.pack(">I", len(tags)), b""
    for name, held in tags.items():
        table += name + struct.pack(">II", at + len(body), len(held))
        body += held + bytes(-len(held) % 4)
    head = struct.pack(">I", at + len(body)) + bytes(4) + b"\2\x10\0\0mntrRGB XYZ "
    head += bytes(12) + b"acsp" + bytes(28) + xyz(0.9642, 1, 0.8249)[8:]
    return head.ljust(128, b"\0") + table + body


@pytest.mark.parametrize(("form", "mode"), [("PNG", "RGB"), ("JPEG", "RGB"), ("PNG", "RGBA")])
def test_a_phones_wider_colours_are_brought_to_those_of_every_screen(file, form, mode):
    """The same light has stronger numbers in sRGB, which reaches less far."""
    colour = (200, 100, 100, 255)[: len(mode)]
    content = picture(form, (40, 40), mode, colour, icc_profile=wide_profile())
    made = Image.open(io.BytesIO(read_picture(file(content))))
    assert made.getpixel((20, 20)) == pytest.approx((216, 92, 97), abs=4)


@pytest.mark.parametrize("profile", [b"nonsense", b"", wide_profile()[:200]])
def test_a_broken_profile_does_no_harm(file, profile):
    made = Image.open(io.BytesIO(read_picture(file(picture("PNG", icc_profile=profile)))))
    assert made.getpixel((30, 20)) == pytest.approx(RED, abs=4)


@pytest.mark.parametrize(("size", "kept"), [((1, 1), (1, 1)), ((20_000, 1), (2048, 1))])
def test_tiny_and_very_long_pictures_are_read(file, size, kept):
    made = Image.open(io.BytesIO(read_picture(file(picture("PNG", size)))))
    assert made.size == kept
    assert made.getpixel((0, 0)) == pytest.approx(RED, abs=4)


@pytest.mark.parametrize(
    ("note", "corner"),
    [(1, (0, 0)), (2, (1, 0)), (3, (1, 1)), (4, (0, 1)), (5, (0, 0)), (6, (1, 0)), (7, (1, 1)),
     (8, (0, 1))],
)  # fmt: skip
def test_every_way_to_hold_a_camera_comes_out_upright(file, note, corner):
    """The stored picture is red in its upper left; where that belongs says the note."""
    exif = Image.Exif()
    exif[0x0112] = note
    sheet = Image.new("RGB", (60, 40), BLUE)
    sheet.paste(RED, (0, 0, 30, 20))
    written = io.BytesIO()
    sheet.save(written, "JPEG", exif=exif, quality=95)
    made = Image.open(io.BytesIO(read_picture(file(written.getvalue()))))
    assert made.size == ((60, 40) if note < 5 else (40, 60))
    right, down = corner
    place = (made.width // 4 + right * made.width // 2, made.height // 4 + down * made.height // 2)
    assert made.getpixel(place) == pytest.approx(RED, abs=20)


def test_a_picture_of_400_megapixels_is_refused(file):
    bomb = png(20_000, 20_000)
    assert len(bomb) < 500_000
    assert refusal(read_picture, file(bomb, "bomb.png")) == "too_many_pixels"


def test_a_picture_that_lies_about_its_size_is_refused(file):
    small = bytearray(png(30, 30))
    small[16:24] = struct.pack(">II", 7000, 7000)
    small[29:33] = struct.pack(">I", zlib.crc32(small[12:29]))
    assert refusal(read_picture, file(bytes(small))) == "not_decodable"


@pytest.mark.parametrize("form", ["WEBP", "PNG"])
def test_an_animated_picture_is_refused(file, form):
    frames = [Image.new("RGB", (20, 20), colour) for colour in (RED, BLUE)]
    written = io.BytesIO()
    frames[0].save(written, form, save_all=True, append_images=frames[1:], duration=100)
    assert refusal(read_picture, file(written.getvalue())) == "animated"


def test_the_second_picture_of_a_phones_jpeg_is_left_behind(file):
    frames = [Image.new("RGB", (20, 20), colour) for colour in (RED, BLUE)]
    written = io.BytesIO()
    frames[0].save(written, "MPO", save_all=True, append_images=frames[1:])
    made = Image.open(io.BytesIO(read_picture(file(written.getvalue()))))
    assert made.getpixel((10, 10)) == pytest.approx(RED, abs=12)


@pytest.mark.parametrize("content", [b"<svg/>", b"SIMPLE  =  T", b"GIF89a", b"%!PS-Adobe"])
def test_other_kinds_of_pictures_are_refused(file, content):
    assert refusal(read_picture, file(content, "picture.png")) == "not_a_picture"


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP"])
def test_a_truncated_picture_is_refused(file, form):
    noise = np.random.default_rng(0).integers(0, 255, (64, 64, 3), np.uint8)
    written = io.BytesIO()
    Image.fromarray(noise).save(written, form)
    assert refusal(read_picture, file(written.getvalue()[:1500])) == "not_decodable"


def test_a_picture_with_too_many_bytes_is_refused(file):
    tight = replace(PICTURE, bytes=100)
    assert refusal(read_picture, file(picture("PNG") + bytes(100)), limits=tight) == "too_large"


# --- glimpses ---


def glimpses(path):
    with path.open("rb") as file:
        return read_glimpses(file)


def test_a_long_film_is_seen_at_a_few_places_and_small(tmp_path):
    path = film(tmp_path / "long.mp4", frames=120, rate=2, size=(640, 480), sound=False)
    seen = glimpses(path)
    assert (len(seen) <= 20, seen.shape[1:]) == (True, (384, 512, 3))
    assert seen[-1, 20, 80].astype(int) == pytest.approx(RED, abs=16)


def test_what_is_cut_short_is_seen_as_far_as_it_goes(tmp_path):
    path = film(tmp_path / "a.mp4", frames=60, sound=False, options={"movflags": "faststart"})
    (tmp_path / "cut.mp4").write_bytes(path.read_bytes()[: path.stat().st_size * 3 // 4])
    assert len(glimpses(tmp_path / "cut.mp4")) > 0


def beginning(path):
    with path.open("rb") as file:
        return read_beginning(file)


def test_of_the_sound_the_beginning_is_heard_as_far_as_it_goes(tmp_path):
    path = film(tmp_path / "a.mp4", frames=60, options={"movflags": "faststart"})
    whole = beginning(path)
    assert len(whole) == pytest.approx(read_clip(path, fps=1).sound.size, rel=0.02)
    (tmp_path / "cut.mp4").write_bytes(path.read_bytes()[: path.stat().st_size * 3 // 4])
    assert 0 < len(beginning(tmp_path / "cut.mp4")) < len(whole)
    assert not len(beginning(film(tmp_path / "silent.mp4", frames=8, sound=False)))


def test_of_a_long_sound_no_more_is_heard_than_is_needed(tmp_path):
    path = film(tmp_path / "long.mp4", frames=120, rate=2)
    assert len(beginning(path)) == HEARD_S * 16_000


def test_a_picture_has_no_sound(file):
    assert not len(beginning(file(picture("PNG"))))


def test_a_picture_is_one_glimpse_of_its_first_frame(file):
    moving = picture("WEBP", save_all=True, append_images=[Image.new("RGB", (60, 40), BLUE)])
    for content in (picture("PNG"), picture("JPEG"), moving):
        (seen,) = glimpses(file(content))
        assert seen[20, 30].astype(int) == pytest.approx(RED, abs=12)


def test_a_glimpse_takes_no_picture_of_400_megapixels(file):
    assert refusal(glimpses, file(png(20_000, 20_000))) == "too_many_pixels"


# --- the sandbox ---

PROBE = """
import json, os, resource, socket, sys
sys.argv = ["child", json.dumps({"memory": 1 << 30, "cpu": 9, "result": 1 << 20, "kind": "probe"})]
sys.path.insert(0, os.path.dirname(CHILD))
import child

def tried(deed):
    try:
        deed()
    except (OSError, ValueError) as error:
        return type(error).__name__
    return "done"

def probe(source, order):
    deeds = {
        "file": lambda: open("/etc/passwd"),
        "new": lambda: open(NEW, "w"),
        "net": lambda: socket.socket(),
        "pipe": lambda: os.pipe(),
        "process": lambda: os.fork() or os._exit(0),
        "limit": lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64)),
    }
    return [{name: tried(deed) for name, deed in deeds.items()}]

child.decoder = lambda kind: probe
child.main()
"""


def test_the_child_can_open_nothing_and_cannot_take_that_back(tmp_path):
    """The real child, with a decoder that tries."""
    script = f"CHILD, NEW = {str(CHILD)!r}, {str(tmp_path / 'new')!r}\n{PROBE}"
    with tempfile.TemporaryFile() as result:
        command = [sys.executable, "-I", "-c", script]
        subprocess.run(command, stdin=subprocess.DEVNULL, stdout=result, check=True)
        result.seek(0)
        found = json.loads(result.read())
    opened = dict.fromkeys(("file", "new", "net", "pipe"), "OSError")
    assert found == opened | {"process": "BlockingIOError", "limit": "ValueError"}
    assert not (tmp_path / "new").exists()


HONEST = {"frames": [2, 3, 4], "times": [0, 1], "sound": 5, "width": 4, "height": 3, "seconds": 2}
RAW = bytes(2 * 3 * 4 * 3 + 5 * 4)


def test_an_honest_answer_of_the_child_is_taken():
    clip = _as_clip(HONEST, RAW, 2, 4, "")
    assert (clip.frames.shape, clip.sound.shape) == ((2, 3, 4, 3), (5,))


@pytest.mark.parametrize(
    ("lie", "raw"),
    [
        ({"frames": [3, 3, 4]}, RAW),
        ({"frames": [2, 3, 5]}, RAW),
        ({"frames": [2, -3, -4]}, RAW),
        ({"frames": [2, 3]}, RAW),
        ({"frames": "many"}, RAW),
        ({"frames": [2, 3, float("inf")]}, RAW),
        ({"times": [0]}, RAW),
        ({"times": [0, float("nan")]}, RAW),
        ({"sound": None}, RAW),
        ({"sound": 6}, RAW),
        ({"width": "wide"}, RAW),
        ({}, RAW[:-1]),
        ({}, RAW[:70]),
        ({}, RAW + bytes(4)),
    ],
)
def test_a_child_that_lies_is_not_believed(lie, raw):
    with pytest.raises((ValueError, TypeError, OverflowError)):
        _as_clip(HONEST | lie, raw, 2, 4, "")


def test_the_child_sees_nothing_of_our_environment(clip, monkeypatch):
    """Were the child to read it, Python itself would stumble over this."""
    monkeypatch.setenv("PYTHONHOME", "/nowhere")
    monkeypatch.setitem(os.environ, "LD_PRELOAD", "/nowhere.so")
    assert len(read_clip(clip).frames) == 24


def test_the_first_64_bytes_are_enough(clip):
    with clip.open("rb") as source:
        assert sniff(source.read(HEAD)) is Kind.MP4
