"""What a likeness goes through, as a story: proven, lent, narrowed, taken back, all of it checked.

python -m demo.likeness
"""

from __future__ import annotations

import json
import secrets
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from demo import capture, server
from demo.phone import Refused
from demo.story import REMIX, Story
from demo.telling import Teller

NARROW = {"surfaces": ["followers"]}  # of a leave: not for everybody's eyes
OFFLINE = "cameos/receipts.py"  # needs nothing else of ours
QUEUE = """
from sora_social.moderation.models import Case
print(*Case.objects.undecided().values_list("kind", flat=True))
"""


class LikenessStory(Story):
    """@demo lends a face to @demo2, and to @demo3 for less; then takes it back for good."""

    def tell(self) -> None:
        self.three_people_join()
        cameo = self.a_face_becomes_a_cameo()
        self.the_same_face_is_shown_by_somebody_else()
        self.leave_is_asked_and_granted(cameo, "demo2")
        post = self.the_friend_posts_it(self.a_friend_makes_a_video())
        remix = self.a_remix_goes_no_further_than_its_leave(cameo, post)
        receipt = self.both_sides_hold_a_receipt()
        self.it_is_taken_back(cameo, (post, remix))
        self.the_receipt_is_checked(receipt)

    def challenge(self, cameo: str) -> dict[str, Any]:
        drawn = super().challenge(cameo)
        self.turned = drawn["turns"]
        return drawn

    def the_same_face_is_shown_by_somebody_else(self) -> None:
        """Who shows it learns no more than that a moderator will look."""
        phone = self.phones["demo3"]
        with self.teller.step("@demo3 shows the same face as one's own") as say:
            mine = phone.post("cameos/", {"handle": "demo3"})["id"]
            self.agree(mine, "demo3")
            draws = iter(lambda: phone.post(f"cameos/{mine}/challenges/"), None)
            asked = next(one for one in draws if one["turns"] != self.turned)  # else a copy
            clip = capture.capture_clip(asked["turns"], asked["digits"], self.folder / "again.mp4")
            phone.upload(f"cameos/{mine}/captures/", {"nonce": asked["nonce"]}, clip)
            outcome = phone.wait("cameo_verified", "cameo_refused", "cameo_in_review")
            told = (outcome["kind"], outcome["payload"]["reasons"])
            assert told == ("cameo_in_review", []), outcome
            say(f"{told[0]}: nothing of whose face it is")

    def a_remix_goes_no_further_than_its_leave(
        self, cameo: str, post: dict[str, Any]
    ) -> dict[str, Any]:
        with self.teller.step("@demo lends to @demo3 for followers alone; @demo3 remixes") as say:
            phone = self.phones["demo3"]
            leave = phone.post(f"cameos/{cameo}/requests/", {"message": "May I?"})
            self.phones["demo"].post(f"consents/{leave['id']}/grant/", NARROW)
            draft = self.generate("demo3", f"posts/{post['id']}/remixes/", REMIX)
            try:
                self.publish("demo3", draft, "Brr")
            except Refused as refused:
                say(f"for everybody: {refused.status} {refused.body['code']}")
            else:
                raise RuntimeError("a remix went further than the leave it stands on")
            wish = {"draft": draft["id"], "caption": "Brr", "audience": "followers"}
            remix: dict[str, Any] = phone.post("posts/", wish)
            say(f"for followers: post {remix['id']}")
        return remix

    def both_sides_hold_a_receipt(self) -> dict[str, Any]:
        with self.teller.step("@demo2 keeps the receipt of the leave") as say:
            taken = self.phones["demo2"].get("consents/", side="received")["items"]
            receipt: dict[str, Any] = self.phones["demo2"].get(
                f"consents/{taken[0]['id']}/receipt/"
            )
            say(f"signed {receipt['signature'][:24]}…")
        return receipt

    def it_is_taken_back(self, cameo: str, posts: tuple[dict[str, Any], ...]) -> None:
        with self.teller.step("@demo sees what taking it back would reach, and does it") as say:
            demo = self.phones["demo"]
            links = [self.phones["demo3"].get(f"posts/{p['id']}/")["media"]["video"] for p in posts]
            for choice in demo.get(f"cameos/{cameo}/taking-back/"):
                say(f"{choice['choice']}: {choice['does']} darkens {choice['darkens']}")
            demo.post(f"cameos/{cameo}/taking-back/", {"choice": "purge", "confirm": "demo"})
            pages = [f"/api/v1/posts/{post['id']}/" for post in posts]
            dark = [self.phones["demo3"].status_of(url) for url in (*pages, *links)]
            assert dark == [404] * 4, dark
            drafts = self.phones["demo2"].get("drafts/")["items"]
            assert all(draft["media"] is None for draft in drafts)
            say("both posts and both videos: 404; no draft has a file")

    def the_receipt_is_checked(self, receipt: dict[str, Any]) -> None:
        with self.teller.step("the receipt is checked offline, and asked after") as say:
            path = self.folder / "receipt.json"
            path.write_text(json.dumps(receipt))
            script = shutil.copy(server.ROOT / OFFLINE, self.folder)
            key = self.phones["demo2"].get("consents/key/")["public_key"]
            for name, word in ((path, "genuine"), (self._forged(receipt), "NOT genuine")):
                found = subprocess.run(
                    [sys.executable, script, str(name), key],
                    capture_output=True, text=True, check=False,
                )  # fmt: skip
                assert found.stdout.startswith(word), found
                say(f"{name.name}: {found.stdout.strip()}")
            answer = self.phones["demo2"].post("consents/check/", {"receipt": receipt})
            say(f"whether its leave still stands: {answer}")

    def _forged(self, receipt: dict[str, Any]) -> Path:
        path = self.folder / "forged.json"
        path.write_text(json.dumps(receipt | {"requester": "demo3"}))
        return path


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        walk(Path(folder), Teller())


def walk(folder: Path, teller: Teller) -> LikenessStory:
    """The story on a server of its own, and its audit chain verified in the end."""
    data, port = folder / "data", server.free_port()
    with server.running(data, port):
        invites = server.manage(data, "invite", "--count", "3").split()
        base, password = f"http://127.0.0.1:{port}", secrets.token_urlsafe(12)
        story = LikenessStory(base, folder, invites, password, teller)
        story.tell()
    with teller.step("a moderator finds the second face in the queue") as say:
        kinds = server.manage(data, "shell", "--verbosity", "0", "--command", QUEUE).split()
        assert kinds == ["duplicate"], kinds
        say(f"a case of kind {kinds[0]}")
    with teller.step("the audit chain is verified") as say:
        say(server.manage(data, "audit", "verify").strip())
    return story


if __name__ == "__main__":
    main()
