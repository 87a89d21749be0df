"""litellm through its calls of videos: `drive.py CLIP FOLDER`, in an environment of its own.

BASE and KEY name the server. Films lie in FOLDER afterwards, named by the size
and the seconds that were asked.
"""

import os
import sys
import time
from pathlib import Path

import litellm

clip, folder = Path(sys.argv[1]), Path(sys.argv[2])
THERE = {
    "custom_llm_provider": "openai",
    "api_base": os.environ["BASE"],
    "api_key": os.environ["KEY"],
}


def finished(video):
    while video.status in ("queued", "in_progress"):
        time.sleep(0.3)
        video = litellm.video_status(video_id=video.id, **THERE)
    assert (video.status, video.error) == ("completed", None), video
    return video


def save(video):
    content = litellm.video_content(video_id=video.id, **THERE)
    (folder / f"{video.size}-{video.seconds}-{hash(video.id)}.mp4").write_bytes(content)


made = finished(
    litellm.video_generation(
        prompt="a red ball in a meadow", model="sora-2", seconds="4", size="1280x720", **THERE
    )
)
save(made)
still = litellm.video_content(video_id=made.id, variant="thumbnail", **THERE)
assert still[8:12] == b"WEBP"
begun = litellm.video_generation(
    prompt="waves", model="sora-2", input_reference=still, extra_body={"tier": "preview"}, **THERE
)
remix = litellm.video_remix(video_id=made.id, prompt="a blue ball in the snow", **THERE)
edit = litellm.video_edit(video_id=made.id, prompt="at night", **THERE)
longer = litellm.video_extension(video_id=made.id, prompt="it rolls away", seconds="4", **THERE)
for video in (remix, edit, longer):
    save(finished(video))
assert longer.seconds == "8", longer
assert len(litellm.video_list(limit=10, **THERE)) == 5
character = litellm.video_create_character(name="Momo", video=clip.open("rb"), **THERE)
assert litellm.video_get_character(character_id=character.id, **THERE).name == "Momo"
try:
    litellm.video_generation(prompt="a ball", model="sora-2", seconds="5", **THERE)
    raise SystemExit("5 seconds were taken")
except litellm.BadRequestError as no:
    if "seconds" not in str(no):
        raise
