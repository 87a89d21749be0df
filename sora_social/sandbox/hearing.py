"""The beginning of a film's sound, as far as it can be read."""

import sys
from typing import IO

import av
import numpy as np
from clip import Recorder


def decode(source: IO[bytes], order: dict) -> tuple[dict, bytes]:
    """At most `samples` of it, mono at SOUND_RATE; none where the film has no sound."""
    given = {"format": order["format"], "options": {"protocol_whitelist": "file"}}
    with av.open(source, **given) as film:
        heard = _beginning(film, order["samples"]) if film.streams.audio else None
    sound = np.zeros(0, np.float32) if heard is None else heard[: order["samples"]]
    return {"sound": len(sound)}, sound.tobytes()


def _beginning(film, samples: int) -> np.ndarray | None:
    recorder = Recorder(film.streams.audio[0], {"seconds": sys.float_info.max})
    try:
        for frame in film.decode(recorder.stream):
            recorder.take(frame)
            if recorder.length >= samples:
                break
    except av.FFmpegError:  # what comes before is enough
        pass
    return recorder.finish()
