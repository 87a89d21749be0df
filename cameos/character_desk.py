"""What the moderators' desk shows of a character that is reported."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from django.urls import reverse

from cameos.models import Character
from sora_social.moderation.desk import Exhibit, Parties, Picture, owns, shows
from sora_social.moderation.models import Case, Subject


@owns(Subject.CHARACTER)
def whose(subject_id: str, facts: Mapping[str, Any]) -> Parties:
    """Its owner, and nobody else."""
    owner = Character.objects.filter(down_id=subject_id).values_list("owner", flat=True).first()
    return Parties(owner)


@shows(Subject.CHARACTER)
def character_of(case: Case) -> Iterator[Exhibit]:
    """Its pictures and its words; nothing where the id is of none."""
    for one in Character.objects.filter(down_id=case.subject_id).select_related("owner"):
        pictures = enumerate(one.pictures.values_list("pk", flat=True), 1)
        yield Exhibit(
            title=f"@{one.handle}",
            pictures=tuple(Picture(_address(pk), f"Picture {number}") for number, pk in pictures),
            lines=(
                ("Owner", f"@{one.owner.handle}"),
                ("Kind", one.get_kind_display()),
                ("State", one.state),
                ("Instructions", one.instructions),
            ),
        )


def _address(pk: int) -> str:
    return reverse("admin:character-look", args=[pk])
