"""Style presets: offered to the models that can read them, and their stills."""

import json
import shutil

import numpy as np
import pytest
from django.core.management import CommandError, call_command
from PIL import Image

from generation import styles
from generation.errors import NotPossible
from generation.reading import reader_of

DRAWN = ("cartoon", "pastel", "noir", "neon", "sketch", "pixel", "paper", "sepia")


@pytest.fixture
def card(tmp_path, settings):
    """Loads a model of which nothing but the card exists: `card(vocabulary="drawn")`."""

    def load(**card):
        settings.GENERATION_MODEL = tmp_path
        (tmp_path / "sora.json").write_text(json.dumps(card))

    return load


def test_a_model_of_the_drawn_world_is_offered_its_own_styles(card):
    card(vocabulary="drawn")
    assert tuple(style.name for style in styles.offered()) == DRAWN


def test_a_production_model_is_offered_those_with_plain_english(card):
    card()
    names = [style.name for style in styles.offered()]
    assert names[: len(DRAWN)] == [*DRAWN]
    assert {"cinematic", "anime", "claymation"} < {*names}


def test_a_style_that_the_loaded_model_cannot_read_is_refused_with_those_it_can(card):
    card(vocabulary="drawn")
    with pytest.raises(NotPossible) as no:
        styles.named("anime")
    assert no.value.facts == {"field": "style", "asked": "anime", "possible": [*DRAWN]}
    assert styles.named("") is None
    assert styles.named("noir").title == "Noir"


@pytest.mark.parametrize("style", styles.offered("drawn") + styles.offered("any"))
def test_every_preset_says_what_it_is(style):
    assert style.title
    assert style.description.endswith(".")
    assert len(style.name) <= 24
    assert all(part.before or part.after for part in style.parts.values())


def test_a_card_tells_how_a_model_reads(card, settings):
    card(vocabulary="drawn", call={"max_sequence_length": 64})
    reader = reader_of(settings.GENERATION_MODEL)
    assert (reader.vocabulary, reader.window) == ("drawn", 64)
    card()
    assert reader_of(settings.GENERATION_MODEL) == type(reader)("any", None)


def test_a_still_has_an_address_once_it_is_rendered(tmp_path, settings):
    style = styles.named("noir", "drawn")
    settings.STATICFILES_DIRS = [tmp_path]
    settings.STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder"]
    assert style.still is None
    path = tmp_path / styles.STILLS / "noir.webp"
    path.parent.mkdir(parents=True)
    Image.new("RGB", (8, 8)).save(path)
    assert style.still == "/static/generation/styles/noir.webp"


@pytest.mark.slow
@pytest.mark.xdist_group("engine")
def test_the_stills_are_rendered_by_the_loaded_model(tmp_path, settings):
    model = tmp_path / "model"
    shutil.copytree(settings.GENERATION_MODEL, model)
    card = json.loads((model / "sora.json").read_text())
    (model / "sora.json").write_text(json.dumps(card | {"vocabulary": "drawn"}))
    settings.GENERATION_MODEL = model
    call_command("render_styles", "--out", str(tmp_path), "--only", "cartoon", "noir")
    pictures = [Image.open(tmp_path / f"{name}.webp") for name in ("cartoon", "noir")]
    size = tuple(card["capabilities"]["sizes"][0])
    assert [picture.size for picture in pictures] == [size, size]
    one, other = (np.asarray(picture, float) for picture in pictures)
    assert one.std() > 20  # something is to be seen
    assert np.abs(one - other).mean() > 1  # and the style changes it
    with pytest.raises(CommandError, match="unknown: anime"):
        call_command("render_styles", "--out", str(tmp_path), "--only", "anime")
