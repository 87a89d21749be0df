"""The layers of screening beside the lists of words: copies of what is barred, and open models that
look after safety, where settings name any. Models are asked in the child that renders.

Every layer says what it finds as signs of the policy's groups; the rules are asked of all of them
together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from django.conf import settings

from generation import barring, looks, orders
from generation.checking import LOOKED_AT
from generation.looks import Looks
from generation.models import Job
from generation.rendering import RenderFailed
from generation.screening import POLICY, Said, Sign, signs_in
from generation.screening.policy import Labels
from sora_social.moderation.models import Bar

Ask = Callable[[dict[str, Any]], dict[str, Any]]  # hands an order to the rendering child
PICTURES, TEXTS = "pictures", "texts"
VIDEO, SPOKEN = "video", "spoken"  # the fields of what was rendered, and of what is said in it
LONGEST = 600  # seconds of a film that are listened to
HASHED = 12  # digits of the hash of a model's weights that a verdict has


def of_inputs(job: Job, paths: Mapping[str, Sequence[Path]], folder: Path, ask: Ask) -> list[Sign]:
    """What is found in what goes in: everything is held to the bars, and what was uploaded is shown
    to the model. Raises RenderFailed."""
    uploads = {orders.input_of(name): name for name in LOOKED_AT if name in job.uploads}
    found = list[Sign]()
    for name, some in paths.items():
        for path in some:
            if _must_be_seen(path, uploaded=name in uploads):
                seen = looks.of_file(path)
                found += barring.signs_in(seen, uploads.get(name, name), job)
                if name in uploads:
                    seen.save(folder)
                    found += _of_model(folder, seen, uploads[name], ask)
    return found


def of_made(job: Job, file: Path, ask: Ask) -> list[Sign]:
    """What is found in what was rendered: a file among the others of it. Raises RenderFailed."""
    place = file.parent
    seen = looks.read(place)
    return [
        *barring.signs_in(seen, VIDEO, job),
        *_of_model(place, seen, VIDEO, ask),
        *_of_speech(file, ask),
    ]


def of_stored(path: Path, folder: Path, ask: Ask) -> list[Sign]:
    """What models find in a file of an output. Raises RenderFailed."""
    seen = looks.of_file(path)
    seen.save(folder)
    return [*_of_model(folder, seen, VIDEO, ask), *_of_speech(path, ask)]


def of_texts(said: Iterable[Said], ask: Ask) -> list[Sign]:
    """What a model reads in texts; none without one. Raises RenderFailed."""
    said = [one for one in said if one.text.strip()]
    if settings.SCREENING_TEXTS is None or not said:
        return []
    asked = {"texts": [one.text for one in said]}
    scores, model = _asked(settings.SCREENING_TEXTS, asked, ask)
    _check_labels(POLICY.texts, scores)
    return [
        Sign(group, TEXTS, one.where, {"label": label, "score": round(score, 3), "model": model})
        for one, found in zip(said, scores, strict=True)
        for group, label, score in groups_of(POLICY.texts, found)
    ]


def groups_of(labels: Labels, scores: Mapping[str, float]) -> Iterator[tuple[str, str, float]]:
    """(group, label, score) of everything that the policy takes for a sign."""
    for label, score in scores.items():
        for group, least in labels[label].items():
            if score >= least:
                yield group, label, score


def _must_be_seen(path: Path, *, uploaded: bool) -> bool:
    asked = (uploaded and settings.SCREENING_PICTURES) or Bar.objects.standing().exists()
    return bool(asked) and looks.is_seen(path)


def _of_model(folder: Path, seen: Looks, field: str, ask: Ask) -> list[Sign]:
    """Of each group the frame that has most of it."""
    if settings.SCREENING_PICTURES is None or not len(seen.frames):
        return []
    scores, model = _asked(settings.SCREENING_PICTURES, {"looks": str(folder)}, ask)
    _check_labels(POLICY.pictures, scores)
    best = dict[str, tuple[float, str, float]]()
    for at, found in zip(seen.times.tolist(), scores, strict=True):
        for group, label, score in groups_of(POLICY.pictures, found):
            best[group] = max(best.get(group, (0.0, "", 0.0)), (score, label, at))
    return [
        Sign(group, PICTURES, field, {
            "at": round(at, 2), "label": label, "score": round(score, 3), "model": model,
        })
        for group, (score, label, at) in best.items()
    ]  # fmt: skip


def _of_speech(film: Path, ask: Ask) -> list[Sign]:
    """Of what is spoken in a film, if there is a model that hears: by the lists of words, and by
    the model that reads."""
    if settings.SCREENING_SPEECH is None or film.suffix not in looks.FILMS:
        return []
    asked = {"film": str(film), "seconds": LONGEST, "folder": str(settings.SCREENING_SPEECH)}
    found = list[Sign]()
    for at, text in ask({"do": "transcribe"} | asked)["spoken"]:
        said = [Said(SPOKEN, text)]
        signs = [*signs_in(said), *of_texts(said, ask)]
        found += [replace(sign, facts={**sign.facts, "at": at}) for sign in signs]
    return found


def _asked(folder: Path, given: dict[str, Any], ask: Ask) -> tuple[list[Mapping[str, float]], str]:
    """The scores of each, and which model says so."""
    said = ask({"do": "classify", "folder": str(folder)} | given)
    return said["scores"], f"{folder.name}@{said['weights_hash'][:HASHED]}"


def _check_labels(known: Labels, scores: Iterable[Mapping[str, float]]) -> None:
    """Of what the policy does not know nobody can say whether it is harmless."""
    if strange := {label for one in scores for label in one} - known.keys():
        raise RenderFailed("unknown_label", ", ".join(sorted(strange)), retry=False)
