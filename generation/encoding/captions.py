"""What is spoken, as WebVTT."""

from __future__ import annotations

import html
from collections.abc import Sequence

Caption = tuple[float, float, str]  # from, to (seconds), what is said


def web_vtt(captions: Sequence[Caption], seconds: float) -> str:
    """The captions in order, within the clip; a blank line in a text would end it."""
    cues = [
        f"{moment(start)} --> {moment(min(end, seconds))}\n{_one_block(text)}\n"
        for start, end, text in sorted(captions)
        if 0 <= start < min(end, seconds) and text.strip()
    ]
    return "\n".join(["WEBVTT\n", *cues])


def moment(seconds: float) -> str:
    """A time as WebVTT writes it."""
    thousandths = round(seconds * 1000)
    minutes, rest = divmod(thousandths, 60_000)
    return f"{minutes // 60:02}:{minutes % 60:02}:{rest // 1000:02}.{rest % 1000:03}"


def _one_block(text: str) -> str:
    lines = (" ".join(line.split()) for line in text.splitlines())
    return html.escape("\n".join(line for line in lines if line), quote=False)
