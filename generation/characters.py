"""Characters out of one's own videos, and what publishing asks of those that are in one."""

from __future__ import annotations

from cameos.models import Character
from cameos.services import Part, make_character
from cameos.types import LONGEST, SHORTEST
from generation.errors import CharacterClosed, WishRefused
from generation.models import CharacterUse, Output
from generation.states import Kind
from sora_social import storage
from sora_social.users.models import User

SLACK = 0.1  # seconds by which a video may end early
READ = 65.0  # seconds of a video that a look takes in


def character_of(
    owner: User, output: Output, *, start: float, seconds: float, **told: str
) -> Character:
    """Make a character of 2 to 4 s of one's own cleared video, from a time on, in seconds.

    Nobody's likeness may be in it, for a likeness is lent and not copied, and no character of
    anybody else. `told` as in `make_character`. Raises WishRefused, and what that raises.
    """
    _check_part(output, start, seconds)
    _check_alone(owner, output)
    part = Part(output.pk, start, seconds)
    with storage.local(output.source_key) as clip:
        return make_character(owner, clip, part=part, **told)


def _check_part(output: Output, start: float, seconds: float) -> None:
    if output.kind != Kind.CLIP:
        raise WishRefused(field="output", rule="not_a_clip")
    if not seconds >= SHORTEST:
        raise WishRefused(field="seconds", rule="too_short", at_least=SHORTEST)
    if not seconds <= LONGEST:
        raise WishRefused(field="seconds", rule="too_long", at_most=LONGEST)
    end = min(output.seconds, READ)
    if not 0 <= start <= end + SLACK - seconds:
        raise WishRefused(field="start", rule="beyond_the_end", seconds=output.seconds)


def _check_alone(owner: User, output: Output) -> None:
    others = CharacterUse.objects.filter(job=output.job_id).exclude(character__owner=owner.pk)
    if output.job.uses.exists() or others.exists():
        raise WishRefused(field="output", rule="somebody_in_it")


def require_characters(output: Output) -> None:
    """Its author may still use every character in it. Raises CharacterClosed."""
    if CharacterUse.objects.unusable().filter(job=output.job_id).exists():
        raise CharacterClosed(field="draft")
