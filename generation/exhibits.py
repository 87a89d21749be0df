"""What there is to see of a video at the moderators' desk: frames with what was found in them,
the prompt, and everybody in it with the leave it stood on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from django.urls import reverse

from cameos.models import Cameo, CameoQuerySet, Consent
from generation.models import CameoUse, Output
from generation.states import Kind
from sora_social.moderation.desk import Exhibit, Parties, Picture, owns, shows
from sora_social.moderation.models import Case, Subject
from sora_social.moderation.people import day, strike_lines

MOST_FRAMES = 12
SPREAD = 4  # frames of a clip in which nothing was found
NOTHING: Mapping[str, Any] = {}
GONE = (("gone", "There is nothing left of it."),)


@owns(Subject.OUTPUT)
def whose(subject_id: str, facts: Mapping[str, Any]) -> Parties:
    """Its author; everybody in it, and whom the firewall saw in it, has a part in it."""
    output = Output.objects.select_related("job").filter(down_id=subject_id).first()
    if output is None:
        return Parties()
    used = CameoUse.objects.filter(job=output.job_id, cameo__isnull=False)
    people = {*used.values_list("cameo__owner", flat=True)}
    people |= {*_seen_in(facts).values_list("owner", flat=True)}
    return Parties(output.job.author_id, frozenset(people))


@shows(Subject.OUTPUT)
def of_output(case: Case) -> Iterator[Exhibit]:
    output = Output.objects.select_related("job__author").filter(down_id=case.subject_id).first()
    if output is None:
        yield Exhibit("The video", lines=GONE)
        return
    yield from of_video(output, case.facts)


def of_video(output: Output, facts: Mapping[str, Any] = NOTHING) -> Iterator[Exhibit]:
    """Frames, those who were found in them or in what was sent, the prompt, the people and their
    leaves."""
    findings = facts.get("findings", ())
    pictures = tuple(_found(output, findings) if findings else _screened(output, facts))
    yield Exhibit("The video", pictures, tuple(_about(output)))
    yield from _matched(facts)
    yield Exhibit("Who is in it, and on which leave", lines=tuple(_people(output)))
    yield Exhibit("Strikes of its author", lines=tuple(strike_lines(output.job.author)))


def _found(output: Output, findings: Any) -> Iterator[Picture]:
    """One picture for each moment in which something was found, with all that was found then."""
    moments: dict[float, list[Any]] = {}
    for found in findings:
        moments.setdefault(round(float(found["at"]), 3), []).append(found)
    for at in sorted(moments)[:MOST_FRAMES]:
        there = moments[at]
        said = ", ".join(str(found.get("verdict", "")) for found in there)
        boxes = tuple(tuple(map(float, found["box"])) for found in there)
        yield Picture(frame_url(output, at), f"{at:.2f} s: {said}", boxes)  # type: ignore[arg-type]


def _screened(output: Output, facts: Mapping[str, Any]) -> Iterator[Picture]:
    """The frames in which screening found something, or some of all."""
    signs = [one for one in facts.get("verdict", {}).get("because", ()) if "at" in one]
    for sign in signs:
        yield Picture(frame_url(output, sign["at"]), f"{sign['at']:.2f} s: {sign['group']}")
    if not signs:
        yield from _spread(output)


def _spread(output: Output) -> Iterator[Picture]:
    if output.kind == Kind.STILL:
        yield Picture(frame_url(output, 0), "the still")
        return
    for number in range(SPREAD):
        at = output.seconds * (number + 0.5) / SPREAD
        yield Picture(frame_url(output, at), f"{at:.2f} s")


def _about(output: Output) -> Iterator[tuple[str, str]]:
    job = output.job
    yield "author", f"@{job.author.handle}"
    yield "prompt", job.prompt
    yield "made", day(output.made_at)
    yield "task", job.task or "from text"
    yield "length", f"{output.seconds:.1f} s"


def _seen_in(facts: Mapping[str, Any]) -> CameoQuerySet:
    """The cameos that a face was matched with, in the video or in the pictures it was made from."""
    found = (*facts.get("findings", ()), *facts.get("pictures", ()))
    return Cameo.objects.filter(down_id__in={one["cameo"] for one in found if one.get("cameo")})


def _matched(facts: Mapping[str, Any]) -> Iterator[Exhibit]:
    """The references of those whom a face was matched with, to be laid beside the frames."""
    cameos = _seen_in(facts).prefetch_related("references")
    for cameo in cameos.defer("template", "wrapped_key"):
        urls = [reverse("admin:cameo-frame", args=[one.pk]) for one in cameo.references.all()]
        pictures = tuple(Picture(url, f"@{cameo.handle}") for url in urls)
        yield Exhibit(f"Reference pictures of @{cameo.handle}", pictures)


def _people(output: Output) -> Iterator[tuple[str, str]]:
    uses = CameoUse.objects.filter(job=output.job_id).select_related("cameo", "consent")
    live = set(Consent.objects.live().filter(uses__job=output.job_id).values_list("pk", flat=True))
    for use in uses:
        who = f"@{use.cameo.handle}" if use.cameo else "somebody who left"
        yield who, ", ".join(_stood_on(use, live))


def _stood_on(use: CameoUse, live: set[Any]) -> Iterator[str]:
    if use.consent is None:
        yield "no leave is left"
        return
    given = use.consent.decided_at or use.consent.made_at
    yield f"leave by {use.consent.basis}, given {day(given)}"
    yield f"terms {use.revision}"
    yield "holds now" if use.consent_id in live else f"holds no more ({use.consent.state})"
    if use.inherited:
        yield "came with what was remixed"


def frame_url(output: Output, at: float) -> str:
    """Where moderators look at one frame; `at` in seconds."""
    return reverse("admin:output-frame", args=[output.pk, int(at * 1000)])
