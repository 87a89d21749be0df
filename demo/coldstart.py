"""`make coldstart`: an empty database, ten people, a hundred posts; what each sees, and why.

Everything goes through the API but the rendering: videos are rows without files here. Feeds and
explanations are what `feed/home/` and `posts/…/why/` answer.
"""

from __future__ import annotations

import os
import random
import sys
import tempfile
import time
import uuid
from pathlib import Path
from typing import Any

from demo import server

NAMES = ("ada", "ben", "cleo", "dan", "eve", "finn", "gus", "hana", "ivan", "june")
FRIENDS = (("ada", "ben"), ("ada", "cleo"), ("ben", "cleo"), ("dan", "eve"), ("finn", "hana"))
FOLLOWS = (("ada", "gus"), ("dan", "gus"), ("eve", "gus"), ("hana", "gus"), ("june", "ada"))
LOUD, LONER = "gus", "ivan"  # posts four times as often as anybody; follows nobody
WISHES = {"eve": "more dance, no politics", "finn": "only animals this week"}
PICKS = {"ivan": ["space", "food"]}
PROMPTS = (
    "a cat dances ballet", "a red car in the snow", "an astronaut cooks pizza on the moon",
    "a dog surfs on a big wave", "claymation robots play chess", "a president dances in parliament",
    "rain over a neon city at night", "a dragon bakes bread", "two penguins get married",
    "a horse in a business meeting",
)  # fmt: skip
ROUNDS, POSTS, SHOWN = 5, 100, 9
TAIL_S = 1.1  # after which a new post is in the item store


def main() -> int:
    seed = int(sys.argv[1]) if len(sys.argv) > 1 else 1
    with tempfile.TemporaryDirectory() as folder:
        os.environ.clear()
        os.environ.update(server.environment(Path(folder)) | {"LOG_LEVEL": "CRITICAL"})
        server.manage(Path(folder), "migrate", "--verbosity", "0")
        import django  # noqa: PLC0415 -- the folder is known first

        django.setup()
        _Story(random.Random(seed)).tell()
    return 0


class _Story:
    """Ten phones on one empty server."""

    def __init__(self, chance: random.Random) -> None:
        from rest_framework.test import APIClient  # noqa: PLC0415

        from sora_social.users.models import User  # noqa: PLC0415
        from sora_social.users.tokens import issue  # noqa: PLC0415

        self.chance = chance
        self.people = {name: User.objects.create_user(name) for name in NAMES}
        self.phones = {name: APIClient() for name in NAMES}
        for name, phone in self.phones.items():
            token = issue(self.people[name], "phone")[1]
            phone.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
        self.posts = 0

    def tell(self) -> None:
        print("Nobody has posted yet.")
        self._look("ada")
        self._meet()
        for number in range(1, ROUNDS + 1):
            while self.posts < number * POSTS // ROUNDS:
                self._post(self.chance.choice([*NAMES, *[LOUD] * 4]))
            if number < ROUNDS:
                self._scroll()
        time.sleep(TAIL_S)
        print(f"\n{self.posts} posts later; what everybody sees next, and why:")
        for name in NAMES:
            self._look(name)

    def _meet(self) -> None:
        pairs = [*FRIENDS, *((two, one) for one, two in FRIENDS), *FOLLOWS]
        for one, other in pairs:
            self._ask(one, "put", f"people/{other}/follow/")
        for name, text in WISHES.items():
            self._ask(name, "post", "me/feed/steering/", {"text": text})
        for name, topics in PICKS.items():
            self._ask(name, "post", "me/feed/picks/", {"topics": topics})
        self._ask("june", "patch", "me/feed/", {"plain": True})

    def _post(self, name: str, of: dict[str, Any] | None = None) -> None:
        prompt = of["prompt"] if of else self.chance.choice(PROMPTS)
        draft = _video(self.people[name], prompt, of and int(of["id"]))
        self._ask(name, "post", "posts/", {"draft": str(draft)})
        self.posts += 1

    def _scroll(self) -> None:
        """Everybody looks; some like what they see, and one in three remixes of it."""
        from feed.services import count_impressions  # noqa: PLC0415

        for name in NAMES:
            seen = [item for item in self._home(name)["items"] if item["kind"] == "post"]
            for item in seen[:3]:
                if self.chance.random() < 0.3:
                    self._ask(name, "put", f"posts/{item['id']}/like/")
            if seen and self.posts < POSTS and self.chance.random() < 0.33:
                self._post(name, self.chance.choice(seen[:5]))
        count_impressions()

    def _home(self, name: str) -> dict[str, Any]:
        found: dict[str, Any] = self._ask(name, "get", "feed/home/")
        return found

    def _look(self, name: str) -> None:
        page = self._home(name)
        print(f"\n@{name}{_about(name)}")
        if not page["items"]:
            print("    nothing yet")
        posts = [item for item in page["items"] if item["kind"] == "post"]
        for place, item in enumerate(posts[:SHOWN], start=1):
            query = {"page": page["page"]}
            why = self._ask(name, "get", f"posts/{item['id']}/why/", query)
            print(f"  {place:2} @{item['author']['handle']:5} “{item['prompt']}”")
            print(f"       {_told(why)}")

    def _ask(self, name: str, method: str, path: str, body: Any = None) -> Any:
        form = {} if method == "get" else {"format": "json"}
        answer = getattr(self.phones[name], method)(f"/api/v1/{path}", body, **form)
        if answer.status_code >= 400:
            raise RuntimeError(f"{method} {path}: {answer.content.decode()}")
        return answer.json() if answer.content else None


def _about(name: str) -> str:
    friends = [f"@{b if a == name else a}" for a, b in FRIENDS if name in (a, b)]
    said = [f"friends with {', '.join(friends)}"] if friends else []
    said += [f"follows @{b}" for a, b in FOLLOWS if a == name]
    said += [f"said “{WISHES[name]}”"] if name in WISHES else []
    said += [f"picked {' and '.join(PICKS[name])}"] if name in PICKS else []
    said += ["wants it plain"] if name == "june" else []
    return f", {'; '.join(said)}" if said else ", follows nobody"


def _told(why: dict[str, Any]) -> str:
    """The answer of the explain endpoint on a line."""
    parts = [f"{why['text']} [{why['slot']}, {why['score']:.2f}]"]
    if why["propensity"] < 1:
        parts.append(f"chance {why['propensity']:.3f}.")
    if why["counterfactual"]:
        parts.append(why["counterfactual"]["text"])
    return " ".join(parts)


def _video(author: Any, prompt: str, parent: int | None = None) -> uuid.UUID:
    """A finished job's output, without files."""
    from django.utils.timezone import now  # noqa: PLC0415

    from feed.models import Post  # noqa: PLC0415
    from generation.models import Job, Output  # noqa: PLC0415
    from generation.renditions import SHOWN as SHOWN_FILES  # noqa: PLC0415
    from generation.states import JobState, Role  # noqa: PLC0415

    job = Job.objects.create(
        author=author, state=JobState.DONE, prompt=prompt, seed=1, width=96, height=96, seconds=2,
        deadline_at=now(), idempotency_key=uuid.uuid4().hex, fingerprint="",
    )  # fmt: skip
    made = Output.objects.create(
        job=job, down_id=uuid.uuid4().hex, folder="none", sha256="0" * 64, size=1,
        width=96, height=96, seconds=2, renditions=[*SHOWN_FILES],
    )  # fmt: skip
    if parent:
        made.lineage.create(parent=Post.objects.get(pk=parent).output, role=Role.REMIX)
    return made.pk


if __name__ == "__main__":
    sys.exit(main())
