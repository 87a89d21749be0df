"""What was made and downloaded tells where it comes from: by its signature, and by its pixels."""

import io
import json

import pytest
from django.core.management import CommandError, call_command

from generation import claims, marks
from generation.models import Output
from generation.plans import subscribe
from generation.renditions import CLEAN, FILES, SIGNED
from generation.states import JobState
from generation.telling import in_words, told_by
from sora_social import storage
from tests.cameos.making import active_cameo
from tests.generation.making import done_output, queued_job
from tests.generation.marking.pictures import filmed
from tests.generation.provenance.here import read
from tests.generation.test_execution import QUICK, submitted
from tests.people import person, signed_in

made_by_the_model = [
    pytest.mark.slow,
    pytest.mark.xdist_group("engine"),
    pytest.mark.django_db(transaction=True),
]


def downloaded(author, output, folder):
    """Every file that the API tells of, and those that a playlist tells of, as they come."""
    media = signed_in(author).get(f"/api/v1/drafts/{output.pk}/").json()["media"]
    address = media["poster"].rpartition("/")[0]
    paths = {}
    for name in output.renditions:
        if name in SIGNED and name not in CLEAN.values():
            answer = signed_in(author).get(f"{address}/{FILES[name].file}")
            assert answer.status_code == 200, name
            paths[name] = folder / FILES[name].file
            paths[name].write_bytes(b"".join(answer))
    return paths


def looked_into(path):
    with path.open("rb") as file:
        return told_by(file, thoroughly=True)


class TestWithTheModel:
    pytestmark = made_by_the_model

    def test_every_file_is_trusted_and_says_what_it_was_made_from(self, tmp_path):
        author, friend = person(), person()
        cameo = active_cameo(friend, audience="everyone")
        first = submitted(author, "one", f"@{cameo.handle} on a beach", **QUICK).outputs.get()
        Output.objects.update(held_at=None)  # whomever the drawn face is like
        job = submitted(author, "two", task="extend", source=first, **QUICK)
        assert job.state == JobState.DONE
        Output.objects.update(held_at=None)
        output = job.outputs.get()
        assert "clean" in output.renditions
        paths = downloaded(author, output, tmp_path)
        assert {"video", "low_parts", "sheet", "preview"} < paths.keys()
        for name, path in paths.items():
            account = read(path, claims.roots())
            assert (account.state, account.problems) == ("trusted", ()), name
            assert read(path, "").problems == ("signingCredential.untrusted",), name
            (parent,) = account.itself.parents
            assert (account.itself.mark, parent.mark) == (
                f"{output.mark:010x}",
                f"{first.mark:010x}",
            )
        for name in ("video", "medium", "low", "low_parts", "preview", "poster", "sheet"):
            numbers = looked_into(
                paths[name]
            ).numbers  # what was kept of the source bears its mark too
            assert output.mark in numbers, name
            assert {*numbers} <= {output.mark, first.mark}, name
        said = io.StringIO()
        call_command("verify", str(paths["video"]), stdout=said)
        assert f"The mark in its pixels says {output.mark:010x}." in said.getvalue()

    def test_a_still_is_trusted_and_read(self, tmp_path):
        author = person()
        output = submitted(author, "still", still=True, tier="draft", seed=3).outputs.get()
        for name, path in downloaded(author, output, tmp_path).items():
            finding = looked_into(path)
            assert (finding.account.state, finding.numbers) == ("trusted", (output.mark,)), name


@pytest.mark.django_db(transaction=True)
def test_what_is_joined_is_signed_with_its_pieces_and_nothing_else_is_claimed(tmp_path):
    author = person()
    pieces = [done_output(author) for _ in range(2)]
    for number, piece in enumerate(pieces, 1):
        Output.objects.filter(pk=piece.pk).update(mark=number)
    output = submitted(author, "a", task="stitch", sources=tuple(pieces)).outputs.get()
    for path in downloaded(author, output, tmp_path).values():
        account = read(path, claims.roots())
        assert account.state == "trusted"
        assert [one.relationship for one in account.itself.parents] == ["componentOf"] * 2
        assert [one.title for one in account.itself.parents] == [
            "sora:0000000001",
            "sora:0000000002",
        ]


@pytest.mark.django_db
def test_nobody_gets_what_has_no_visible_mark():
    author = person()
    output = done_output(author)
    output.renditions.append("clean")
    output.save()
    address = signed_in(author).get(f"/api/v1/drafts/{output.pk}/").json()["media"]["poster"]
    clean = address.replace("poster.webp", "clean.mp4")
    assert signed_in(author).get(clean).status_code == 404


@pytest.mark.django_db
class TestWords:
    def words(self, author, cameos=()):
        return marks.words_on(queued_job(author, cameos))

    def test_where_nobody_is_in_it_there_are_none(self):
        assert self.words(person()) == ""

    def test_where_somebody_is_the_author_is_named(self):
        author = person()
        assert self.words(author, [active_cameo(author)]) == f"@{author.handle} · AI"

    def test_a_plan_spares_ones_own_likeness_and_never_somebody_elses(self):
        author, friend = person(), person()
        subscribe(author, "studio")
        own, other = active_cameo(author), active_cameo(friend, audience="everyone")
        assert self.words(author, [own]) == ""
        assert self.words(author, [own, other]) == f"@{author.handle} · AI"

    def test_policy_may_ask_for_all_or_nothing(self, monkeypatch):
        author = person()
        for asked, words in (("always", "@{handle}"), ("never", "@{handle}")):
            said = {"version": "x", "visible": {"asked": asked, "words": words}}
            monkeypatch.setattr(marks, "policy", lambda said=said: said)
            expected = f"@{author.handle}" if asked == "always" else ""
            assert self.words(author) == expected


@pytest.mark.django_db
def test_a_number_is_drawn_once():
    output = done_output(person())
    Output.objects.filter(pk=output.pk).update(mark=marks.draw())
    assert marks.draw() != Output.objects.get(pk=output.pk).mark


@pytest.mark.django_db
def test_an_older_key_is_still_read(settings):
    from generation.marking.stamp import Stamp  # noqa: PLC0415
    from tests.generation.marking.pictures import drawn  # noqa: PLC0415

    stamp = Stamp(marks.tile_of(9))
    frames = filmed([stamp.press(frame) for frame in drawn(3)], 20)
    settings.MARK_KEY_FALLBACKS, settings.MARK_KEY = [settings.MARK_KEY], "new"
    assert [mark.number for seen in marks.look(frames) for mark in seen.marks] == [9]
    settings.MARK_KEY_FALLBACKS = []
    assert not any(seen.is_marked for seen in marks.look(frames))


@pytest.mark.django_db
def test_verifying_says_plainly_what_there_is_not(tmp_path, capsys):
    output = done_output(person())
    with storage.local(output.video_key) as path:
        finding = looked_into(path)
        first, *_, last = in_words(finding)
        assert first.startswith("It carries no signature")
        assert last == "No mark of ours was found in its pixels."
        call_command("verify", str(path), json=True)
    assert json.loads(capsys.readouterr().out)["signature"]["state"] == "none"
    (tmp_path / "nothing.mp4").write_bytes(b"nothing")
    with pytest.raises(CommandError, match="not accepted"):
        call_command("verify", str(tmp_path / "nothing.mp4"))
    with pytest.raises(CommandError):
        call_command("verify", str(tmp_path / "missing.mp4"))


def test_the_chain_command_makes_and_checks(tmp_path, capsys):
    call_command("provenance", "init", str(tmp_path / "own"))
    call_command("provenance", "check", str(tmp_path / "own"))
    assert "roots.pem" in capsys.readouterr().out
    with pytest.raises(CommandError, match="is there already"):
        call_command("provenance", "init", str(tmp_path / "own"))
    with pytest.raises(CommandError):
        call_command("provenance", "check", str(tmp_path))
