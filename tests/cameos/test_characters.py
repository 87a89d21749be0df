"""Characters: made of a clip, under a handle that is nobody else's, for those who may use them."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import product
from threading import Barrier

import pytest
import time_machine
from django.db import connection, transaction
from django.utils.timezone import now

from cameos import characters, services
from cameos.errors import HandleTaken, LikenessOff, TooManyCharacters, UnknownCameo
from cameos.models import Character, CharacterPicture
from cameos.sketching import settle, sketch
from cameos.states import CHARACTER_MOVES, CharacterAudience, CharacterState
from cameos.verifying import FAILED, Finding
from sora_social import outbox, storage
from sora_social.errors import IllegalMove
from sora_social.moderation.models import Subject
from sora_social.moderation.services import lift, take_down
from sora_social.uploads import UploadRefused
from sora_social.users import services as users
from sora_social.users.models import Handle
from tests.cameos.characters import cat, film, making, pet_clip, ready
from tests.cameos.making import active_cameo
from tests.faces.drawn import drawn_turning
from tests.people import make_mutual, moderator, person

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("pack")]
NOBODY = Finding(False, ("human_face",))


@pytest.fixture
def pet(tmp_path) -> Character:
    return ready(person(), "rex")


def usable(who) -> list[str]:
    return list(Character.objects.usable_by(who).values_list("handle", flat=True))


def files() -> list[str]:
    return [*storage.keys_under("quarantine"), *storage.keys_under("characters")]


# --- making one ---


def test_a_clip_waits_in_quarantine_for_a_worker(tmp_path):
    clip = pet_clip(tmp_path)
    made = services.make_character(person(), clip, handle="Rex", kind="pet")
    assert (made.state, made.handle, made.audience) == ("making", "rex", "private")
    assert storage.fetch(made.clip_key) == clip.read_bytes()
    assert usable(made.owner) == []


@pytest.mark.parametrize(
    ("seconds", "rule"), [(1.5, "too_short"), (4.5, "too_long"), (2.0, None), (4.0, None)]
)
def test_a_clip_has_two_to_four_seconds(tmp_path, seconds, rule):
    clip, before = pet_clip(tmp_path, seconds), files()
    if rule is None:
        assert services.make_character(person(), clip, handle="rex", kind="pet").seconds == seconds
        return
    with pytest.raises(UploadRefused) as no:
        services.make_character(person(), clip, handle="rex", kind="pet")
    assert (no.value.facts["field"], no.value.facts["rule"]) == ("clip", rule)
    assert (files(), Handle.objects.filter(handle="rex").count()) == (before, 0)


def test_what_is_no_clip_is_refused_at_once(tmp_path):
    letter = tmp_path / "letter.mp4"
    letter.write_bytes(b"dear diary")
    with pytest.raises(UploadRefused) as no:
        services.make_character(person(), letter, handle="rex", kind="pet")
    assert no.value.facts == {"field": "clip", "rule": "not_a_video"}


def test_without_a_pack_nothing_can_tell_a_face_and_nothing_is_made(tmp_path, settings):
    before, settings.LIKENESS_MODEL_PACK = files(), tmp_path / "none"
    with pytest.raises(LikenessOff):
        making(person())
    assert (Character.objects.count(), files()) == (0, before)


def test_the_same_clip_under_the_same_handle_again_is_the_same_character(tmp_path):
    owner, clip = person(), pet_clip(tmp_path)
    first, again = (
        services.make_character(owner, clip, handle="rex", kind="pet") for _ in range(2)
    )
    assert first.pk == again.pk
    with pytest.raises(HandleTaken):
        making(owner, "rex")


def test_an_owner_has_twenty_at_most(monkeypatch):
    owner = person()
    monkeypatch.setattr(characters, "MOST", 2)
    first = making(owner)
    making(owner)
    with pytest.raises(TooManyCharacters) as no:
        making(owner)
    assert no.value.facts == {"at_most": 2}
    services.remove_character(first)
    assert making(owner).state == CharacterState.MAKING


def test_whoever_makes_and_removes_all_day_is_stopped(monkeypatch):
    owner = person()
    monkeypatch.setattr(characters, "MOST_A_DAY", 2)
    for _ in range(2):
        services.remove_character(making(owner))
    with pytest.raises(TooManyCharacters) as no:
        making(owner)
    assert no.value.facts == {"at_most": 2, "hours": 24}
    with time_machine.travel(now() + timedelta(hours=25)):
        assert making(owner).state == CharacterState.MAKING


# --- handles ---


def test_a_handle_is_of_one_person_or_cameo_or_character(pet):
    bee = person("bee")
    active_cameo(bee, handle="queen")
    for taken in ("rex", "bee", "queen"):
        for who in (person(), bee):
            with pytest.raises(HandleTaken):
                making(who, taken)
    with pytest.raises(HandleTaken):
        services.open_cameo(person(), "rex")
    with pytest.raises(users.IntegrityError), transaction.atomic():
        person("rex")


def test_a_handle_is_free_again_after_a_removal_or_a_revocation(pet):
    cameo = active_cameo(person(), handle="queen")
    services.remove_character(pet)
    services.revoke(cameo)
    assert making(person(), "rex").handle == "rex"
    assert making(person(), "queen").handle == "queen"


def test_a_cameo_by_its_owners_handle_leaves_that_with_the_owner():
    cameo = active_cameo(person("ada"))
    services.revoke(cameo)
    assert [(row.handle, row.kind) for row in Handle.objects.filter(handle="ada")] == [
        ("ada", "person")
    ]


@pytest.mark.django_db(transaction=True)
def test_of_three_who_race_for_a_handle_one_gets_it(tmp_path):
    ada, bee, together = person("ada"), person("bee"), Barrier(3)
    clip = pet_clip(tmp_path)

    def race(take) -> str:
        together.wait(timeout=30)
        try:
            take()
            return "taken"
        except (HandleTaken, users.IntegrityError):
            return "lost"
        finally:
            connection.close()

    ways = [
        lambda: services.make_character(ada, clip, handle="rex", kind="pet"),
        lambda: services.open_cameo(bee, "rex"),
        lambda: person("rex"),
    ]
    with ThreadPoolExecutor(3) as pool:
        assert sorted(pool.map(race, ways)) == ["lost", "lost", "taken"]
    assert Handle.objects.filter(handle="rex").count() == 1


# --- the look ---


def test_a_refusal_says_why_frees_the_handle_and_keeps_no_file(django_capture_on_commit_callbacks):
    before, made = files(), making(person(), "rex")
    with django_capture_on_commit_callbacks(execute=True):
        settle(made, NOBODY)
    found = Character.objects.get(pk=made.pk)
    assert (found.state, found.reasons, files()) == ("refused", ["human_face"], before)
    assert Handle.objects.filter(handle="rex").count() == 0
    told = outbox.OutboxEvent.objects.get(kind="character_refused")
    assert (told.user_id, told.payload["reasons"]) == (made.owner_id, ["human_face"])


def test_what_passed_is_ready_with_its_pictures_and_says_so(pet):
    assert (pet.state, CharacterPicture.objects.filter(character=pet).count()) == ("ready", 2)
    assert not storage.exists(pet.clip_key)
    assert outbox.OutboxEvent.objects.get(kind="character_ready").user_id == pet.owner_id


def test_a_look_is_taken_once_however_often_it_is_sent(pet):
    before = files()
    sketch(str(pet.pk))
    settle(pet, NOBODY)
    pet.refresh_from_db()
    assert (pet.state, files()) == ("ready", before)


def test_a_worker_that_was_lost_is_followed_by_another_and_three_are_enough():
    made = making(person())
    lost = {"claimed_until": now() - timedelta(seconds=1), "tries": 3}
    Character.objects.filter(pk=made.pk).update(**lost)
    sketch(str(made.pk))
    made.refresh_from_db()
    assert (made.state, made.reasons) == ("refused", [FAILED])


def test_what_nobody_has_begun_with_is_sent_again(settings):
    made = making(person())
    assert services.resume_sketching() == 0
    long_ago = now() - timedelta(seconds=settings.REDISPATCH_S + 1)
    Character.objects.filter(pk=made.pk).update(sent_at=long_ago)
    assert (services.resume_sketching(), services.resume_sketching()) == (1, 0)


def test_one_removed_while_it_is_looked_at_stays_removed_and_leaves_no_file(
    django_capture_on_commit_callbacks,
):
    before, made = files(), making(person())
    with django_capture_on_commit_callbacks(execute=True):
        services.remove_character(Character.objects.get(pk=made.pk))
    settle(made, Finding(True, pictures=(b"a picture",)))
    assert (Character.objects.get(pk=made.pk).state, files()) == ("removed", before)


# --- who may use it ---


def test_a_character_is_its_owners_until_others_are_let_in(pet):
    owner, friend, stranger = pet.owner, person(), person()
    make_mutual(owner, friend)
    asked = {
        CharacterAudience.PRIVATE: (["rex"], [], []),
        CharacterAudience.MUTUALS: (["rex"], ["rex"], []),
        CharacterAudience.EVERYONE: (["rex"], ["rex"], ["rex"]),
    }
    for audience, found in asked.items():
        services.change_character(pet, audience=audience)
        assert (usable(owner), usable(friend), usable(stranger)) == found
    services.change_character(pet, audience=CharacterAudience.MUTUALS)
    users.unfollow(friend, owner)
    assert usable(friend) == []


@pytest.mark.parametrize("by_owner", [True, False])
def test_a_block_either_way_shuts_it(pet, by_owner):
    other = person()
    users.block(*((pet.owner, other) if by_owner else (other, pet.owner)))
    assert (usable(other), usable(pet.owner)) == ([], ["rex"])


def test_paused_down_suspended_or_removed_it_is_nobodys_to_use(pet):
    owner, other, judge = pet.owner, person(), moderator()
    services.pause_character(pet)
    assert (usable(owner), usable(other)) == ([], [])
    services.resume_character(pet)
    down = take_down(Subject.CHARACTER, str(pet.pk), judge, "test")
    assert (usable(owner), usable(other)) == ([], [])
    lift(down, judge)
    users.suspend(owner)
    assert usable(other) == []
    users.restore(owner)
    assert usable(other) == ["rex"]
    services.remove_character(pet)
    assert (usable(owner), usable(other)) == ([], [])


def test_a_prompt_names_cameos_and_characters_alike_in_its_order(pet):
    ada, other = active_cameo(person("ada")), person()
    assert services.mentioned(other, "@rex and @ada") == [pet, ada]


def test_what_one_may_not_use_and_what_does_not_exist_look_alike(pet):
    other = person()
    services.change_character(pet, audience=CharacterAudience.PRIVATE)
    for handle in ("rex", "no_such_pet"):
        with pytest.raises(UnknownCameo) as no:
            services.mentioned(other, f"@{handle} runs")
        assert (no.value.facts, no.value.field) == ({"handle": handle}, "prompt")
    assert services.mentioned(pet.owner, "@rex runs") == [pet]


# --- its states ---


@pytest.mark.parametrize(("here", "to"), product(CharacterState, CharacterState))
def test_a_character_moves_as_its_table_says(here, to):
    one = Character.objects.create(
        owner=person(), handle="rex", kind="pet", state=here, sha256="0", seconds=3
    )
    if to in CHARACTER_MOVES.get(here, ()):
        one.move(to)
    else:
        with pytest.raises(IllegalMove):
            one.move(to)
    assert Character.objects.get(pk=one.pk).state == (
        to if to in CHARACTER_MOVES.get(here, ()) else here
    )


def test_only_a_pause_is_resumed_and_a_removed_one_is_not_changed(pet):
    for one in (pet, making(person())):
        with pytest.raises(IllegalMove):
            services.resume_character(one)
    services.remove_character(pet)
    with pytest.raises(IllegalMove):
        services.change_character(pet, audience=CharacterAudience.EVERYONE)
    with pytest.raises(IllegalMove):
        services.remove_character(pet)


# --- a person's own, and a person's end ---


def test_an_export_holds_characters_with_their_pictures(pet):
    parts = dict(services.personal_data(pet.owner))
    [about] = json.loads(parts["cameos/characters.json"])
    assert (about["handle"], about["kind"], about["state"]) == ("rex", "pet", "ready")
    assert [storage.exists(key) for name, key in parts.items() if "characters/" in name] == [
        True,
        True,
    ]


def test_with_the_account_go_its_characters_and_their_files(
    pet, django_capture_on_commit_callbacks
):
    before = len(files())
    with django_capture_on_commit_callbacks(execute=True):
        users.delete_account(pet.owner)
    assert (Character.objects.count(), Handle.objects.count()) == (0, 0)
    assert len(files()) == before - 2


# --- a worker's eyes: the real child, the real pack ---


def looked_at(owner, clip) -> Character:
    made = services.make_character(owner, clip, handle="rex", kind="drawn")
    sketch(str(made.pk))
    made.refresh_from_db()
    return made


@pytest.mark.slow
def test_a_drawn_cat_is_nobody(tmp_path):
    made = looked_at(person(), pet_clip(tmp_path))
    assert (made.state, made.reasons, made.pictures.count()) == ("ready", [], 3)
    assert {storage.fetch(picture.key)[8:12] for picture in made.pictures.all()} == {b"WEBP"}


@pytest.mark.slow
def test_a_face_in_a_single_frame_refuses_the_clip(tmp_path):
    face = drawn_turning(3, [(0.0, 0.0)])[0][100:356, 72:328]
    frames = cat(24)
    frames[10] = face
    made = looked_at(person(), film(frames, tmp_path))
    assert (made.state, made.reasons) == ("refused", ["human_face"])


@pytest.mark.slow
def test_a_clip_of_nothing_is_refused(tmp_path):
    grey = [frame * 0 + 90 for frame in cat(24)]
    made = looked_at(person(), film(grey, tmp_path))
    assert (made.state, made.reasons) == ("refused", ["nothing_to_see"])
