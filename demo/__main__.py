"""`make demo`: the main job, end to end, on a server of its own and a throw-away data folder."""

from __future__ import annotations

import argparse
import json
import secrets
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from demo import server
from demo.sheet import contact_sheet
from demo.story import Story
from demo.telling import Teller


def main() -> int:
    options = _options()
    folder = Path(options.out or tempfile.mkdtemp(prefix="sora-social-demo-"))
    folder.mkdir(parents=True, exist_ok=True)
    teller, began = Teller(), time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="sora-social-data-") as data:
        turns = tuple(options.turns.split(","))
        story = _tell(Path(data), folder, (options.clip, turns, options.digits), teller)
    rows = [("the capture clip", options.clip or folder / "capture.mp4")]
    rows += [(f"{made.title}: {made.prompt}", made.video) for made in story.made]
    sheet = contact_sheet(rows, folder / "contact-sheet.png")
    _write_figures(folder / "demo.json", teller, story)
    teller.table()
    print(f"\nTotal {time.perf_counter() - began:.1f} s, the server's start included. Made:")
    for made in story.made:
        print(f"  {made.video}")
    print(f"Contact sheet:\n  {sheet}")
    return 0


def _write_figures(path: Path, teller: Teller, story: Story) -> None:
    clips = [{"prompt": made.prompt, "seconds": made.seconds} for made in story.made]
    path.write_text(json.dumps({"steps": dict(teller.steps), "clips": clips}, indent=2))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make demo", description=__doc__)
    parser.add_argument("--clip", type=Path, help="a capture clip of your own face, mp4")
    parser.add_argument("--turns", default="left,right,up", help="how the head turns in it")
    parser.add_argument("--digits", default="", help="three digits that are said in it")
    parser.add_argument("--out", type=Path, help="folder for the videos")
    return parser.parse_args()


def _tell(
    data: Path, folder: Path, own: tuple[Path | None, tuple[str, ...], str], teller: Teller
) -> Story:
    port = server.free_port()
    with ExitStack() as stack:
        with teller.step(f"a server of its own starts on port {port}"):
            stack.enter_context(server.running(data, port))
            invites = server.manage(data, "invite", "--count", "3").split()
        password = secrets.token_urlsafe(12)
        base = f"http://127.0.0.1:{port}"
        story = Story(base, folder, invites, password, teller, *own)
        story.tell()
    return story


if __name__ == "__main__":
    sys.exit(main())
