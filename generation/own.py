"""A person's own in here, for their export, and its end when they leave."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from django.db.models import Q

from generation.models import Account, Job, Lot, Output, Subscription, WireBatch, WireFile
from sora_social import storage
from sora_social.users.export import as_json
from sora_social.users.models import User

LOT_FIELDS = ("id", "amount", "left", "note", "made_at", "expires_at")


def personal_data(user: User) -> Iterator[tuple[str, bytes | str]]:
    """Parts of a person's export: jobs, credits, and the videos as storage keys."""
    jobs = Job.objects.by(user).order_by("pk")
    jobs = jobs.prefetch_related("uses__cameo", "character_uses__character")
    yield "generation/jobs.json", as_json([_about(job) for job in jobs])
    entries = Account.objects.filter(user=user, entries__isnull=False).values(
        *("entries__kind", "entries__amount", "entries__job", "entries__lot", "entries__made_at")
    )
    yield "generation/credits.json", as_json(list(entries.order_by("entries__pk")))
    lots = Lot.objects.filter(account=user.pk).order_by("pk")
    yield "generation/lots.json", as_json(list(lots.values(*LOT_FIELDS)))
    plans = Subscription.objects.filter(person=user).order_by("pk")
    yield "generation/plans.json", as_json(list(plans.values("plan", "since", "until")))
    batches = WireBatch.objects.by(user).order_by("pk")
    shown = ("id", "state", "notes", "made_at", "total", "completed", "failed", "lines__asked")
    yield "generation/batches.json", as_json(list(batches.values(*shown)))
    for output in Output.objects.by(user).order_by("pk"):
        yield f"generation/{output.pk}{Path(output.main_key).suffix}", output.main_key
    for file in WireFile.objects.by(user).order_by("pk"):
        yield f"generation/files/{file.pk}{Path(file.key).suffix}", file.key


def forget(user: User) -> None:
    """Delete every file of a person, and every video with the person's likeness, by whomever."""
    outputs = Output.objects.filter(Q(job__author=user.pk) | Q(job__uses__cameo__owner=user.pk))
    keys = [key for output in outputs.distinct() for key in output.keys]
    keys += [key for job in Job.objects.by(user) for key in job.uploads.values()]
    files = WireFile.objects.by(user)
    keys += files.values_list("key", flat=True)
    files.delete()
    WireBatch.objects.by(user).delete()
    Output.objects.of_likeness(user).exclude(job__author=user.pk).update(recipe={})
    Job.objects.by(user).delete()
    storage.drop_later(keys)


def _about(job: Job) -> dict[str, object]:
    return {
        "id": job.pk,
        "prompt": job.prompt,
        "shots": job.shots,
        "task": job.task,
        "state": job.state,
        "made_at": job.made_at,
        "seed": job.seed,
        "cameos": [use.cameo.handle for use in job.uses.all() if use.cameo],
        "characters": [use.character.handle for use in job.character_uses.all() if use.character],
    }
