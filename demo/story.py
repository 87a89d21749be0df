"""The main job as a story of three people. Each step prints what came back and how long it took."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from demo import capture
from demo.phone import Phone, Refused
from demo.telling import Teller

BIRTHDATE = "1996-05-14"
TERMS = {  # on which @demo lends the cameo
    "audience": "approved",
    "remix": "approved",
    "surfaces": ["followers", "public"],
    "alteration": True,
}
PURPOSES = ["enrol", "safety_search", "use", "voice"]
DRAWS = 3000  # challenges asked for until one fits a clip filmed beforehand
FIRST = {"prompt": "@demo waves on a beach at sunset"}
REMIX = {"prompt": "@demo waves in the snow", "task": "restyle", "strength": 0.9}
LOOP = {"prompt": "a big yellow ball bounces in a meadow", "loop": True}
LONGER = {"prompt": "a big yellow ball bounces in a meadow", "task": "extend", "seconds": 1}
SCENES = ("a big blue car moves right in a city", "a big red boat at sea at sunset")


@dataclass
class Made:
    """A clip of the story: what was asked, and where its files lie now."""

    title: str
    prompt: str
    video: Path
    seconds: float  # from the request until the draft was there


@dataclass
class Story:
    """Three phones and what they have made so far."""

    base: str
    folder: Path
    invites: list[str]
    password: str
    teller: Teller
    clip: Path | None = None  # the person's own capture, else the astronaut's
    turns: tuple[str, ...] = ()  # how the head turns in it
    digits: str = ""  # what is said in it
    made: list[Made] = field(default_factory=list)
    phones: dict[str, Phone] = field(default_factory=dict)

    def tell(self) -> None:
        """The whole story, to the revocation that makes the video disappear."""
        cameo, post, remix = self.furnish()
        self.the_feed_orders_it()
        self.the_feed_nudges()
        self.leave_is_revoked(cameo, post, remix)

    def furnish(self) -> tuple[str, dict[str, Any], dict[str, Any]]:
        """People, a cameo, posts and a remix: what `make run` starts with."""
        self.three_people_join()
        cameo = self.a_face_becomes_a_cameo()
        self.leave_is_asked_and_granted(cameo, "demo2")
        video = self.a_friend_makes_a_video()
        post = self.the_friend_posts_it(video)
        self.others_post_too()
        return cameo, post, self.somebody_remixes_it(cameo, post)

    # --- the steps ---
    def three_people_join(self) -> None:
        with self.teller.step("three people sign up with invite codes") as say:
            for handle, invite in zip(("demo", "demo2", "demo3"), self.invites, strict=False):
                phone = self.phones[handle] = Phone(self.base, handle)
                phone.sign_up(self.password, invite, BIRTHDATE)
                phone.listen()
            for other in ("demo", "demo2"):
                self.phones["demo3"].put(f"people/{other}/follow/")
            self.phones["demo2"].put("people/demo/follow/")
            self.phones["demo"].put("people/demo2/follow/")
            say("@demo and @demo2 follow each other, @demo3 follows both; three sockets are open")

    def a_face_becomes_a_cameo(self) -> str:
        demo = self.phones["demo"]
        with self.teller.step("@demo enrols a cameo from a capture clip") as say:
            cameo = demo.post("cameos/", {"handle": "demo"})["id"]
            self.agree(cameo)
            say("read what is kept of the face, what for and how long, and agreed")
            challenge = self.challenge(cameo)
            say(f"asked to turn {', '.join(challenge['turns'])} and say {challenge['digits']}")
            clip = self.clip or capture.capture_clip(
                challenge["turns"], challenge["digits"], self.folder / "capture.mp4"
            )
            say(f"filmed {clip}")
            proof = {"nonce": challenge["nonce"], "mirrored": "false"}
            demo.upload(f"cameos/{cameo}/captures/", proof, clip)
            outcome = demo.wait("cameo_verified", "cameo_refused", "cameo_in_review")
            if outcome["kind"] != "cameo_verified":
                raise RuntimeError(f"{outcome['kind']}: {outcome['payload']}")
            demo.patch(f"cameos/{cameo}/", TERMS)
            say("one face, the turns in order, the same person throughout: @demo is a cameo")
            say("lent to people who are approved; what they make may be public and be remixed")
        return cameo

    def agree(self, cameo: str, who: str = "demo") -> None:
        """Read the text on one's likeness, and agree to all its purposes."""
        text = self.phones[who].get("cameos/release-text/", locale="en")
        agreed = {name: text[name] for name in ("version", "locale", "sha256")}
        self.phones[who].post(
            f"cameos/{cameo}/releases/", agreed | {"purposes": PURPOSES, "adult": True}
        )

    def challenge(self, cameo: str) -> dict[str, Any]:
        """A challenge; for a clip filmed beforehand, one that asks for what it shows."""
        for _ in range(DRAWS):
            drawn = self.phones["demo"].post(f"cameos/{cameo}/challenges/")
            if self.clip is None or self.fits(drawn):
                return drawn
        raise RuntimeError(f"no challenge asked for {', '.join(self.turns)} and {self.digits}")

    def fits(self, drawn: dict[str, Any]) -> bool:
        """The turns of the person's own clip, and two of its three digits, which are enough."""
        same = sum(a == b for a, b in zip(drawn["digits"], self.digits, strict=False))
        return tuple(drawn["turns"]) == self.turns and same >= 2

    def leave_is_asked_and_granted(self, cameo: str, who: str) -> None:
        with self.teller.step(f"@{who} asks for leave, @demo grants it") as say:
            self.refusal(who, "@demo waves in a meadow", say)
            leave = self.phones[who].post(f"cameos/{cameo}/requests/", {"message": "Please?"})
            asked = self.phones["demo"].wait("consent_requested")
            self.phones["demo"].post(f"consents/{leave['id']}/grant/", {})
            self.phones[who].wait("consent_granted")
            say(f"@demo heard {asked['kind']} on the socket and granted it")

    def refusal(self, who: str, prompt: str, say: Callable[[str], None]) -> None:
        """Show that without leave nothing is made."""
        try:
            self.phones[who].submit("jobs/", {"prompt": prompt})
        except Refused as refused:
            if refused.body["code"] != "consent_required":
                raise
            say(f"before: {refused.status} {refused.body['code']}")
        else:
            raise RuntimeError("a cameo was usable without leave")

    def a_friend_makes_a_video(self) -> dict[str, Any]:
        with self.teller.step(f"@demo2 generates: {FIRST['prompt']}") as say:
            draft = self.generate("demo2", "jobs/", FIRST)
            self.phones["demo"].wait("cameo_used")
            say("@demo was told that the cameo was used")
        return draft

    def the_friend_posts_it(self, draft: dict[str, Any]) -> dict[str, Any]:
        with self.teller.step("@demo2 posts it") as say:
            post = self.publish("demo2", draft, "Look who waves!")
            say(f"post {post['id']} is public")
        return post

    def others_post_too(self) -> None:
        for handle, prompt in zip(("demo", "demo2"), SCENES, strict=True):
            with self.teller.step(f"@{handle} makes and posts: {prompt}"):
                draft = self.generate(handle, "jobs/", {"prompt": prompt})
                self.publish(handle, draft, prompt.capitalize())
        self.a_loop_is_made_and_made_longer()

    def a_loop_is_made_and_made_longer(self) -> None:
        with self.teller.step(f"@demo loops: {LOOP['prompt']}"):
            loop = self.generate("demo", "jobs/", LOOP)
            self.publish("demo", loop, "On and on")
        with self.teller.step("@demo makes the loop a second longer") as say:
            longer = self.generate("demo", "jobs/", LONGER | {"source": loop["id"]})
            say(f"{loop['seconds']:.1f} s have become {longer['seconds']:.1f} s")

    def somebody_remixes_it(self, cameo: str, post: dict[str, Any]) -> dict[str, Any]:
        self.leave_is_asked_and_granted(cameo, "demo3")
        with self.teller.step(f"@demo3 restyles @demo2's post: {REMIX['prompt']}") as say:
            draft = self.generate("demo3", f"posts/{post['id']}/remixes/", REMIX)
            remix = self.publish("demo3", draft, "Brr")
            self.phones["demo3"].put(f"posts/{post['id']}/like/")
            self.phones["demo3"].post(f"posts/{post['id']}/comments/", {"text": "What a wave!"})
            say(f"post {remix['id']}: parent {remix['parent']}, depth {remix['depth']}")
        return remix

    def the_feed_orders_it(self) -> None:
        with self.teller.step("@demo opens the feed") as say:
            page = self.phones["demo"].get("feed/home/")
            posts = [item for item in page["items"] if item["kind"] == "post"]
            for place, item in enumerate(posts, start=1):
                say(f"{place}. @{item['author']['handle']}: {item['caption']} — {item['why']}")

    def the_feed_nudges(self) -> None:
        """Scroll without making anything, in new sessions, until the unit comes."""
        with self.teller.step("@demo only watches; the feed nudges to create") as say:
            for session in range(1, 60):
                page = self.watch("demo", f"demo-{session}")
                nudge = next((item for item in page["items"] if item["kind"] == "nudge"), None)
                if nudge:
                    say(f"in session {session}: “{nudge['text']}” → {nudge['prompt']}")
                    return
            raise RuntimeError("no nudge came in 60 sessions")

    def watch(self, handle: str, session: str) -> dict[str, Any]:
        """Look at the latest clips again and again, as a passive viewer, then open home."""
        phone = self.phones[handle]
        for _ in range(3):
            page = phone.get("feed/latest/", session=session)
            seen = [item for item in page["items"] if item["kind"] == "post"]
            events = [
                {"id": str(uuid.uuid4()), "kind": "view", "post": item["id"], "value": 2.0}
                for item in seen
            ]
            phone.post("feed/events/", {"page": page["page"], "events": events})
        return phone.get("feed/home/", session=session)

    def leave_is_revoked(self, cameo: str, post: dict[str, Any], remix: dict[str, Any]) -> None:
        with self.teller.step("@demo revokes @demo2's leave: the video goes dark") as say:
            demo, friend = self.phones["demo"], self.phones["demo2"]
            link = friend.get(f"posts/{post['id']}/")["media"]["video"]
            assert friend.status_of(link) == 200
            given = demo.get("consents/", side="given")["items"]
            leave = next(c for c in given if c["requester"]["handle"] == "demo2")
            began = time.perf_counter()
            demo.post(f"consents/{leave['id']}/revocation/")
            dark = {
                "post": friend.status_of(f"/api/v1/posts/{post['id']}/"),
                "video": friend.status_of(link),
            }
            took = (time.perf_counter() - began) * 1000
            listed = {item.get("id") for item in demo.get("feed/latest/")["items"]}
            assert dark == {"post": 404, "video": 404}, dark
            assert post["id"] not in listed
            say(f"{took:.0f} ms after the tap: post 404, video 404, gone from every feed")
            say(f"@demo3's remix stands on @demo3's own leave: {self.state_of(remix)}")

    def state_of(self, post: dict[str, Any]) -> str:
        status = self.phones["demo3"].status_of(f"/api/v1/posts/{post['id']}/")
        return "still visible" if status == 200 else f"{status}"

    # --- what the steps share ---
    def generate(self, handle: str, path: str, wish: dict[str, Any]) -> dict[str, Any]:
        """Submit, follow the progress on the socket, fetch the draft's video."""
        phone = self.phones[handle]
        began = time.perf_counter()
        job = phone.submit(path, wish)
        with self.teller.progress(wish["prompt"]) as advance:
            for event in phone.events(120):
                if event["kind"] == "job" and event["payload"]["id"] == job["id"]:
                    advance(event["payload"])
                    if event["payload"]["state"] in {"done", "failed", "blocked", "cancelled"}:
                        break
        job = phone.get(f"jobs/{job['id']}/")
        if job["state"] != "done":
            raise RuntimeError(f"the job ended {job['state']}: {job['reason']}")
        draft = phone.get(f"drafts/{job['draft']}/")
        self.keep(handle, told(wish), draft, time.perf_counter() - began)
        return draft

    def keep(self, handle: str, prompt: str, draft: dict[str, Any], took: float) -> None:
        name = f"{len(self.made) + 1:02d}-{handle}.mp4"
        video = self.phones[handle].download(draft["media"]["video"], self.folder / name)
        self.made.append(Made(f"@{handle}", prompt, video, took))

    def publish(self, handle: str, draft: dict[str, Any], caption: str) -> dict[str, Any]:
        wish = {"draft": draft["id"], "caption": caption, "audience": "public"}
        return self.phones[handle].post("posts/", wish)


def told(wish: dict[str, Any]) -> str:
    """A wish in a line: its prompt, and what else was asked."""
    more = [f"{name} {value}" for name, value in wish.items() if name not in ("prompt", "source")]
    return ", ".join([wish["prompt"], *more])
