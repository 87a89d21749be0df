"""What the encoder writes is probed with a decoder."""

import re
from fractions import Fraction

import av
import numpy as np
import pytest
from PIL import Image

from generation import looks
from generation.encoding import encode, encode_still
from generation.encoding.sizes import Size, ladder, shown
from generation.encoding.stream import boxes_of
from generation.renditions import FILES, LADDER, MAIN
from tests.generation.drawn import FPS, FRAMES, RATE, SIDE, drawn_frames, drawn_sound

FILMS = (*LADDER, "preview")
SAID = [(0.25, 0.75, "Hello"), (0.75, 9.0, "<Ada> & Bob\n\n--> there"), (2.0, 3.0, "too late")]
BARS = np.array([
    (235, 235, 235), (200, 200, 20), (20, 200, 200), (20, 200, 20),
    (200, 20, 200), (200, 20, 20), (20, 20, 200), (20, 20, 20),
])  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("encoded")
    encode(drawn_frames(), FPS, drawn_sound(), RATE, folder)
    return folder


@pytest.fixture(scope="module")
def long(tmp_path_factory):
    """Five seconds and an eighth, upright, with somebody speaking."""
    folder = tmp_path_factory.mktemp("long")
    encode(numbered(41), FPS, np.tile(drawn_sound(), 5), RATE, folder, SAID)
    return folder


def numbered(count, height=96, width=64):
    """Frames that tell their number by their grey."""
    greys = np.linspace(20, 230, count).astype(np.uint8)
    return np.broadcast_to(greys[:, None, None, None], (count, height, width, 3)).copy()


def number_of(picture, count):
    return int(np.abs(np.linspace(20, 230, count).astype(np.uint8) - picture.mean()).argmin())


def file(folder, name):
    return folder / FILES[name].file


def names_of_boxes(path):
    return [name for name, _, _ in boxes_of(path)]


def pictures_of(path):
    with av.open(str(path)) as container:
        return [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]


def times_of(path):
    with av.open(str(path)) as container:
        return [frame.pts * frame.time_base for frame in container.decode(video=0)]


def test_every_file_is_written_and_nothing_else(tmp_path):
    encoded = encode(drawn_frames(), FPS, drawn_sound(), RATE, tmp_path)
    files = {FILES[name].file for name in encoded.renditions}
    assert {path.name for path in tmp_path.iterdir()} == {*files, looks.FILE}
    assert MAIN[encoded.kind] in encoded.renditions
    assert "captions" not in encoded.renditions


@pytest.mark.parametrize("name", LADDER)
def test_a_film_is_h264_and_aac_that_every_player_shows(folder, name):
    with av.open(str(file(folder, name))) as container:
        picture, sound = container.streams.video[0], container.streams.audio[0]
        assert (picture.codec_context.name, picture.pix_fmt) == ("h264", "yuv420p")
        assert (sound.codec_context.name, sound.rate) == ("aac", RATE)
        assert picture.average_rate == FPS


@pytest.mark.parametrize("name", FILMS)
def test_the_index_comes_before_the_media(folder, name):
    found = names_of_boxes(file(folder, name))
    assert found.index("moov") < found.index("mdat")


@pytest.mark.parametrize("name", [*FILMS, "video_parts"])
def test_nothing_tells_of_the_software(folder, name):
    with av.open(str(file(folder, name))) as container:
        known = {"major_brand", "minor_version", "compatible_brands"}
        assert set(container.metadata) - known == set()
    assert b"Lavf" not in file(folder, name).read_bytes()


# --- sizes ---


def test_a_small_picture_is_enlarged_by_a_whole_number(folder):
    pictures = pictures_of(file(folder, "video"))
    assert [picture.shape for picture in pictures] == [(SIDE * 6, SIDE * 6, 3)] * FRAMES


def test_a_large_picture_keeps_its_size(tmp_path):
    frames = np.zeros((5, 512, 768, 3), np.uint8)
    encoded = encode(frames, 24, np.zeros(0, np.float32), 24000, tmp_path)
    assert (encoded.width, encoded.height) == (768, 512)
    found = {name: pictures_of(file(tmp_path, name))[0].shape for name in FILMS}
    assert found == {
        "video": (512, 768, 3), "medium": (384, 576, 3), "low": (256, 384, 3),
        "preview": (192, 288, 3),
    }  # fmt: skip


@pytest.mark.parametrize(
    "frame", [(160, 288), (288, 160), (192, 192), (97, 131), (1920, 1080), (500, 701), (33, 900)]
)
def test_renditions_are_even_smaller_than_the_source_and_of_its_shape(frame):
    source = shown(Size(*frame))
    found = list(ladder(source).values())
    assert found[0] == source
    assert [size.width * size.height for size in found] == sorted(
        (size.width * size.height for size in found), reverse=True
    )
    assert all(side % 2 == 0 for size in found for side in size)
    for size in found:
        assert size.width / size.height == pytest.approx(frame[0] / frame[1], rel=0.04)


def test_a_picture_of_odd_sides_is_encoded_too(tmp_path):
    encoded = encode(numbered(4, 401, 501), 24, np.zeros(0, np.float32), 24000, tmp_path)
    assert (encoded.width, encoded.height) == (500, 400)
    assert pictures_of(file(tmp_path, "video"))[3].shape == (400, 500, 3)


# --- colours ---


def test_colours_and_motion_survive(folder):
    pictures, scale = pictures_of(file(folder, "video")), 6
    for number in (0, FRAMES - 1):
        middle = pictures[number][30 * scale, (number * 4 + 10) * scale].astype(int)
        corner = pictures[number][-5, -5].astype(int)
        assert np.abs(middle - (20, 220, 240)).max() <= 8
        assert np.abs(corner - (200, 40, 0)).max() <= 8


@pytest.fixture(scope="module")
def bars(tmp_path_factory):
    folder = tmp_path_factory.mktemp("bars")
    frame = np.repeat(BARS, 48, 0).astype(np.uint8)[None, None]
    encode(np.broadcast_to(frame, (9, 216, 384, 3)), FPS, drawn_sound(), RATE, folder)
    return folder


@pytest.mark.parametrize("name", [*FILMS, "video_parts"])
def test_known_colours_come_back_and_the_tags_say_how_they_are_stored(bars, name):
    with av.open(str(file(bars, name))) as container:
        codec = container.streams.video[0].codec_context
        tags = (codec.color_primaries, codec.color_trc, codec.colorspace, codec.color_range)
        assert tags == (1, 1, 1, 1)  # BT.709 thrice, and the narrow range
        picture = next(container.decode(video=0)).to_ndarray(format="rgb24").astype(int)
    middles = (np.arange(8) * 2 + 1) * picture.shape[1] // 16
    assert np.abs(picture[picture.shape[0] // 2, middles] - BARS).max() <= 5


def test_the_stored_numbers_are_those_of_bt_709(bars):
    """Pure arithmetic, no library's idea of what the tags mean."""
    with av.open(str(file(bars, "video"))) as container:
        frame = next(container.decode(video=0)).to_ndarray(format="yuv420p")
    red, green, blue = BARS[5] / 255
    luma = 16 + 219 * (0.2126 * red + 0.7152 * green + 0.0722 * blue)
    assert frame[100, frame.shape[1] * 11 // 16] == pytest.approx(luma, abs=1.5)


# --- times ---


@pytest.mark.parametrize("fps", [8, 12, 24, 25, 30])
def test_every_frame_comes_at_its_number_over_the_pace(tmp_path, fps):
    encode(numbered(fps + 3), fps, np.zeros(RATE * 2, np.float32), RATE, tmp_path)
    wanted = [Fraction(number, fps) for number in range(fps + 3)]
    for name in (*LADDER, "video_parts", "low_parts"):
        assert times_of(file(tmp_path, name)) == wanted
    for name in LADDER:
        with av.open(str(file(tmp_path, name))) as container:
            lengths = [stream.duration * stream.time_base for stream in container.streams]
            assert lengths[0] == Fraction(fps + 3, fps)
            assert abs(lengths[1] - lengths[0]) <= Fraction(1, RATE)


def test_frames_keep_their_order(long):
    for name in ("video", "low", "video_parts"):
        shown = [number_of(picture, 41) for picture in pictures_of(file(long, name))]
        assert shown == list(range(41))


@pytest.mark.parametrize("name", FILMS)
def test_every_two_seconds_a_frame_stands_alone(long, name):
    with av.open(str(file(long, name))) as container:
        packets = [packet for packet in container.demux(video=0) if packet.size]
    alone = [number for number, packet in enumerate(packets) if packet.is_keyframe]
    assert alone == list(range(0, len(packets), 2 * FPS))


def test_the_preview_is_silent_and_three_seconds_long(long):
    with av.open(str(file(long, "preview"))) as container:
        assert [stream.type for stream in container.streams] == ["video"]
    assert times_of(file(long, "preview"))[-1] == 3 - Fraction(1, FPS)


# --- sound ---


@pytest.mark.parametrize("name", [*LADDER, "video_parts"])
def test_the_tone_is_still_heard(folder, name):
    with av.open(str(file(folder, name))) as container:
        heard = np.concatenate([f.to_ndarray()[0] for f in container.decode(audio=0)])
    loudest = np.abs(np.fft.rfft(heard)).argmax() * RATE / len(heard)
    assert loudest == pytest.approx(440, abs=5)


@pytest.mark.parametrize("name", ["video", "video_parts"])
def test_a_click_is_heard_when_it_is_due(tmp_path, name):
    sound = np.zeros(RATE * 2, np.float32)
    sound[RATE : RATE + 80] = 0.9
    encode(numbered(17), FPS, sound, RATE, tmp_path)
    with av.open(str(file(tmp_path, name))) as container:
        frames = list(container.decode(audio=0))
    start = frames[0].pts * frames[0].time_base
    heard = np.concatenate([frame.to_ndarray()[0] for frame in frames])
    assert float(start) + np.abs(heard).argmax() / RATE == pytest.approx(1, abs=0.01)


@pytest.mark.parametrize("seconds", [0.2, 5])
def test_sound_that_is_too_short_is_padded_and_too_long_is_cut(tmp_path, seconds):
    encode(drawn_frames(), FPS, np.full(int(seconds * 22050), 0.1, np.float32), 22050, tmp_path)
    with av.open(str(file(tmp_path, "video"))) as container:
        stream = container.streams.audio[0]
        assert float(stream.duration * stream.time_base) == pytest.approx(FRAMES / FPS, abs=1e-3)


def test_sound_of_an_unusual_rate_is_resampled(tmp_path):
    encode(drawn_frames(), FPS, np.zeros(12345, np.float32), 12345, tmp_path)
    with av.open(str(file(tmp_path, "video"))) as container:
        assert container.streams.audio[0].rate == 48000


def test_broken_samples_do_not_break_the_video(tmp_path):
    sound = np.full(RATE, np.nan, np.float32)
    sound[::2] = np.inf
    encode(drawn_frames(), FPS, sound, RATE, tmp_path)
    assert len(pictures_of(file(tmp_path, "video"))) == FRAMES


def test_without_sound_there_is_no_track(tmp_path):
    encode(drawn_frames(), FPS, np.zeros(0, np.float32), RATE, tmp_path)
    for name in (*FILMS, "video_parts"):
        with av.open(str(file(tmp_path, name))) as container:
            assert [stream.type for stream in container.streams] == ["video"]
    assert "mp4a" not in file(tmp_path, "stream").read_text()


def test_a_single_frame_is_a_video_too(tmp_path):
    encode(drawn_frames()[:1], FPS, drawn_sound(), RATE, tmp_path)
    for name in (*FILMS, "video_parts"):
        assert len(pictures_of(file(tmp_path, name))) == 1


# --- the stream ---


def parts_of(folder, name):
    """The index and the segments of a rendition, cut as its playlist tells, and their seconds."""
    text = file(folder, f"{name}_playlist").read_text()
    raw = file(folder, f"{name}_parts").read_bytes()
    length, start = map(int, re.search(r'BYTERANGE="(\d+)@(\d+)"', text).groups())
    ranges = re.findall(r"#EXTINF:([\d.]+),\n#EXT-X-BYTERANGE:(\d+)@(\d+)\n(\S+)", text)
    assert {uri for *_, uri in ranges} == {FILES[f"{name}_parts"].file}
    cut = [raw[int(at) : int(at) + int(many)] for _, many, at, _ in ranges]
    return raw[start : start + length], cut, [float(seconds) for seconds, *_ in ranges]


@pytest.mark.parametrize("name", LADDER)
def test_each_segment_plays_by_itself_and_tells_its_length(long, tmp_path, name):
    index, segments, seconds = parts_of(long, name)
    assert seconds == [2.0, 2.0, 1.125]
    shown = []
    for segment in segments:
        alone = tmp_path / "alone.mp4"
        alone.write_bytes(index + segment)
        shown.append([number_of(picture, 41) for picture in pictures_of(alone)])
    assert shown == [list(range(16)), list(range(16, 32)), list(range(32, 41))]


def test_the_segments_follow_each_other_without_a_gap(long):
    text = file(long, "video_playlist").read_text()
    ranges = [tuple(map(int, found)) for found in re.findall(r"BYTERANGE[:=]\"?(\d+)@(\d+)", text)]
    ends = [length + start for length, start in ranges]
    assert [start for _, start in ranges] == [0, *ends[:-1]]


def test_a_player_of_streams_finds_every_frame(long):
    with av.open(str(file(long, "stream"))) as container:
        assert len(container.streams.video) == len(LADDER)
        best = max(container.streams.video, key=lambda stream: stream.width)
        frames = list(container.decode(best))
    assert [frame.pts * frame.time_base for frame in frames] == times_of(file(long, "video"))


def test_the_stream_tells_sizes_codecs_and_rates(long):
    text = file(long, "stream").read_text()
    found = re.findall(
        r'BANDWIDTH=(\d+),AVERAGE-BANDWIDTH=(\d+),CODECS="([^"]+)",RESOLUTION=(\d+)x(\d+),'
        r'FRAME-RATE=8.000,SUBTITLES="captions"\n(\S+)',
        text,
    )
    assert [uri for *_, uri in found] == ["video.m3u8", "medium.m3u8", "low.m3u8"]
    assert [(int(w), int(h)) for _, _, _, w, h, _ in found] == [(384, 576), (288, 432), (192, 288)]
    for peak, average, codecs, *_, uri in found:
        _, segments, seconds = parts_of(long, uri.removesuffix(".m3u8"))
        assert int(peak) == max(
            round(len(part) * 8 / lasts) for part, lasts in zip(segments, seconds, strict=True)
        )
        assert int(average) == pytest.approx(sum(map(len, segments)) * 8 / sum(seconds), abs=1)
        assert re.fullmatch(r"avc1\.6400[0-9a-f]{2},mp4a\.40\.2", codecs)


def test_a_stream_and_its_film_hold_the_same_packets(long):
    def packets(name):
        with av.open(str(file(long, name))) as container:
            return [bytes(packet) for packet in container.demux(video=0) if packet.size]

    for name in LADDER:
        assert packets(f"{name}_parts") == packets(name)


# --- captions ---


def test_what_is_said_becomes_captions_within_the_clip(tmp_path):
    encoded = encode(drawn_frames(), FPS, drawn_sound(), RATE, tmp_path, SAID)
    assert {"captions", "captions_playlist"} <= set(encoded.renditions)
    assert file(tmp_path, "captions").read_text() == (
        "WEBVTT\n\n"
        "00:00:00.250 --> 00:00:00.750\nHello\n\n"
        "00:00:00.750 --> 00:00:01.125\n&lt;Ada&gt; &amp; Bob\n--&gt; there\n"
    )
    with av.open(str(file(tmp_path, "captions")), format="webvtt") as container:
        found = [packet.pts * packet.time_base for packet in container.demux() if packet.size]
    assert found == [Fraction(1, 4), Fraction(3, 4)]
    assert 'URI="captions.m3u8"' in file(tmp_path, "stream").read_text()
    assert "captions.vtt" in file(tmp_path, "captions_playlist").read_text()


def test_where_nobody_speaks_the_stream_has_no_captions(folder):
    assert "SUBTITLES" not in file(folder, "stream").read_text()


# --- pictures ---


def test_poster_and_sheet_are_webp(folder):
    poster, sheet = (Image.open(file(folder, name)) for name in ("poster", "sheet"))
    assert (poster.format, poster.size) == ("WEBP", (384, 384))
    assert (sheet.format, sheet.size) == ("WEBP", (4 * 192, 2 * 192))
    first, last = sheet.getpixel((30, 90)), sheet.getpixel((3 * 192 + 30, 192 + 90))
    assert np.abs(np.subtract(first, (20, 220, 240))).max() < 30
    assert np.abs(np.subtract(last, (200, 40, 0))).max() < 30


def cues_of(folder):
    text = file(folder, "thumbnails").read_text()
    found = re.findall(
        r"\d\d:\d\d:(\d\d\.\d{3}) --> \d\d:\d\d:(\d\d\.\d{3})\n(\S+)#xywh=(\d+),(\d+),(\d+),(\d+)",
        text,
    )
    return [
        (float(start), float(end), uri, tuple(map(int, box))) for start, end, uri, *box in found
    ]


def test_the_thumbnails_show_what_is_near_and_leave_no_time_out(long):
    cues, sheet = cues_of(long), Image.open(file(long, "sheet")).convert("RGB")
    assert len(cues) == 12  # two a second, in whole rows
    assert {uri for _, _, uri, _ in cues} == {"sheet.webp"}
    assert [start for start, *_ in cues] == [0.0, *(end for _, end, *_ in cues[:-1])]
    assert cues[-1][1] == 5.125
    for start, end, _, (left, top, width, height) in cues:
        tile = np.asarray(sheet.crop((left, top, left + width, top + height)))
        assert start - 0.07 <= number_of(tile, 41) / FPS <= end + 0.07


def test_a_short_clip_names_each_frame_once(tmp_path):
    encode(drawn_frames()[:3], FPS, np.zeros(0, np.float32), RATE, tmp_path)
    assert [(start, end) for start, end, *_ in cues_of(tmp_path)] == [
        (0.0, 0.125), (0.125, 0.25), (0.25, 0.375),
    ]  # fmt: skip


def test_a_still_is_a_picture_without_loss_and_a_poster(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (400, 500, 3), np.uint8)
    encoded = encode_still(pixels, tmp_path)
    assert (encoded.width, encoded.height, encoded.seconds, encoded.kind) == (
        500,
        400,
        0.0,
        "still",
    )
    assert {path.name for path in tmp_path.iterdir()} == {
        "picture.png",
        "poster.webp",
        looks.FILE,
    }
    assert set(encoded.renditions) == {"picture", "poster"}
    assert np.array_equal(np.asarray(Image.open(tmp_path / "picture.png")), pixels)


def test_a_small_still_is_enlarged(tmp_path):
    encoded = encode_still(drawn_frames()[0], tmp_path)
    picture = Image.open(tmp_path / "picture.png")
    assert (encoded.width, encoded.height) == picture.size == (SIDE * 6, SIDE * 6)
    assert picture.getpixel((10 * 6, 30 * 6)) == (20, 220, 240)
