"""Signed files, read by C2PA's own reader: trusted with our root, valid without, and not after a
byte was changed."""

import json
from datetime import UTC, datetime, timedelta

import av
import c2pa
import pytest
from PIL import Image

from generation import claims
from generation.encoding import encode, encode_still
from generation.provenance import chain, manifest, reading, signing
from generation.provenance.chain import BadChain
from generation.renditions import FILES, SIGNED
from tests.generation.drawn import FPS, RATE, drawn_frames, drawn_sound
from tests.generation.provenance.here import read
from tests.generation.test_execution import until

CLIP = [name for name in SIGNED if not name.startswith(("picture", "clean"))]
NAMES = [*CLIP, "picture"]


def told(mark=5, roles=()):
    return manifest.Told(mark, "small", "ab12", "2026-11-22", "0.1.0", roles)


def files_in(folder, signer):
    """A clip and a still, signed."""
    folder.mkdir()
    clip = encode(drawn_frames(), FPS, drawn_sound(), RATE, folder)
    claims.sign(folder, clip.renditions, signer)
    still = folder / "still"
    still.mkdir()
    encode_still(drawn_frames()[0], still)
    claims.sign(still, ["picture"], signer)
    (still / FILES["picture"].file).rename(folder / FILES["picture"].file)
    return folder


@pytest.fixture(scope="module")
def ours(tmp_path_factory):
    folder = tmp_path_factory.mktemp("chain") / "ours"
    chain.make(folder)
    return chain.read(folder)


@pytest.fixture(scope="module")
def signed(ours, tmp_path_factory):
    return files_in(tmp_path_factory.mktemp("files") / "signed", signing.Signer(ours, told()))


def validated(path, content_type, roots=None):
    """What the reader itself says: its state, and its reasons."""
    trust = {"trust": {"user_anchors": roots}} if roots else {}
    plain = {"verify": {"verify_trust": True, "ocsp_fetch": False, "remote_manifest_fetch": False}}
    context = c2pa.Context.from_dict({"version": 1} | plain | trust)
    with path.open("rb") as file, c2pa.Reader(content_type, file, context=context) as reader:
        failures = reader.get_validation_results()["activeManifest"]["failure"]
        return reader.get_validation_state(), [one["code"] for one in failures]


@pytest.mark.parametrize("name", NAMES)
def test_a_reader_trusts_every_file_with_our_root_and_finds_it_valid_without(name, signed, ours):
    path, kind = signed / FILES[name].file, FILES[name].content_type
    assert validated(path, kind, ours.roots) == ("Trusted", [])
    assert validated(path, kind) == ("Valid", ["signingCredential.untrusted"])


@pytest.mark.parametrize("name", NAMES)
def test_a_changed_byte_is_found(name, signed, ours, tmp_path):
    content = bytearray((signed / FILES[name].file).read_bytes())
    places = {"picture": content.rfind(b"IDAT") + 40, "poster": 80, "sheet": 80}
    place = places.get(name, len(content) * 9 // 10)
    content[place] ^= 1
    (tmp_path / "changed").write_bytes(content)
    state, failures = validated(tmp_path / "changed", FILES[name].content_type, ours.roots)
    assert state == "Invalid"
    assert failures in (["assertion.bmffHash.mismatch"], ["assertion.dataHash.mismatch"])


def test_the_manifest_says_what_was_done_with_what_and_names_nobody(signed, ours):
    account = read(signed / "video.mp4", ours.roots)
    assert account.state == "trusted"
    assert account.itself.title == "sora:0000000005"
    assert account.itself.source_type == "trainedAlgorithmicMedia"
    assert account.made == {
        "mark": "0000000005", "policy": "2026-11-22", "model": "small", "weights": "ab12",
    }  # fmt: skip


def test_a_remix_of_the_third_generation_lists_all_it_came_from(ours, tmp_path):
    file, marks = None, []
    for mark, roles in enumerate([(), ("remix",), ("extend",), ("stitch", "stitch")]):
        parents = [signing.Parent(file, "video/mp4", mark - 1)] * len(roles)
        folder = files_in(tmp_path / str(mark), signing.Signer(ours, told(mark, roles), parents))
        file = folder / "video.mp4"
    account = read(file, ours.roots)
    assert (account.state, account.problems) == ("trusted", ())
    one = account.itself
    while one:
        marks.append((one.mark, one.relationship))
        one = one.parents[0] if one.parents else None
    assert marks == [
        ("0000000003", ""), ("0000000002", "componentOf"),
        ("0000000001", "parentOf"), ("0000000000", "inputTo"),
    ]  # fmt: skip
    assert len(account.itself.parents) == 2
    for name in NAMES:
        found = validated(folder / FILES[name].file, FILES[name].content_type, ours.roots)
        assert found == ("Trusted", []), name


@pytest.mark.parametrize("roles", [(role,) for role in manifest.RELATIONSHIPS] + [("blend",) * 2])
def test_every_way_of_remixing_is_told_in_words_that_a_reader_accepts(
    roles, signed, ours, tmp_path
):
    parents = [signing.Parent(signed / "poster.webp", "image/webp", 5)] * len(roles)
    path = tmp_path / "poster.webp"
    path.write_bytes((signed / "sheet.webp").read_bytes())
    signing.Signer(ours, told(6, roles), parents).sign(path, "image/webp")
    assert validated(path, "image/webp", ours.roots) == ("Trusted", [])


def test_a_lineage_that_has_grown_too_long_is_cut(signed, ours, tmp_path, monkeypatch):
    monkeypatch.setattr(signing, "MOST_CARRIED", 1000)
    path = tmp_path / "poster.webp"
    path.write_bytes((signed / "sheet.webp").read_bytes())
    parent = signing.Parent(signed / "video.mp4", "video/mp4", 5)
    signing.Signer(ours, told(6, ("remix",)), [parent]).sign(path, "image/webp")
    account = read(path, ours.roots)
    assert account.state == "trusted"
    assert [(one.title, one.mark) for one in account.itself.parents] == [("sora:0000000005", "")]


def test_a_picture_says_how_many_bytes_its_manifests_take(signed):
    for name, least in (("video", 5_000), ("picture", 5_000), ("poster", 0)):
        path = signed / FILES[name].file
        assert signing.manifests_in(path, FILES[name].content_type) >= least


def test_somebody_elses_signature_is_valid_and_not_trusted(signed, tmp_path):
    chain.make(tmp_path / "theirs")
    account = read(signed / "video.mp4", chain.read(tmp_path / "theirs").roots)
    assert (account.state, account.problems) == ("valid", ("signingCredential.untrusted",))


def test_our_manifest_on_another_file_does_not_hold(signed, ours, tmp_path):
    """The box that holds it, put into a film that we did not make."""
    content = (signed / "video.mp4").read_bytes()
    at = content.index(signing.C2PA_BOX) - 8
    box = content[at : at + int.from_bytes(content[at : at + 4])]
    encode(drawn_frames()[:, ::-1], FPS, drawn_sound(), RATE, tmp_path)
    other = (tmp_path / "video.mp4").read_bytes()
    begin = int.from_bytes(other[:4])
    (tmp_path / "forged.mp4").write_bytes(other[:begin] + box + other[begin:])
    account = read(tmp_path / "forged.mp4", ours.roots)
    assert account.state == "invalid"
    assert "assertion.bmffHash.mismatch" in account.problems


def test_a_changed_word_in_the_manifest_is_found(signed, ours, tmp_path):
    content = (signed / "video.mp4").read_bytes()
    (tmp_path / "changed.mp4").write_bytes(content.replace(b"0000000005", b"0000000007"))
    assert read(tmp_path / "changed.mp4", ours.roots).state == "invalid"


def short_lived(years, began):
    """A chain whose first certificate is valid for so long from then on."""
    root, root_key = chain._certificate("root", 10, ca=0, began=began)
    leaf, key = chain._certificate("leaf", years, root, root_key, began=began)
    certificates = (chain._pem(leaf) + chain._pem(root)).decode()
    return chain.Chain(certificates, key, chain._pem(root).decode())


def test_what_has_expired_does_not_sign(signed):
    old = short_lived(1, datetime.now(UTC) - timedelta(days=800))
    with pytest.raises(c2pa.C2paError, match="not valid at time of signing"):
        signing.Signer(old, told()).sign(signed / "sheet.webp", "image/webp")


def test_what_expires_later_is_not_trusted_any_more(signed, tmp_path):
    """Without an authority's stamp nobody knows that it was signed in time."""
    seconds = 6
    soon = short_lived(seconds / (365 * 86400), datetime.now(UTC))
    path = tmp_path / "poster.webp"
    path.write_bytes((signed / "sheet.webp").read_bytes())
    signing.Signer(soon, told()).sign(path, "image/webp")
    assert validated(path, "image/webp", soon.roots) == ("Trusted", [])
    until(lambda: validated(path, "image/webp", soon.roots)[0] == "Invalid")
    assert "signingCredential.expired" in validated(path, "image/webp", soon.roots)[1]


def test_a_film_without_a_manifest_and_a_broken_one_are_told_apart(signed, ours, tmp_path):
    encode(drawn_frames(), FPS, drawn_sound(), RATE, tmp_path)
    assert read(tmp_path / "video.mp4", ours.roots) == reading.SILENT
    (tmp_path / "cut.mp4").write_bytes((tmp_path / "video.mp4").read_bytes()[:9000])
    assert read(tmp_path / "cut.mp4", ours.roots) == reading.SILENT
    (tmp_path / "short.mp4").write_bytes((signed / "video.mp4").read_bytes()[:9000])
    unreadable = reading.Account(reading.State.INVALID, ("manifest.unreadable",))
    assert read(tmp_path / "short.mp4", ours.roots) == unreadable


def test_playlists_follow_what_moved(signed):
    """Every range of the playlist is a fragment that decodes behind the index."""
    lines = (signed / "video.m3u8").read_text().splitlines()
    content = (signed / "video_parts.mp4").read_bytes()
    index = int(next(line for line in lines if "MAP" in line).split('"')[3].split("@")[0])
    ranges = [line.partition(":")[2].split("@") for line in lines if line.startswith("#EXT-X-BYTE")]
    assert content[index + 4 : index + 8] == b"moof"
    shown = 0
    for length, start in ((int(length), int(start)) for length, start in ranges):
        part = signed / "part.mp4"
        part.write_bytes(content[:index] + content[start : start + length])
        with av.open(str(part)) as film:
            shown += len(list(film.decode(video=0)))
    assert shown == len(drawn_frames())


@pytest.mark.parametrize("name", [name for name in NAMES if not name.endswith("parts")])
def test_platforms_read_the_source_type(name, signed):
    path = signed / FILES[name].file
    source = b'DigitalSourceType="http://cv.iptc.org/newscodes/digitalsourcetype/trained'
    if path.suffix == ".mp4":
        assert source in path.read_bytes()
    else:
        with Image.open(path) as picture:
            packet = picture.info.get("xmp") or picture.info["XML:com.adobe.xmp"].encode()
        assert source in packet


# --- the chain ------------------------------------------------------------------------------------


def test_a_folder_that_cannot_sign_says_why(tmp_path):
    with pytest.raises(BadChain):
        chain.read(tmp_path)
    chain.make(tmp_path / "one")
    chain.make(tmp_path / "other")
    (tmp_path / "one" / chain.KEY).write_bytes((tmp_path / "other" / chain.KEY).read_bytes())
    with pytest.raises(BadChain, match="not the key of the first certificate"):
        chain.read(tmp_path / "one")
    (tmp_path / "one" / chain.KEY).write_text("nonsense")
    with pytest.raises(BadChain):
        chain.read(tmp_path / "one")


def test_a_chain_is_never_written_over_and_its_key_is_its_owners(tmp_path):
    chain.make(tmp_path / "own")
    assert (tmp_path / "own" / chain.KEY).stat().st_mode & 0o777 == 0o600
    before = (tmp_path / "own" / chain.CHAIN).read_text()
    with pytest.raises(FileExistsError):
        chain.make(tmp_path / "own")
    assert (tmp_path / "own" / chain.CHAIN).read_text() == before
    assert [path.name for path in tmp_path.iterdir()] == ["own"]


def test_the_embedded_server_makes_its_own_and_no_other_does(settings, tmp_path):
    settings.PROVENANCE = tmp_path / "provenance"
    settings.PROVENANCE_OWN = False
    assert [one.id for one in claims.check_chain()] == ["generation.E001"]
    settings.PROVENANCE_OWN = True
    assert claims.check_chain() == []
    assert claims.own_chain().roots == claims.roots()


def test_an_expired_certificate_stops_the_start(settings, tmp_path):
    settings.PROVENANCE, settings.PROVENANCE_OWN = tmp_path, False
    began = datetime.now(UTC) - timedelta(days=800)
    leaf, key = chain._certificate("old", 1, began=began)
    (tmp_path / chain.CHAIN).write_bytes(chain._pem(leaf))
    (tmp_path / chain.ROOTS).write_bytes(chain._pem(leaf))
    chain._write_key(tmp_path / chain.KEY, key)
    (found,) = claims.check_chain()
    assert "valid until" in found.msg


def test_a_manifest_is_json_that_anybody_reads(signed, ours):
    account = read(signed / "poster.webp", ours.roots)
    assert json.loads(json.dumps(account.made))["mark"] == "0000000005"
