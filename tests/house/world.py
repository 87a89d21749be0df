"""One of everything, in every state that matters, and people who stand in every relation to it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID, uuid4

from django.utils.timezone import now
from rest_framework.test import APIClient

from cameos import services as cameos
from cameos.models import Audience
from cameos.states import CameoState, CharacterAudience
from feed import services as feed
from generation import media, services
from generation.models import Output, WireBatch, WireFile, WireVideo
from ranking import services as ranking
from sora_social.moderation import services as moderation
from sora_social.moderation import transparency
from sora_social.moderation.filing import Said
from sora_social.moderation.models import Subject
from sora_social.moderation.services import take_down
from sora_social.notifications.models import Notice
from sora_social.oauth import services as oauth
from sora_social.users import keys
from sora_social.users import services as users
from sora_social.users.models import User
from sora_social.users.tokens import issue
from sora_social.webhooks.models import Delivery, Endpoint, Event
from sora_social.webhooks.signing import new_secret, seal
from tests.cameos.characters import making, ready
from tests.cameos.making import active_cameo, agreement, draft_cameo, protecting_cameo
from tests.generation.making import done_output, queued_job
from tests.house.routes import Route
from tests.people import PASSWORD, follow, make_mutual, moderator, person, signed_in, with_key

ROLES = (
    "anonymous", "stranger", "blocked", "follower", "mutual",
    "subject", "owner", "teen", "suspended", "moderator",
)  # fmt: skip
Case = tuple[str, dict[str, Any]]


class People:
    """Somebody in every relation to `owner`, who made everything, and `subject`, who is in it."""

    def __init__(self) -> None:
        self.people = self._people()
        self.clients = {name: signed_in(user) for name, user in self.people.items()}
        self.programs = {name: with_key(user) for name, user in self.people.items()}
        self.clients["anonymous"] = self.programs["anonymous"] = APIClient()
        self._relate()

    def _people(self) -> dict[str, User]:
        names = [name for name in ROLES if name not in {"anonymous", "moderator", "teen"}]
        made = {name: person(name) for name in names}
        teen = person("teen", birthdate=now().date().replace(year=now().year - 15, day=1))
        return made | {"teen": teen, "moderator": moderator("moderator")}

    def _relate(self) -> None:
        for other in (self.people["owner"], self.people["subject"]):
            users.block(other, self.people["blocked"])
            make_mutual(other, self.people["mutual"])
            follow(self.people["follower"], other)

    def suspend(self) -> None:
        User.objects.filter(handle="suspended").update(is_active=False)


class World(People):
    """One of everything: `owner` made it, and `subject` lends the cameo that is in it."""

    def __init__(self) -> None:
        super().__init__()
        self.cameo = active_cameo(self.people["subject"], Audience.EVERYONE, handle="subject")
        self.things = {
            "post": self._posts(),
            "draft": self._drafts(),
            "job": self._jobs(),
            "cameo": self._cameos(),
            "character": self._characters(),
            "consent": self._consents(),
        }
        self.comment = feed.comment(self.people["mutual"], self.public, "Hello")
        self.device = issue(self.people["owner"], "phone")[0]
        self.key = keys.make(self.people["owner"], "studio")[0]
        self.app, self.authorization = self._apps()
        self.decided = self._decided()
        self.receipt = self._reported_by_a_stranger()
        transparency.publish("2026-02")
        self.chip = ranking.say(self.people["owner"], "more dance")[0]
        self.recipes = self._recipes()
        self.delivery = self._delivery()
        self.page = self.clients["owner"].get("/api/v1/feed/latest/").data["page"]
        Notice.objects.create(user=self.people["owner"], event_key="x", kind="follow")
        self.suspend()

    # --- things ---
    def _posts(self) -> dict[str, Any]:
        owner = self.people["owner"]
        made = {
            state: feed.publish(owner, done_output(owner, [self.cameo]).pk, state, audience)
            for state, audience in {
                "public": "public",
                "followers": "followers",
                "unlisted": "unlisted",
                "hidden": "public",
                "removed": "public",
                "down": "public",
            }.items()
        }
        feed.hide(made["hidden"])
        feed.remove(made["removed"])
        take_down(Subject.POST, str(made["down"].pk), self.people["moderator"], "test")
        self.public = made["public"]
        return made | {"dark": self._dark_post(), "none": None}

    def _dark_post(self) -> Any:
        """A public post that stands on a leave which was revoked since."""
        owner, lender = self.people["owner"], person("lender")
        cameo = active_cameo(lender, Audience.APPROVED)
        leave = cameos.grant(cameos.request_leave(owner, cameo), lender)
        post = feed.publish(owner, done_output(owner, [cameo]).pk, "dark", "public")
        cameos.revoke_leave(leave, lender)
        return post

    def _drafts(self) -> dict[str, Any]:
        owner = self.people["owner"]
        width, height = services.capabilities().sizes[0]
        preview = done_output(owner, tier="preview", width=width, height=height)
        own = done_output(owner)
        Output.objects.filter(pk=own.pk).update(seconds=4)  # long enough for a character
        return {
            "own": own,
            "with-subject": done_output(owner, [self.cameo]),
            "preview": preview,
        }

    def _jobs(self) -> dict[str, Any]:
        owner = self.people["owner"]
        return {"queued": queued_job(owner, [self.cameo]), "done": done_output(owner).job}

    def _cameos(self) -> dict[str, Any]:
        draft = draft_cameo(self.people["owner"], "owner")
        gone = active_cameo(person("gone"))
        cameos.revoke(gone)
        assert (draft.state, gone.state) == (CameoState.DRAFT, CameoState.REVOKED)
        protecting = protecting_cameo(person("protected"))
        return {
            "active": self.cameo,
            "draft": draft,
            "revoked": gone,
            "protecting": protecting,
        }

    def _characters(self) -> dict[str, Any]:
        owner = self.people["owner"]
        removed, down = ready(owner, "gone_pet"), ready(owner, "bad_pet")
        cameos.remove_character(removed)
        take_down(Subject.CHARACTER, str(down.pk), self.people["moderator"], "test")
        return {
            "everyone": ready(owner, "rex"),
            "mutuals": ready(owner, "tom", CharacterAudience.MUTUALS),
            "private": ready(owner, "cup", CharacterAudience.PRIVATE),
            "making": making(owner, "new_pet"),
            "down": down,
            "removed": removed,
        }

    def _consents(self) -> dict[str, Any]:
        stranger, owner = self.people["stranger"], self.people["owner"]
        granted = cameos.request_leave(owner, self.cameo)
        cameos.grant(granted, self.people["subject"])
        return {"requested": cameos.request_leave(stranger, self.cameo), "granted": granted}

    def _decided(self) -> Any:
        """Something of the owner's was taken down, on a report of the stranger's."""
        judge, down = person("judge", is_staff=True), self.things["post"]["down"]
        case = moderation.report(self.people["stranger"], Subject.POST, str(down.pk), "spam")
        moderation.claim(case, judge)
        moderation.decide(case, judge, "take_down", "spam")
        return case

    def _reported_by_a_stranger(self) -> str:
        """What somebody without an account reported, and a moderator kept."""
        post, judge = str(self.things["post"]["unlisted"].pk), person("arbiter", is_staff=True)
        filed = moderation.report_as_stranger(Subject.POST, post, Said("spam"))
        moderation.claim(filed.case, judge)
        moderation.decide(filed.case, judge, "keep", "within_rules")
        return filed.receipt

    def _recipes(self) -> dict[str, Any]:
        owner = self.people["owner"].pk
        return {
            "private": ranking.recipes.write(owner, "Mine", {}),
            "shared": ranking.recipes.write(owner, "Ours", {}, shared=True),
        }

    def _delivery(self) -> Delivery:
        """The owner's endpoint lies where nothing is sent, and a fact is due there."""
        owner = self.people["owner"]
        endpoint = Endpoint.objects.create(
            owner=owner, name="Mine", url="https://10.0.0.1/", secret=seal(new_secret())
        )
        event = Event.objects.create(
            pk="evt_1", owner=owner, type="video.failed", data={}, made_at=now()
        )
        return Delivery.objects.create(endpoint=endpoint, event=event)

    # --- asking ---
    def cases(self, route: Route, method: str) -> Iterator[tuple[str, str, Any]]:
        """(what is asked for, its path, the body) for one method of a route."""
        for case, places in self._places(route):
            path = "/" + route.pattern
            for place, value in places.items():
                path = path.replace(f"<{place}>", str(value))
            if "<" in path:
                raise LookupError(f"the matrix has no object for {route.pattern}")
            yield case, path + self._query(route.name, method), self._body(route.name, method)

    def _places(self, route: Route) -> list[Case]:
        """For every object a route may name: its label, and what fills the route's places."""
        kind = next((kind for kind in PLACES if kind in route.pattern), None)
        if kind is None:
            return [("", {})]
        return getattr(self, f"_places_of_{PLACES[kind]}")(kind.split("<")[-1].strip(">"))

    def _places_of_post(self, place: str) -> list[Case]:
        posts = self.things["post"].items()
        return [(name, {place: post.pk if post else 7}) for name, post in posts]

    def _places_of_draft(self, place: str) -> list[Case]:
        drafts = {name: output.pk for name, output in self.things["draft"].items()}
        drafts["posted"] = self.public.output_id
        return [(name, {place: pk}) for name, pk in drafts.items()]

    def _places_of_job(self, place: str) -> list[Case]:
        return [(name, {place: job.pk}) for name, job in self.things["job"].items()]

    def _places_of_cameo(self, place: str) -> list[Case]:
        more = {"int:position": 0, "str:handle": "follower"}
        return [(name, {place: c.pk} | more) for name, c in self.things["cameo"].items()]

    def _places_of_character(self, place: str) -> list[Case]:
        more = {"int:position": 0}
        return [(name, {place: c.pk} | more) for name, c in self.things["character"].items()]

    def _places_of_consent(self, place: str) -> list[Case]:
        return [(name, {place: c.pk}) for name, c in self.things["consent"].items()]

    def _places_of_chip(self, place: str) -> list[Case]:
        return [("owners", {place: self.chip.id})]

    def _places_of_recipe(self, place: str) -> list[Case]:
        return [(name, {place: recipe.pk}) for name, recipe in self.recipes.items()]

    def _places_of_comment(self, place: str) -> list[Case]:
        return [("by-mutual", {place: self.comment.pk})]

    def _places_of_person(self, place: str) -> list[Case]:
        return [(name, {place: name}) for name in ("owner", "suspended", "nobody")]

    def _places_of_endpoint(self, place: str) -> list[Case]:
        sent = self.delivery
        return [("owners", {place: sent.endpoint.wire_id, "str:delivery": sent.wire_id})]

    def _places_of_key(self, place: str) -> list[Case]:
        return [("owners", {place: self.key.pk})]

    def _places_of_app(self, place: str) -> list[Case]:
        return [("owners", {place: self.app.pk})]

    def _places_of_authorization(self, place: str) -> list[Case]:
        return [("owners", {place: self.authorization.pk})]

    def _apps(self) -> tuple[Any, Any]:
        """An app of the owner's, that acts for the owner."""
        owner = self.people["owner"]
        app = oauth.register(owner, "Studio", ["https://studio.example/back"])
        oauth.allow(owner, oauth.understand(self._app_asks(app), "https://testserver"))
        return app, owner.authorizations.get()

    def _app_asks(self, app: Any) -> dict[str, str]:
        return {
            "client_id": str(app.pk), "redirect_uri": app.redirect_uris[0],
            "response_type": "code", "scope": "videos:read",
            "code_challenge": "a" * 43, "code_challenge_method": "S256",
        }  # fmt: skip

    def _places_of_device(self, place: str) -> list[Case]:
        return [("owners", {place: self.device.pk})]

    def _places_of_case(self, place: str) -> list[Case]:
        return [("against-owner", {place: self.decided.pk})]

    def _places_of_receipt(self, place: str) -> list[Case]:
        return [("strangers", {place: self.receipt}), ("unknown", {place: "anything"})]

    def _places_of_month(self, place: str) -> list[Case]:
        return [("published", {place: "2026-02"}), ("unpublished", {place: "2026-01"})]

    def _places_of_wire_video(self, place: str) -> list[Case]:
        job = self.things["draft"]["own"].job
        WireVideo.objects.get_or_create(
            job=job, defaults={"model": "sora-2", "prompt": "a", "size": "720x1280", "seconds": "4"}
        )
        return [("owners", {place: f"video_{job.pk.hex}"})]

    def _places_of_wire_character(self, place: str) -> list[Case]:
        characters = self.things["character"].items()
        return [(name, {place: f"char_{c.pk.hex}"}) for name, c in characters]

    def _places_of_wire_file(self, place: str) -> list[Case]:
        key = self.things["draft"]["own"].key("poster")
        named = {"owner": self.people["owner"], "filename": "a", "purpose": "vision", "size": 1}
        file, _ = WireFile.objects.get_or_create(key=key, defaults=named)
        return [("owners", {place: f"file-{file.pk.hex}"})]

    def _places_of_wire_batch(self, place: str) -> list[Case]:
        told = {"via": "a key", "expires_at": now() + timedelta(days=1)}
        batch, _ = WireBatch.objects.get_or_create(
            owner=self.people["owner"], input_file=UUID(int=0), defaults=told
        )
        return [("owners", {place: f"batch_{batch.pk.hex}"})]

    def _places_of_wire_model(self, place: str) -> list[Case]:
        return [("sora-2", {place: "sora-2"}), ("unknown", {place: "gpt"})]

    def _places_of_token(self, place: str) -> list[Case]:
        posts = self.things["post"]
        made = {
            name: media.urls(posts[name].output, self.people[viewer])["video"].split("/")[-2]
            for name, viewer in {"public": "stranger", "followers": "mutual", "down": "mutual",
                                 "dark": "mutual"}.items()
        } | {"forged": "x:y:z"}  # fmt: skip
        file = {"str:file": "video.m3u8"}
        return [(name, {place: token} | file) for name, token in made.items()]

    def _query(self, name: str, method: str) -> str:
        asked = {
            "people": "?q=own",
            "app-consent": "?" + urlencode(self._app_asks(self.app)),
            "oauth-authorize": "?" + urlencode(self._app_asks(self.app)),
            "cameo-search": "?q=sub",
            "post-why": f"?page={self.page}",
        }
        return asked.get(name, "") if method == "get" else ""

    def _body(self, name: str, method: str) -> Any:
        """A body that would be right, so that the answer speaks of leave and not of form."""
        bodies = {
            ("me", "patch"): {"bio": "hello"},
            ("me", "delete"): {"password": PASSWORD},
            ("keys", "post"): {"name": "studio"},
            ("apps", "post"): {"name": "Studio", "redirect_uris": ["https://studio.example/"]},
            ("app-consent", "post"): self._app_asks(self.app) | {"allowed": True},
            ("key", "patch"): {"name": "farm"},
            ("key-rotation", "post"): {"overlap_hours": 1},
            ("reports", "post"): {
                "subject": "post", "subject_id": str(self.public.pk), "reason": "spam",
            },
            ("own-appeal", "post"): {"text": "Please look again."},
            ("own-objection", "post"): {"text": "It is mine."},
            ("own-counter-notice", "post"): {"text": "Mine", "name": "O", "good_faith": True},
            ("open-reports", "post"): {
                "subject": "post", "subject_id": str(self.public.pk), "reason": "spam",
            },
            ("open-report-appeal", "post"): {"text": "Please look again."},
            ("open-report-objection", "post"): {"text": "It is mine."},
            ("suspended-appeal", "post"): {
                "handle": "suspended", "password": PASSWORD, "text": "Please",
            },
            ("notices-read", "post"): {"up_to": str(uuid4())},
            ("jobs", "post"): {"prompt": "a red ball", "seconds": 2.0},
            ("final", "post"): {"tier": "standard"},
            ("cameos", "post"): {"display_name": "Me"},
            ("cameo", "patch"): {"display_name": "Me"},
            ("cameo-check", "post"): {"cameos": ["subject"]},
            ("cameo-taking-back", "post"): {"choice": "future"},
            ("listing", "put"): {"allowed": True},
            ("releases", "post"): agreement(),
            ("characters", "post"): {"handle": "new_one", "kind": "pet"},
            ("character", "patch"): {"audience": "everyone"},
            ("draft-character", "post"): {"handle": "new_one", "kind": "pet", "seconds": 2.0},
            ("receipt-check", "post"): {"receipt": {}},
            ("leave", "post"): {"message": "Please"},
            ("posts", "post"): {"draft": str(self.things["draft"]["own"].pk)},
            ("post", "patch"): {"caption": "new"},
            ("post-remixes", "post"): {"prompt": "a blue ball"},
            ("post-comments", "post"): {"text": "Nice"},
            ("own-feed", "patch"): {"plain": True},
            ("steering", "post"): {"text": "more dance"},
            ("picks", "post"): {"topics": ["dance"]},
            ("recipes", "post"): {"name": "Mine", "weights": {"share": 1}},
            ("recipe", "patch"): {"name": "Ours"},
            ("webhook-endpoints", "post"): {
                "name": "Mine", "url": "https://93.184.215.14/", "event_types": ["video.failed"],
            },
            ("webhook-endpoint", "post"): {"name": "Ours"},
            ("webhook-test", "post"): {"event_type": "video.failed"},
            ("wire-videos", "post"): {"prompt": "a red ball"},
            ("wire-remix", "post"): {"prompt": "a blue ball"},
            ("wire-moderations", "post"): {"input": "a red ball"},
            ("feed-events", "post"): {
                "page": str(self.page),
                "events": [{"id": str(uuid4()), "kind": "view", "post": str(self.public.pk)}],
            },
        }  # fmt: skip
        return bodies.get((name, method), {})

    def ask(self, role: str, method: str, path: str, body: Any) -> int:
        client = (self.programs if path.startswith("/v1/") else self.clients)[role]
        more = {"HTTP_IDEMPOTENCY_KEY": str(uuid4())} if method == "post" else {}
        send = getattr(client, method)
        answer = send(path, **more) if method == "get" else send(path, body, "json", **more)
        return answer.status_code


# what stands in a route's pattern: the kind of object it names
PLACES = {
    "<post:pk>": "post",
    "<str:token>": "token",
    "comments/<uuid:pk>": "comment",
    "<post:chip>": "chip",
    "<uuid:recipe>": "recipe",
    "<uuid:output_id>": "draft",
    "<uuid:job_id>": "job",
    "<uuid:device>": "device",
    "<uuid:key>": "key",
    "<uuid:app>": "app",
    "<uuid:authorization>": "authorization",
    "<uuid:case>": "case",
    "<str:receipt>": "receipt",
    "<str:month>": "month",
    "consents/<uuid:pk>": "consent",
    "characters/<uuid:pk>": "character",
    "cameos/<uuid:pk>": "cameo",
    "<str:endpoint>": "endpoint",
    "<str:handle>": "person",
    "<str:which>": "cameo",
    "<video:pk>": "wire_video",
    "<char:pk>": "wire_character",
    "<file:pk>": "wire_file",
    "<batch:pk>": "wire_batch",
    "models/<str:name>": "wire_model",
}
