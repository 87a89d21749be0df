"""Anybody asks where a file comes from, and whether the people in it still agree."""

from __future__ import annotations

import io
import os
from datetime import UTC, datetime, timedelta
from fractions import Fraction

import av
import numpy as np
import pytest
from django.conf import settings as configured
from django.core.handlers.wsgi import WSGIRequest
from django.urls import resolve
from PIL import Image
from rest_framework.test import APIClient

from cameos import services as cameos
from cameos.states import Audience
from feed import services as feed
from feed import verify_views
from generation import marks
from generation.encoding import encode
from generation.engine.drawn.scene import random_scene
from generation.engine.drawn.sounds import synthesise
from generation.marking.marks import Marks
from generation.models import Output
from generation.provenance import chain, reading, signing
from sora_social import storage
from sora_social.moderation.models import Subject
from sora_social.moderation.services import take_down
from tests.cameos.making import active_cameo
from tests.generation import copies
from tests.generation.drawn import FPS, RATE, drawn_frames, drawn_sound
from tests.generation.marking.pictures import drawn, filmed
from tests.generation.provenance.test_signing import short_lived
from tests.generation.signed import NUMBER, known, marked, sign, signed
from tests.people import moderator, person, signed_in

pytestmark = pytest.mark.django_db
TITLE = f"sora:{NUMBER:010x}"


def sent(file, name="clip.mp4"):
    """What the API answers to a file, given as bytes or a path."""
    upload = io.BytesIO(file if isinstance(file, bytes) else file.read_bytes())
    upload.name = name
    return APIClient().post("/api/v1/verify/", {"file": upload}, format="multipart")


def asked(link, client=None):
    return (client or APIClient()).post("/api/v1/verify/", {"link": link}, format="json")


def found(file, name="clip.mp4"):
    answer = sent(file, name)
    assert answer.status_code == 200, answer.content
    return answer.json()


def refused(answer):
    said = answer.json()
    return answer.status_code, said["code"], said["facts"].get("rule"), [*said["fields"]]


def film(frames, fps=FPS, gop=12):
    """Frames as a film that is signed by nobody; `gop`: how many to a frame that stands alone."""
    written = io.BytesIO()
    with av.open(written, "w", format="mp4") as out:
        stream = out.add_stream("libx264", rate=fps, options={"crf": "20", "g": str(gop)})
        stream.height, stream.width = frames[0].shape[:2]
        stream.pix_fmt = "yuv420p"
        for frame in frames:
            one = av.VideoFrame.from_ndarray(np.ascontiguousarray(frame), "rgb24")
            out.mux(stream.encode(one))
        out.mux(stream.encode(None))
    return written.getvalue()


def frames_in(content):
    with av.open(io.BytesIO(content)) as opened:
        return [frame.to_ndarray(format="rgb24") for frame in opened.decode(video=0)]


def without_metadata(content):
    """The same packets in a new file, as messengers write it."""
    out = io.BytesIO()
    with av.open(io.BytesIO(content)) as old, av.open(out, "w", format="mp4") as new:
        video = old.streams.video[0]
        copy = new.add_stream_from_template(video)
        for packet in old.demux(video):
            if packet.dts is not None:
                packet.stream = copy
                new.mux(packet)
    return out.getvalue()


def box_in(content):
    """The box of our manifest."""
    at = content.index(signing.C2PA_BOX) - 8
    return content[at : at + int.from_bytes(content[at : at + 4])]


def with_box(content, box):
    begin = int.from_bytes(content[:4])
    return content[:begin] + box + content[begin:]


@pytest.fixture(scope="module")
def strange(tmp_path_factory):
    """A film that we did not make."""
    folder = tmp_path_factory.mktemp("strange")
    encode(drawn_frames()[:, ::-1], FPS, drawn_sound(), RATE, folder)
    return (folder / "video.mp4").read_bytes()


@pytest.fixture
def lent():
    """A video with somebody's likeness, and the leave that it stands on."""
    author, lender = person(), person()
    cameo = active_cameo(lender, Audience.APPROVED)
    leave = cameos.grant(cameos.request_leave(author, cameo), lender)
    return known(author, [cameo]), lambda: cameos.revoke_leave(leave, lender)


class TestAnswers:
    def test_ours_and_unchanged(self, lent):
        output, _ = lent
        answer = found(signed())
        assert (answer["verdict"], answer["found_by"], answer["ai_generated"]) == (
            "trusted", "manifest", True,
        )  # fmt: skip
        assert answer["signature"] == {
            "state": "trusted", "problems": [], "signer": "Sora Social, for development: signer",
        }  # fmt: skip
        origin = answer["origin"]
        assert (origin["id"], origin["model"], origin["policy"], origin["kept"]) == (
            TITLE, "small", "2026-11-22", True,
        )  # fmt: skip
        assert datetime.fromisoformat(origin["made_at"]) == output.made_at
        assert answer["consent"] == {"state": "live", "people": 1, "named": []}
        assert answer["says"] == (
            "Signed by us, and unchanged since. It was made here with AI. "
            "Everybody in it agrees to it today."
        )
        assert APIClient().get(answer["icon"]).status_code == 200

    def test_what_is_revoked_is_told_at_once(self, lent):
        assert found(signed())["consent"]["state"] == "live"
        lent[1]()
        answer = found(signed())
        assert (answer["verdict"], answer["consent"]["state"]) == ("revoked", "revoked")
        assert answer["signature"]["state"] == "trusted"
        assert "no longer agrees" in answer["says"]

    def test_nothing_of_it_is_for_a_cache(self, lent):
        assert sent(signed())["Cache-Control"] == "no-store"

    def test_where_nobody_is_in_it_nobody_is_asked(self):
        known(person())
        assert found(signed())["consent"] == {"state": "not_needed", "people": 0, "named": []}

    def test_what_we_keep_no_more_is_ours_and_its_leave_unknown(self):
        answer = found(signed())
        assert (answer["verdict"], answer["consent"]["state"]) == ("trusted", "unknown")
        assert answer["origin"] == {
            "id": TITLE, "model": "small", "policy": "2026-11-22", "made_at": None, "kept": False,
        }  # fmt: skip

    def test_where_the_manifest_was_stripped_the_mark_leads_to_it(self, lent):
        answer = found(without_metadata(signed().read_bytes()))
        assert answer["signature"]["state"] == "none"
        assert (answer["verdict"], answer["found_by"]) == ("ours", "mark")
        assert (answer["origin"]["id"], answer["consent"]["state"]) == (TITLE, "live")

    def test_by_the_mark_too_what_is_revoked_is_told(self, lent):
        lent[1]()
        assert found(without_metadata(signed().read_bytes()))["verdict"] == "revoked"

    def test_a_picture_of_a_screen_is_recognised(self, lent):
        shown = frames_in(marked().read_bytes())[4]
        screen = np.pad(shown, ((150, 90), (40, 60), (0, 0)), constant_values=230)
        taken = io.BytesIO()
        Image.fromarray(screen).save(taken, "JPEG", quality=80)
        answer = found(taken.getvalue(), "IMG_0001.jpg")
        assert (answer["found_by"], answer["origin"]["id"]) == ("mark", TITLE)

    def test_where_the_pictures_are_others_the_sound_leads_to_it(self, lent, tmp_path):
        rng = np.random.default_rng(1)
        sound = synthesise(random_scene(rng), 3.0, rng)
        spoken = Marks(voiced=marks.sheet_of(NUMBER))
        encode(drawn(5, 24), FPS, sound, RATE, tmp_path, marks=spoken)
        answer = found((tmp_path / "low.mp4").read_bytes())
        assert (answer["found_by"], answer["origin"]["id"]) == ("sound", TITLE)
        assert "Its sound bears our mark" in answer["says"]
        lent[1]()
        assert found((tmp_path / "low.mp4").read_bytes())["verdict"] == "revoked"

    def test_what_has_neither_is_found_by_what_it_looks_like(self):
        copies.forget()
        output = copies.finished(person(), 11)
        mirrored = [frame[:, ::-1] for frame in filmed(copies.clip(11), 30)]
        answer = found(film(mirrored))
        assert (answer["verdict"], answer["found_by"]) == ("ours", "resemblance")
        assert datetime.fromisoformat(answer["origin"]["made_at"]) == output.made_at
        assert "looks like" in answer["says"]

    def test_of_what_is_not_ours_nothing_is_claimed(self, strange):
        copies.forget()
        answer = found(strange)
        assert (answer["verdict"], answer["ai_generated"], answer["icon"]) == (
            "unknown",
            None,
            None,
        )
        assert (answer["icon"], answer["found_by"], answer["origin"]) == (None, None, None)

    def test_what_moderators_took_down_is_told(self, lent):
        take_down(Subject.OUTPUT, lent[0].down_id, moderator(), "test")
        answer = found(signed())
        assert (answer["verdict"], answer["taken_down"]) == ("taken_down", True)

    def test_narrower_leave_makes_a_public_post_dark_here_too(self, lent):
        output, _ = lent
        cameo = output.job.uses.get().cameo
        feed.publish(output.job.author, output.pk, "here", "public")
        assert found(signed())["consent"]["state"] == "live"
        signed_in(cameo.owner).patch(
            f"/api/v1/cameos/{cameo.pk}/", {"surfaces": ["followers"]}, format="json"
        )
        assert found(signed())["consent"]["state"] == "revoked"

    def test_it_names_whom_a_public_post_names_and_nobody_else(self, lent):
        output, revoke = lent
        post = feed.publish(output.job.author, output.pk, "here", "public")
        handle = output.job.uses.get().cameo.handle
        assert found(signed())["consent"]["named"] == [handle]
        feed.hide(post)
        assert found(signed())["consent"]["named"] == []
        feed.show(post)
        revoke()
        assert found(signed())["consent"]["named"] == []


class TestLineage:
    def test_the_manifest_tells_it_over_three_generations(self, tmp_path):
        parents = []
        for number, role in ((1, ""), (2, "remix"), (3, "extend")):
            file = tmp_path / f"{number}.mp4"
            file.write_bytes(marked().read_bytes())
            sign(file, number, None, [role] if role else [], parents)
            parents = [signing.Parent(file, "video/mp4", number)]
        assert found(file)["lineage"] == [
            {"id": "sora:0000000002", "relationship": "parentOf", "depth": 1},
            {"id": "sora:0000000001", "relationship": "inputTo", "depth": 2},
        ]

    def test_without_a_manifest_our_rows_do(self):
        author = person()
        first = known(author, number=1)
        second = known(author, number=2, parents=[first])
        known(author, parents=[second], role="extend")
        assert found(without_metadata(signed().read_bytes()))["lineage"] == [
            {"id": "sora:0000000002", "relationship": "parentOf", "depth": 1},
            {"id": "sora:0000000001", "relationship": "inputTo", "depth": 2},
        ]
        Output.objects.filter(pk=first.pk).delete()
        assert found(without_metadata(signed().read_bytes()))["lineage"][1]["id"] is None


class TestHostileFiles:
    def test_a_changed_byte(self, lent):
        content = bytearray(signed().read_bytes())
        content[len(content) * 9 // 10] ^= 1
        answer = found(bytes(content))
        assert (answer["verdict"], answer["found_by"]) == ("tampered", "mark")
        assert answer["signature"]["problems"] == ["assertion.bmffHash.mismatch"]
        assert "was changed after it was signed" in answer["says"]

    def test_a_truncated_one(self, lent):
        content = signed().read_bytes()
        answer = found(content[: len(content) * 7 // 10])
        assert (answer["signature"]["state"], answer["verdict"]) == ("invalid", "tampered")
        answer = found(content[:9000])
        assert answer["signature"]["problems"] == ["manifest.unreadable"]
        assert refused(sent(marked().read_bytes()[:600])) == (
            400, "upload_refused", "not_decodable", ["file"],
        )  # fmt: skip

    def test_our_manifest_on_another_file(self, strange, lent):
        answer = found(with_box(strange, box_in(signed().read_bytes())))
        assert (answer["verdict"], answer["found_by"]) == ("tampered", None)
        assert (answer["origin"], answer["consent"]["state"]) == (None, "unknown")

    def test_somebody_who_calls_himself_by_our_name(self, strange, tmp_path, lent):
        """Whatever it says, and by whatever name: nothing of it is ours."""
        chain.make(tmp_path / "theirs")
        (tmp_path / "forged.mp4").write_bytes(strange)
        file = sign(tmp_path / "forged.mp4", by=chain.read(tmp_path / "theirs"))
        answer = found(file)
        assert (answer["verdict"], answer["found_by"]) == ("signed", None)
        assert answer["signature"]["problems"] == ["signingCredential.untrusted"]
        assert (answer["origin"], answer["lineage"]) == (None, [])
        assert answer["ai_generated"] is True
        assert "says of itself" in answer["says"]

    def test_a_certificate_that_has_run_out(self, tmp_path, lent, settings):
        seconds = 2
        soon = short_lived((86400 + seconds) / (365 * 86400), datetime.now(UTC) - timedelta(days=1))
        settings.PROVENANCE = tmp_path
        (tmp_path / chain.ROOTS).write_text(soon.roots)
        (tmp_path / "old.mp4").write_bytes(marked().read_bytes())
        file, answer = sign(tmp_path / "old.mp4", by=soon), {"verdict": "trusted"}
        while answer["verdict"] == "trusted":
            answer = found(file)
        assert "signingCredential.expired" in answer["signature"]["problems"]
        assert (answer["signature"]["state"], answer["found_by"]) == ("invalid", "mark")
        assert "has run out" in answer["says"]

    def test_four_hours_of_film(self, lent):
        """It is looked into at a few places, and not seen to its end."""
        out = io.BytesIO()
        with av.open(out, "w", format="mp4") as long:
            stream = long.add_stream("libx264", rate=FPS, options={"g": "1"})
            stream.height, stream.width, stream.pix_fmt = 288, 160, "yuv420p"
            stream.codec_context.time_base = Fraction(1, 1)
            for minute, frame in enumerate(drawn(5, 240)):
                one = av.VideoFrame.from_ndarray(frame[:288, :160].copy(), "rgb24")
                one.pts, one.time_base = minute * 60, Fraction(1, 1)
                long.mux(stream.encode(one))
            long.mux(stream.encode(None))
        with av.open(io.BytesIO(out.getvalue())) as opened:
            assert opened.duration >= 3.9 * 3600 * av.time_base
        assert found(out.getvalue())["verdict"] == "unknown"

    @pytest.mark.parametrize(
        "bomb",
        [
            b"".join(  # superboxes within each other
                (50_000 - n).to_bytes(2, "big") and (8 * (5_000 - n)).to_bytes(4) + b"jumb"
                for n in range(5_000)
            ),
            b"\x9f" * 200_000,  # lists without end
            bytes(8 << 20),
        ],
        ids=["nested", "lists", "large"],
    )
    def test_a_manifest_that_is_made_to_hurt(self, bomb, strange):
        body = bytes(4) + b"manifest\0" + bytes(8) + bomb
        box = (24 + len(body)).to_bytes(4) + b"uuid" + signing.C2PA_BOX + body
        answer = sent(with_box(strange, box))
        assert answer.status_code == 200
        assert answer.json()["signature"]["state"] in ("invalid", "none")

    def test_a_lineage_that_doubles_with_each_generation(self):
        """Forty manifests, each made twice from the next: millions of millions, were all told."""
        one = {"title": "x", "ingredients": [], "assertions": []}
        store = {
            str(n): one | {"ingredients": [{"active_manifest": str(n + 1)}] * 2} for n in range(40)
        }
        said = {"manifests": store | {"40": one}, "active_manifest": "0"}
        told = reading._account(said, {"state": "Valid", "failures": []})
        assert count(told.itself) <= reading.MOST_ANCESTORS + 1

    def test_what_a_broken_reader_might_answer_is_an_account_all_the_same(self):
        for said in (b"", b"[]", b"{}", b'{"manifests": 1}', b"[" * 100_000):
            facts = {"state": "Trusted", "failures": []}
            assert reading.account(facts, said).problems == ("manifest.unreadable",)

    @pytest.mark.parametrize(
        ("content", "rule"),
        [
            (b"%PDF-1.7 something else", "unknown_kind"),
            (b"PK\x03\x04" + bytes(100), "unknown_kind"),
            (b"#EXTM3U\nhttp://127.0.0.1/secret.mp4", "playlist"),
            (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "unknown_kind"),
            (b"\0\0\0\x1cftypmp42" + os.urandom(4000), "not_decodable"),
            (b"\x89PNG\r\n\x1a\n" + os.urandom(4000), "not_decodable"),
        ],
    )
    def test_what_is_disguised_is_told_by_its_bytes(self, content, rule):
        assert refused(sent(content)) == (400, "upload_refused", rule, ["file"])

    def test_a_picture_that_calls_itself_a_film_is_a_picture(self):
        shown = io.BytesIO()
        Image.fromarray(drawn(5)[0]).save(shown, "PNG")
        assert found(shown.getvalue(), "clip.mp4")["verdict"] == "unknown"


def count(one):
    return 1 + sum(map(count, one.parents))


class Endless:
    """A body that goes on and on, and how much of it was read."""

    def __init__(self, head):
        self.head, self.came = head, 0

    def read(self, size=-1):
        part = self.head or b"x" * min(size if size >= 0 else 1 << 16, 1 << 16)
        self.head = b""
        self.came += len(part)
        return part

    readline = read


class TestNothingIsKept:
    @pytest.fixture(autouse=True)
    def _nothing_lies_about(self):
        """No file of an upload has a name, whatever becomes of it."""
        before = sorted(os.listdir(configured.FILE_UPLOAD_TEMP_DIR))
        yield
        assert sorted(os.listdir(configured.FILE_UPLOAD_TEMP_DIR)) == before

    @pytest.fixture
    def seen(self, monkeypatch):
        """What lies in the folder while a file is looked at."""
        there, of_file = [], verify_views.verifying.of_file

        def watched(file):
            there.append(os.listdir(configured.FILE_UPLOAD_TEMP_DIR))
            return of_file(file)

        monkeypatch.setattr(verify_views.verifying, "of_file", watched)
        return there

    @pytest.mark.parametrize("content", [b"nonsense", b"\0\0\0\x1cftypmp42" + bytes(2000)])
    def test_while_it_is_looked_at_it_has_no_name(self, seen, content):
        before = os.listdir(configured.FILE_UPLOAD_TEMP_DIR)
        assert sent(content).status_code == 400
        assert seen == [before]

    def test_too_large_is_told_while_it_comes_in(self, monkeypatch):
        most = 1 << 20
        monkeypatch.setattr(verify_views, "LIMIT", most)
        head = (
            b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.mp4"\r\n'
            b"Content-Type: video/mp4\r\n\r\n"
        )
        body = Endless(head)
        request = WSGIRequest(
            {
                "REQUEST_METHOD": "POST", "PATH_INFO": "/api/v1/verify/",
                "CONTENT_TYPE": "multipart/form-data; boundary=x",
                "CONTENT_LENGTH": str(80 << 20), "wsgi.input": body, "SERVER_NAME": "testserver",
                "SERVER_PORT": "80", "REMOTE_ADDR": "10.0.0.1",
            }
        )  # fmt: skip
        view, args, kwargs = resolve("/api/v1/verify/")
        answer = view(request, *args, **kwargs)
        assert (answer.status_code, answer.data["facts"]) == (
            413, {"field": "file", "rule": "too_large", "at_most": most},
        )  # fmt: skip
        assert answer.data["fields"] == {"file": ["The file has too many bytes."]}
        assert body.came < 2 * most

    @pytest.mark.parametrize("said", [{}, {"link": ""}])
    @pytest.mark.parametrize("form", ["multipart", "json"])
    def test_neither_file_nor_link_is_told(self, said, form):
        empty = APIClient().post("/api/v1/verify/", said, format=form)
        assert (empty.status_code, [*empty.json()["fields"]]) == (400, ["file"])

    def test_a_link_that_was_left_empty_is_none(self, strange):
        upload = io.BytesIO(strange)
        upload.name = "clip.mp4"
        form = {"file": upload, "link": ""}
        assert APIClient().post("/api/v1/verify/", form, format="multipart").status_code == 200

    def test_so_many_an_hour(self, monkeypatch):
        assert verify_views.FewChecks().rate == "60/hour"
        monkeypatch.setattr(verify_views.FewChecks, "rate", "3/hour", raising=False)
        answers = [asked("https://example.org/").status_code for _ in range(4)]
        assert answers == [400] * 3 + [429]


class TestLinks:
    def test_of_a_post(self, lent):
        output, revoke = lent
        post = feed.publish(output.job.author, output.pk, "here", "unlisted")
        link = f"http://testserver/api/v1/posts/{post.pk}/"
        answer = asked(link).json()
        assert (answer["found_by"], answer["signature"]["state"]) == ("address", "trusted")
        assert (answer["verdict"], answer["origin"]["id"]) == ("trusted", TITLE)
        revoke()
        assert asked(link).json()["verdict"] == "revoked"

    def test_of_a_download_even_when_it_opens_nothing_any_more(self, lent):
        output, revoke = lent
        media = signed_in(output.job.author).get(f"/api/v1/drafts/{output.pk}/").json()["media"]
        assert asked(media["video"]).json()["verdict"] == "trusted"
        assert asked(media["poster"]).json()["verdict"] == "ours"
        revoke()
        assert APIClient().get(media["video"]).status_code == 404
        assert asked(media["video"]).json()["verdict"] == "revoked"
        assert asked(media["video"].replace("media/A", "media/B")).status_code == 404

    def test_of_a_clip_that_is_posted_or_ones_own(self, lent):
        output, _ = lent
        clip, wire = f"/api/v1/drafts/{output.pk}/", f"/v1/videos/video_{output.job_id.hex}/content"
        for link in (clip, wire):
            assert asked(link).status_code == 404
            assert asked(link, signed_in(output.job.author)).json()["verdict"] == "trusted"
        feed.publish(output.job.author, output.pk, "here", "public")
        for link in (clip, wire):
            assert asked(link).json()["verdict"] == "trusted"

    def test_of_what_only_followers_see(self, lent):
        output, _ = lent
        post = feed.publish(output.job.author, output.pk, "here", "followers")
        assert asked(f"/api/v1/posts/{post.pk}/").status_code == 404

    def test_when_its_files_are_gone_its_address_still_says_what_became_of_it(self, lent):
        output, revoke = lent
        post = feed.publish(output.job.author, output.pk, "here", "public")
        for key in output.keys:
            storage.drop(key)
        revoke()
        answer = asked(f"/api/v1/posts/{post.pk}/").json()
        assert (answer["verdict"], answer["signature"]["state"]) == ("revoked", "none")

    @pytest.mark.parametrize(
        ("link", "rule"),
        [
            ("https://example.org/api/v1/posts/1/", "elsewhere"),
            ("http://testserver.example.org/api/v1/posts/1/", "elsewhere"),
            ("http://testserver@example.org/api/v1/posts/1/", "elsewhere"),
            ("//169.254.169.254/latest/meta-data/", "elsewhere"),
            ("file:///etc/passwd", "broken"),
            ("http://[::1", "broken"),
            ("gopher://testserver/1", "broken"),
            ("/" + "x" * 3000, "broken"),
            ("/healthz", "no_video"),
            ("nonsense", "no_video"),
            ("/api/v1/posts/99999999999999999999/", "no_video"),
        ],
    )
    def test_of_elsewhere_nothing_is_fetched(self, link, rule):
        assert refused(asked(link)) == (400, "link_refused", rule, ["link"])

    def test_of_what_is_not_there(self):
        assert asked("/api/v1/posts/12345/").status_code == 404
        assert asked("/api/v1/media/nonsense/video.mp4").status_code == 404


class TestThePage:
    def page(self, **form):
        return APIClient().post("/verify/", form, format="multipart")

    def test_it_asks_and_answers_without_a_script_or_anything_from_elsewhere(self, lent):
        shown = APIClient().get("/verify/?link=/api/v1/posts/1/")
        assert 'value="/api/v1/posts/1/"' in shown.content.decode()
        answer = self.page(file=signed().open("rb"))
        text = answer.content.decode()
        assert "Made here with AI, and unchanged" in text
        assert "<script" not in text
        assert " style=" not in text
        assert "http" not in text.replace("http-equiv", "")
        policy = answer["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "script-src" not in policy
        assert answer["Cache-Control"] == "no-store"

    def test_what_is_revoked_is_told_at_once(self, lent):
        lent[1]()
        assert "no longer agrees" in self.page(file=signed().open("rb")).content.decode()

    @pytest.mark.parametrize(
        ("form", "status", "said"),
        [
            ({}, 400, "Send a file or a link"),
            ({"link": "https://example.org/<script>"}, 400, "not one of ours"),
            ({"link": "/api/v1/posts/12345/"}, 404, "There is no such thing"),
        ],
    )
    def test_what_is_wrong_is_said_in_words(self, form, status, said):
        answer = self.page(**form)
        assert (answer.status_code, said in answer.content.decode()) == (status, True)
        assert "<script" not in answer.content.decode()

    def test_a_flood_is_told_in_words(self, monkeypatch):
        monkeypatch.setattr(verify_views.FewChecks, "rate", "1/hour", raising=False)
        assert self.page(link="nonsense").status_code == 400
        answer = self.page(link="nonsense")
        assert (answer.status_code, "Too many at once" in answer.content.decode()) == (429, True)
