"""What `evaluate_screening` says of the layers."""

import json

import pytest
from django.core.management import call_command
from PIL import Image

from generation.engine import classifying
from generation.screening.evaluation import pictures
from tests.generation.screening import tiny

pytestmark = pytest.mark.xdist_group("engine")


def test_copies_are_known_through_what_people_do_to_them_and_the_rest_is_told(monkeypatch):
    monkeypatch.setattr(pictures, "BARRED", 3)
    monkeypatch.setattr(pictures, "OTHERS", 5)
    said = pictures.copies()
    for known in ("as it was", "half the size", "mirrored", "grey"):
        assert said["found"][known] == 3
    assert said["found"]["upside down"] == said["wrong"] == 0


def test_a_labelled_folder_is_shown_to_the_model_and_texts_to_the_other(
    settings, tmp_path, monkeypatch, capsys
):
    monkeypatch.setattr(pictures, "BARRED", 1)
    monkeypatch.setattr(pictures, "OTHERS", 1)
    for group in ("explicit", "hate", "none"):
        (tmp_path / "shown" / group).mkdir(parents=True)
        Image.new("RGB", (40, 40), "red").save(tmp_path / "shown" / group / "1.png")
    settings.SCREENING_PICTURES = tiny.pictures(tmp_path / "p", {"normal": -4.0, "nsfw": 4.0})
    settings.SCREENING_TEXTS = tiny.texts(tmp_path / "t", {"ok": -4.0, "hate": 4.0})
    call_command("evaluate_screening", out=tmp_path / "all.json", pictures=tmp_path / "shown")
    classifying.unload()
    said = json.loads((tmp_path / "all.json").read_text())
    assert {name: one["found"] for name, one in said["pictures"].items()} == {
        "explicit": 1,
        "hate": 0,
        "none": 1,
    }
    english = said["texts"]["texts"]["languages"]["en"]
    assert english["passed"] == 0  # it says hate of everything
    assert english["stopped"] == 16  # and that is right for what is hateful
    assert said["texts"]["both"]["languages"]["en"]["stopped"] >= 80
    assert "| explicit | 1 of 1 |" in capsys.readouterr().out
