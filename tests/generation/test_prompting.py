"""What the model reads: slots for people, what is understood, what is added, and why not more."""

import time

import numpy as np
import pytest

from cameos.uses import MENTION as CAMEOS_MENTION
from generation.engine.drawn import scene
from generation.engine.drawn.captions import ORDER, caption
from generation.engine.drawn.palette import COLOURS
from generation.engine.drawn.scene import random_scene
from generation.errors import Blocked
from generation.prompting import Asked, Level, Reader, compose
from generation.prompting import slots as slotting
from generation.prompting.recognition import understand
from generation.prompting.template import hints_of
from generation.prompting.types import WriterFailed
from generation.prompting.vocabulary import concepts, words_of
from generation.styles import offered

DRAWN, ANY = Reader("drawn", window=512), Reader()
NARROW = Reader("drawn", window=48)
WHO = ("anna", "bob", "cleo")


def read(prompt, reader=DRAWN, **asked):
    """What a model reads of a prompt."""
    return compose(Asked(prompt, handles=WHO, **asked), reader).prompt


def plain(prompt, reader=DRAWN, **asked):
    return read(prompt, reader, level=Level.OFF, **asked)


# --- people ---------------------------------------------------------------------------------------


def test_handles_become_the_words_of_the_captions_in_the_order_of_mention():
    words = compose(Asked("@Bob and @anna dance, @bob waves", handles=WHO, level=Level.OFF), DRAWN)
    assert words.prompt == "person one and person two dance, person one waves"
    assert words.slots == ("bob", "anna")
    for number, name in enumerate(ORDER):
        assert slotting.name_of(number, 3, "drawn") == f"person {name}"


def test_production_models_read_plain_english_of_people():
    assert plain("@anna dances, @anna waves", ANY) == "a person dances, the person waves"
    assert plain("@anna and @bob", ANY) == "the first person and the second person"


def test_a_handle_of_nobody_stays_as_a_word_and_an_address_as_it_is():
    assert plain("@nobody meets @anna, mail a@b.org") == "nobody meets person one, mail a@b.org"


def test_everybody_whom_cameos_take_for_mentioned_has_a_slot():
    assert slotting.MENTION.pattern == CAMEOS_MENTION.pattern


def test_a_person_has_one_slot_in_all_shots():
    asked = Asked(
        "a day out", shots=("@bob waves", "@anna and @bob hug"), handles=WHO, level=Level.OFF
    )
    words = compose(asked, DRAWN)
    assert words.slots == ("bob", "anna")
    assert words.shots == ("person one waves", "person two and person one hug")


# --- what is added --------------------------------------------------------------------------------


def test_the_template_keeps_the_words_first_and_adds_light_and_camera():
    assert (
        read("a person dances on a beach", seed=1)
        == "a person dances on a beach by day, the camera pans right"
    )


def test_the_same_prompt_and_seed_make_the_same_text_and_seeds_differ():
    texts = [{read("a cat in a forest", seed=seed) for _ in range(3)} for seed in range(12)]
    assert [len(same) for same in texts] == [1] * 12
    assert len(set.union(*texts)) == 4


@pytest.mark.parametrize(
    ("prompt", "kept_out"),
    [
        ("a person dances at night", "by day"),
        ("a person under the stars", "by day"),
        ("a person on a stage", "by day"),
        ("not by day, a cat jumps", "by day"),
        ("the camera pans left over a meadow", "zoom"),
        ("close up of a cat", "camera pans"),
        ("a person walks to the left", "pans right"),
        ("ein Hund am Strand bei Nacht", "by day"),
    ],
)
def test_nothing_is_added_about_what_is_spoken_of(prompt, kept_out):
    assert all(kept_out not in read(prompt, seed=seed).replace(prompt, "") for seed in range(20))


@pytest.mark.parametrize(
    "prompt", ["밤에 춤추는 고양이", "una donna che balla nella notte", "xyzzy", "???"]
)
def test_what_is_not_understood_is_left_alone(prompt):
    assert read(prompt) == prompt.rstrip()


def test_a_given_picture_is_not_contradicted():
    assert read("a person dances on a beach", pictured=True) == "a person dances on a beach"


def test_nothing_is_added_when_nothing_is_to_be():
    assert plain("a person dances on a beach 🌙") == "a person dances on a beach 🌙"


def test_production_models_get_hints_of_sound_and_no_translation():
    text = read("ein Fuchs tanzt am Strand im Regen", ANY, seed=3)
    assert text.startswith("ein Fuchs tanzt am Strand im Regen, ")
    assert "the sound of rain" in text
    assert "on a beach" not in text
    assert "sound of rain" not in read("people dance in silence in the rain", ANY)


# --- other languages and emoji --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("prompt", "says"),
    [
        ("am Strand bei Sonnenuntergang", "on a beach at sunset"),
        ("@anna tanzt im Wald, ohne Regen", "person one dancing in a forest by day"),
        ("ein großer roter Ball hüpft im Regen", "a big red ball bouncing in the rain by day"),
        ("un ballon rouge et une voiture bleue la nuit", "a red balloon and a blue car at night"),
        ("un homme en chemise bleue danse dans la neige, noir et blanc",
         "a person in a blue shirt dancing in the snow by day, black and white"),
        ("dos pelotas rojas en la playa de noche", "two red balls on a beach at night"),
        ("@anna y @bob abrazan de noche", "person one and person two hugging at night"),
        ("一个人在海滩上跳舞，日落", "a person dancing on a beach at sunset"),
        ("一个红色的球在雪地里", "a red ball in the snow by day"),
        ("没有雨的森林", "in a forest by day"),
        ("@anna dances 🏖️", "on a beach by day"),
        ("@anna 💃 🌲 🌙", "person one dancing in a forest at night"),
        ("a person at the seaside", "on a beach by day"),
    ],
)  # fmt: skip
def test_what_is_said_otherwise_is_said_again_in_the_models_words(prompt, says):
    own = plain(prompt)
    rest = read(prompt).removeprefix(f"{own}, ")
    assert rest == says or rest.startswith(f"{says}, ")


@pytest.mark.parametrize(
    "prompt", ["I see a red vent", "he rose on the stage", "a tag in the die, with a son"]
)
def test_english_words_that_look_like_others_are_not_translated(prompt):
    assert understand(prompt).language == "en"
    assert not any(word in read(prompt) for word in ("on the sea", "pink", "wind"))


@pytest.mark.parametrize("compound", ["火车", "大家", "地球", "公园", "小心"])
def test_a_word_inside_another_is_not_taken_for_itself(compound):
    assert not any(word in read(compound) for word in ("car", "big", "ball", "flower", "small"))


def test_words_that_the_model_knows_are_not_repeated():
    text = read("a person dances on a beach at night 🏖️ 🌙 💃")
    assert text.count("beach") == text.count("night") == 1


def test_known_words_come_first_where_the_window_is_narrow():
    own = "ein Fuchs tanzt am Strand bei Sonnenuntergang"
    assert read(own, NARROW).startswith("dancing on a beach at sunset, ")
    assert read(own, NARROW, style="noir").endswith(f"black and white, {own}")
    assert read("a person dances on a beach at sunset in the rain", NARROW).startswith("a person")


def test_every_word_that_is_said_to_the_model_is_in_the_captions_it_learned_from():
    rng = np.random.default_rng(0)
    learned = {word for _ in range(4000) for word in words_of(caption(random_scene(rng), rng))}
    said = [text for hint in hints_of("drawn") for text in hint["says"]]
    said += [style.parts["drawn"].after for style in offered("drawn")]
    said += [text for concept in concepts() for text in (concept.says, concept.many)]
    assert set(words_of(" ".join(said))) - learned == set()


def test_every_place_light_weather_style_action_and_thing_of_the_world_has_its_words():
    known = {concept.kind: set() for concept in concepts()}
    for concept in concepts():
        known[concept.kind].add(concept.name)
    assert set(known) == set(KINDS)
    assert known["place"] == set(scene.PLACES)
    assert known["light"] - {"lit"} == set(scene.LIGHTS)
    assert known["weather"] - {"some weather"} == set(scene.WEATHERS) - {"clear"}
    assert known["style"] == set(scene.STYLES) == {style.name for style in offered("drawn")}
    assert known["thing"] == set(scene.KINDS)
    assert known["colour"] == set(COLOURS)
    assert known["wear"] - {"shirt", "hair"} == set(scene.HATS) - {"none"}
    assert known["camera"] - {"some camera"} == set(scene.CAMERAS) - {"still"}
    ways = {action.removesuffix(" left").removesuffix(" right") for action in scene.ACTIONS}
    assert known["action"] == ways | set(scene.TOGETHER)


KINDS = (
    "who", "place", "light", "weather", "action", "motion", "way", "thing", "wear", "colour",
    "size", "number", "camera", "style", "sound", "other",
)  # fmt: skip


# --- the text model -------------------------------------------------------------------------------


def written(adds, prompt="@anna on a beach", **asked):
    """What becomes of a prompt when the text model does this."""
    asked = Asked(prompt, handles=WHO, level=Level.WRITER, **asked)
    return compose(asked, DRAWN, adds)


def failing(reason):
    def write(prompt):
        raise WriterFailed(reason)

    return write


def test_the_authors_words_stay_first_when_a_text_model_adds_to_them():
    words = written(lambda prompt: " Soft light\n falls,\tslowly. ", style="noir")
    assert words.prompt == "person one on a beach. Soft light falls, slowly, black and white"
    assert (words.by, words.note, words.slots) == (Level.WRITER, "", ("anna",))


@pytest.mark.parametrize(
    ("adds", "likeness", "note"),
    [
        (None, False, "no_writer"),
        (failing("TooSlow"), False, "TooSlow"),
        (lambda prompt: " \n ", False, "nothing_written"),
        (lambda prompt: "a\x1b[31mb", False, "nothing_written"),
        (lambda prompt: "all are naked", True, "blocked_sexual_likeness"),
        (lambda prompt: "a naked child", False, "blocked_minors"),
    ],
)
def test_the_template_writes_where_the_text_model_cannot_and_says_why(adds, likeness, note):
    words = written(adds, with_likeness=likeness)
    assert words.prompt == read("@anna on a beach")
    assert (words.level, words.by, words.note) == (Level.WRITER, Level.TEMPLATE, note)
    assert words.recipe()["enhance_note"] == note


def test_a_text_model_names_nobody_and_is_not_endless():
    assert written(lambda prompt: "with @bob").prompt == "person one on a beach. with bob"
    assert len(written(lambda prompt: "word " * 5000).prompt) < 700


def test_one_shot_that_cannot_be_written_takes_the_template_to_all():
    met = []

    def once(prompt):
        met.append(prompt)
        return "more" if len(met) == 1 else ""

    words = written(once, shots=("@anna waves",))
    assert words.by == Level.TEMPLATE
    assert words.prompt == read("@anna on a beach")


# --- what may not be made -------------------------------------------------------------------------


@pytest.mark.parametrize("level", Level)
def test_the_authors_words_are_screened_at_every_level(level):
    with pytest.raises(Blocked):
        compose(Asked("a naked child", level=level), DRAWN)


def test_shots_are_screened_together():
    with pytest.raises(Blocked) as no:
        compose(Asked("a day", shots=("a child runs", "somebody is naked")), DRAWN)
    assert [one["field"] for one in no.value.facts["because"]] == ["shots.0", "shots.1"]


def test_a_handle_that_becomes_a_word_is_screened_as_one():
    with pytest.raises(Blocked):
        compose(Asked("@naked child"), DRAWN)
    compose(Asked("@naked child", handles=("naked",)), DRAWN)


# --- styles ---------------------------------------------------------------------------------------


def test_a_style_is_the_same_for_every_shot_and_at_every_level():
    for level in (Level.OFF, Level.TEMPLATE):
        words = compose(
            Asked("a cat", shots=("a car", "a boat"), level=level, style="pixel"), DRAWN
        )
        assert all(text.endswith(", pixel art") for text in (words.prompt, *words.shots))


def test_a_style_leaves_no_hint_that_would_spoil_it():
    assert "by day" in read("a cat in a forest")
    assert "by day" not in read("a cat in a forest", style="neon")


def test_a_style_may_stand_before_the_words():
    assert plain("a cat", ANY, style="sketch").startswith("A moving pencil sketch: a cat, graphite")


def test_a_style_that_the_model_has_no_words_for_changes_nothing():
    assert plain("a cat", DRAWN, style="anime") == "a cat"


# --- how far a text goes --------------------------------------------------------------------------


@pytest.mark.parametrize("piece", ["雪 大 红 ", "🏖️", "ein roter Ball ", "红大球", "no ", "@anna "])
def test_long_texts_of_anything_are_read_in_good_time(piece):
    began = time.process_time()
    read((piece * 2000)[:2000])
    assert time.process_time() - began < 2
