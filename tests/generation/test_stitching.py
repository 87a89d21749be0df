"""Several videos become one: what can be copied is copied, and nothing slips out of step."""

from fractions import Fraction

import av
import numpy as np
import pytest

from generation import looks
from generation.encoding import encode
from generation.renditions import FILES
from generation.stitching import Unjoinable, stitch

RATE = 16000
RED, GREEN, BLUE = (200, 40, 0), (0, 140, 0), (0, 40, 200)


@pytest.fixture(scope="module")
def clips(tmp_path_factory):
    """Two that are coded alike, one of them silent; one of another size, pace and sound."""
    root = tmp_path_factory.mktemp("clips")
    return {
        "red": made(root / "red", (96, 64), 17, 8, RED, 440),
        "green": made(root / "green", (96, 64), 25, 8, GREEN, None),
        "blue": made(root / "blue", (64, 96), 18, 12, BLUE, 880, 24000),
    }


def made(folder, size, count, fps, colour, pitch, rate=RATE):
    folder.mkdir()
    frames = np.full((count, *size, 3), colour, np.uint8)
    time = np.arange(count * rate // fps) / rate
    sound = np.sin(time * pitch * 2 * np.pi) / 2 if pitch else np.zeros(0)
    encode(frames, fps, sound.astype(np.float32), rate, folder)
    return folder / "video.mp4"


def packets_of(path):
    with av.open(str(path)) as container:
        return [bytes(packet) for packet in container.demux(video=0) if packet.size]


def frames_of(path):
    with av.open(str(path)) as container:
        return [
            (frame.pts * frame.time_base, frame.to_ndarray(format="rgb24"))
            for frame in container.decode(video=0)
        ]


def sound_of(path):
    with av.open(str(path)) as container:
        return np.concatenate([frame.to_ndarray()[0] for frame in container.decode(audio=0)])


def pitch_of(sound, rate=RATE):
    return np.abs(np.fft.rfft(sound)).argmax() * rate / len(sound)


def colour_at(picture, down=0.5, across=0.5):
    height, width = picture.shape[:2]
    return picture[int(height * down), int(width * across)].astype(int)


def test_packets_of_pieces_that_are_coded_alike_are_copied(clips, tmp_path):
    stitch([clips["red"], clips["green"], clips["red"]], tmp_path)
    red, green = packets_of(clips["red"]), packets_of(clips["green"])
    assert packets_of(tmp_path / "video.mp4") == [*red, *green, *red]


def test_every_frame_comes_at_its_number_over_the_pace(clips, tmp_path):
    encoded = stitch([clips["red"], clips["green"], clips["red"]], tmp_path)
    frames = frames_of(tmp_path / "video.mp4")
    assert [time for time, _ in frames] == [Fraction(number, 8) for number in range(59)]
    assert encoded.seconds == 59 / 8
    with av.open(str(tmp_path / "video.mp4")) as container:
        lengths = [stream.duration * stream.time_base for stream in container.streams]
    assert lengths == [Fraction(59, 8), Fraction(59, 8)]


def test_the_pieces_follow_in_their_order(clips, tmp_path):
    stitch([clips["green"], clips["red"]], tmp_path)
    shown = [colour_at(picture) for _, picture in frames_of(tmp_path / "video.mp4")]
    assert np.abs(np.subtract(shown[:25], GREEN)).max() <= 8
    assert np.abs(np.subtract(shown[25:], RED)).max() <= 8


def test_sound_stays_in_step_and_a_silent_piece_stays_silent(clips, tmp_path):
    stitch([clips["red"], clips["green"], clips["red"]], tmp_path)
    sound = sound_of(tmp_path / "video.mp4")
    first, silent, last = sound[:34000], sound[35000:83000], sound[84500:117000]
    assert [pitch_of(first), pitch_of(last)] == pytest.approx([440, 440], abs=2)
    assert np.abs(silent).max() < 0.01
    assert np.abs(last).max() > 0.4
    loud = np.flatnonzero(np.abs(sound[34500:]) > 0.1)[0] + 34500
    assert loud / RATE == pytest.approx(42 / 8, abs=0.005)


def test_pieces_without_any_sound_make_a_silent_clip(clips, tmp_path):
    stitch([clips["green"], clips["green"]], tmp_path)
    with av.open(str(tmp_path / "video.mp4")) as container:
        assert [stream.type for stream in container.streams] == ["video"]


def test_only_a_piece_that_is_coded_otherwise_is_encoded_anew(clips, tmp_path):
    encoded = stitch([clips["red"], clips["blue"], clips["green"]], tmp_path)
    packets = packets_of(tmp_path / "video.mp4")
    assert packets[:17] == packets_of(clips["red"])
    assert packets[-25:] == packets_of(clips["green"])
    assert len(packets) == 17 + 12 + 25  # 1.5 seconds at the first one's pace
    assert (encoded.width, encoded.height) == (384, 576)


def test_a_piece_of_another_shape_is_shown_whole_on_black(clips, tmp_path):
    stitch([clips["red"], clips["blue"]], tmp_path)
    frames = frames_of(tmp_path / "video.mp4")
    assert [time for time, _ in frames] == [Fraction(number, 8) for number in range(29)]
    picture = frames[20][1]
    assert np.abs(colour_at(picture) - BLUE).max() <= 8
    assert np.abs(colour_at(picture, across=0.01) - BLUE).max() <= 8
    assert colour_at(picture, down=0.1).max() <= 8
    assert pitch_of(sound_of(tmp_path / "video.mp4")[34500:57500]) == pytest.approx(880, abs=4)


def test_a_piece_that_another_encoder_made_is_encoded_anew_with_all_others(clips, tmp_path):
    """Nothing of ours can follow its packets under one description."""
    foreign = tmp_path / "foreign.mp4"
    with av.open(str(foreign), "w") as container:
        stream = container.add_stream("mpeg4", rate=8)
        stream.width, stream.height, stream.pix_fmt = 128, 96, "yuv420p"
        picture = np.full((96, 128, 3), BLUE, np.uint8)
        for _ in range(8):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode(None))
    encoded = stitch([foreign, clips["red"]], tmp_path)
    frames = frames_of(tmp_path / "video.mp4")
    assert [time for time, _ in frames] == [Fraction(number, 8) for number in range(25)]
    assert np.abs(colour_at(frames[3][1]) - BLUE).max() <= 10
    assert np.abs(colour_at(frames[20][1]) - RED).max() <= 10
    assert (encoded.width, encoded.height) == (128, 96)


def test_all_other_files_are_made_from_the_joined_film(clips, tmp_path):
    encoded = stitch([clips["red"], clips["green"]], tmp_path)
    files = {FILES[name].file for name in encoded.renditions}
    assert {path.name for path in tmp_path.iterdir()} == files | {looks.FILE}
    for name in ("medium.mp4", "low.mp4", "video_parts.mp4"):
        frames = frames_of(tmp_path / name)
        assert [time for time, _ in frames] == [Fraction(number, 8) for number in range(42)]
        assert np.abs(colour_at(frames[30][1]) - GREEN).max() <= 8
    assert packets_of(tmp_path / "video_parts.mp4") == packets_of(tmp_path / "video.mp4")


def test_a_stitch_can_be_stitched_again(clips, tmp_path):
    (tmp_path / "once").mkdir()
    (tmp_path / "twice").mkdir()
    stitch([clips["red"], clips["green"]], tmp_path / "once")
    stitch([tmp_path / "once" / "video.mp4", clips["red"]], tmp_path / "twice")
    whole = packets_of(tmp_path / "once" / "video.mp4") + packets_of(clips["red"])
    assert packets_of(tmp_path / "twice" / "video.mp4") == whole


def test_nothing_and_sound_alone_cannot_be_joined(clips, tmp_path):
    alone = tmp_path / "sound.mp4"
    with av.open(str(alone), "w") as container:
        voice = container.add_stream("aac", rate=RATE, layout="mono")
        frame = av.AudioFrame.from_ndarray(np.zeros((1, RATE), np.float32), "fltp", "mono")
        frame.sample_rate = RATE
        container.mux(voice.encode(frame))
        container.mux(voice.encode(None))
    with pytest.raises(Unjoinable):
        stitch([], tmp_path)
    with pytest.raises(Unjoinable):
        stitch([clips["red"], alone], tmp_path)
