"""Posts by what their viewer chose: what ranking needs to know of it, and of the words they say."""

from __future__ import annotations

from dataclasses import replace
from functools import reduce
from operator import and_, or_

import numpy as np
from django.db.models import F, Q, QuerySet

from feed.models import Post
from ranking.services import TOPICS, Chosen, direction, is_hard
from ranking.types import About, Candidates, Chip, Ids, Viewer
from sora_social.wording import plain_letters, telling_words

NOTHING = Chosen()


def choosing(viewer: Viewer, chosen: Chosen, moment: float) -> Viewer:
    """The viewer with what they chose."""
    if chosen == NOTHING:
        return viewer
    active = chosen.active(moment)
    hard = tuple(chip for chip in active if is_hard(chip, moment))
    soft = tuple(chip for chip in active if not is_hard(chip, moment))
    return replace(
        viewer, hard=hard, chips=soft, steer=direction(soft),
        weights=chosen.weights, recipe=chosen.recipe, mark=chosen.mark,
    )  # fmt: skip


def heed(viewer: Viewer, candidates: Candidates) -> Viewer:
    """Look up who of the candidates says the words of a chip: their likeness in 32 numbers is not
    enough for a rule. Asked only of those who have such chips."""
    if not any(chip.about == About.WORDS for chip in viewer.hard + viewer.chips):
        return viewer
    texts = _texts(candidates.items.id)
    hard, soft = (
        tuple(_with_items(chip, texts) for chip in chips) for chips in (viewer.hard, viewer.chips)
    )
    return replace(viewer, hard=hard, chips=soft)


def _texts(ids: Ids) -> dict[int, str]:
    """The caption and the prompt of each."""
    rows = Post.objects.filter(pk__in=ids.tolist())
    said = rows.values_list("pk", "caption", "output__job__prompt")
    return {pk: f"{caption} {prompt}" for pk, caption, prompt in said}


def _with_items(chip: Chip, texts: dict[int, str]) -> Chip:
    if chip.about != About.WORDS:
        return chip
    words = telling_words(chip.key)
    found = [pk for pk, text in texts.items() if _says(text, words)]
    return replace(chip, items=np.array(found, np.int64))


def _says(text: str, words: frozenset[str]) -> bool:
    """All of the words; where words are not spaced apart, their letters."""
    letters = plain_letters(text)
    if not all(_stem(word) in letters for word in words):
        return False
    return words <= telling_words(text) or not all(word.isascii() for word in words)


def _stem(word: str) -> str:
    """What the singular and the plural begin with."""
    return word.removesuffix("y")


# --- by the database alone, when there is nothing in memory ---------------------------------------


def without_unwanted(posts: QuerySet[Post], chosen: Chosen, moment: float) -> QuerySet[Post]:
    """Posts but those that the viewer wants less or nothing of."""
    hard = [chip for chip in chosen.active(moment) if is_hard(chip, moment)]
    if bits := sum({1 << TOPICS.index(c.key) for c in hard if c.about == About.TOPIC}):
        posts = posts.annotate(unwanted=F("topics").bitand(bits)).filter(unwanted=0)
    return posts.exclude(reduce(or_, map(_meant, hard))) if hard else posts


def _meant(chip: Chip) -> Q:
    match chip.about:
        case About.PERSON:
            return Q(author=int(chip.key))
        case About.REMIXES:
            return Q(depth__gt=0)
        case About.WORDS:
            return reduce(and_, map(_said, telling_words(chip.key)))
        case About.LIKE:
            same = Q(template=chip.template) if chip.template else Q()
            return Q(pk=int(chip.key)) | same
    return Q(pk=0)  # of topics above; of newcomers only memory knows


def _said(word: str) -> Q:
    stem = _stem(word)
    return Q(caption__icontains=stem) | Q(output__job__prompt__icontains=stem)
