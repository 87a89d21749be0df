"""What there is to see of a likeness at the moderators' desk: pictures, doubts, its history."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from django.urls import reverse

from cameos.models import Cameo, Capture, GateRecord, ReferencePicture, TermsRevision
from cameos.states import Context, Surface, words
from sora_social.audit import AuditRecord
from sora_social.moderation.desk import Exhibit, Picture, shows
from sora_social.moderation.models import Case, Subject
from sora_social.moderation.people import day, strike_lines
from sora_social.users.models import User

DOUBTS = {
    "faces_missing": "no face in some frames",
    "small_face": "small face",
    "blurry": "blurry",
    "weak_identity": "not surely one person throughout",
    "like_another": "looks like another cameo",
    "very_like_another": "looks very much like another cameo",
    "search_incomplete": "could not be compared with every cameo",
    "digits_unchecked": "nobody has heard whether the digits were said",
    "like_a_capture": "moves like a clip that was sent before",
    "changed_face": "unlike the face that was shown before",
    "not_compared": "could not be compared with the face that was shown before",
}
SAID = {  # what the audit chain calls it, and how a moderator reads it
    "cameo.opened": "opened",
    "cameo.released": "its owner agreed to the text",
    "cameo.captured": "a capture was judged; then it was {state}",
    "cameo.approved": "a moderator approved it",
    "cameo.rejected": "a moderator rejected it: {reason}",
    "cameo.paused": "paused by its owner",
    "cameo.resumed": "resumed by its owner",
    "cameo.revoked": "revoked by its owner",
    "cameo.purged": "purged: {why}",
    "cameo.renewal_purged": "a likeness shown anew was purged undecided",
    "cameo.repacked": "embedded anew for another model pack",
    "cameo.not_repacked": "not embedded anew for another model pack: {why}",
    "cameo.listed": "{person} listed, allowed: {allowed}",
    "cameo.delisted": "{person} off the list",
    "consent.requested": "{requester} asked for leave",
    "consent.granted": "{requester} was given leave ({basis})",
    "consent.declined": "{requester} was refused leave",
    "consent.revoked": "leave of {requester} was taken back",
    "consent.expired": "leave of {requester} ran out",
}
PEOPLE = ("person", "requester")  # numbers in such rows, read as handles
MOST = 100  # of each kind of event, the newest
Event = tuple[datetime, str]


@shows(Subject.CAMEO)
def of_cameo(case: Case) -> Iterator[Exhibit]:
    """The likeness beside the one it looks like, the doubts in words, the owner, the history."""
    sealed = ("template", "wrapped_key", "renewal__template", "renewal__wrapped_key")
    shown = Cameo.objects.defer(*sealed).select_related("owner", "renewal")
    cameos = shown.prefetch_related("references")
    cameo = cameos.filter(down_id=case.subject_id).first()
    if cameo is None:
        yield Exhibit("The likeness", lines=(("gone", "There is nothing left of it."),))
        return
    yield of_likeness(cameo, "The likeness")
    yield from _shown_anew(cameo)
    if (
        like := cameos.prefetch_related("references")
        .filter(down_id=case.facts.get("like", ""))
        .first()
    ):
        yield of_likeness(like, "The likeness it looks like")
    yield Exhibit("The owner", lines=tuple(_owner(cameo)))
    yield Exhibit("History of consent", lines=history(cameo), style="timeline")


def of_likeness(cameo: Cameo, title: str) -> Exhibit:
    """Its reference pictures side by side, and what the capture left in doubt."""
    pictures = tuple(
        Picture(frame_url(picture), f"@{cameo.handle}, {picture.position + 1}")
        for picture in cameo.references.all()
    )
    lines = (("cameo", f"@{cameo.handle}"), ("state", str(cameo.state)), ("doubts", doubts(cameo)))
    return Exhibit(f"{title}: @{cameo.handle}", pictures, lines)


def _shown_anew(cameo: Cameo) -> Iterator[Exhibit]:
    if urls := renewed_urls(cameo):
        pictures = (Picture(url, f"shown anew, {n}") for n, url in enumerate(urls, 1))
        yield Exhibit("The likeness shown anew, which may take its place", tuple(pictures))


def doubts(cameo: Cameo) -> str:
    """Of the last capture that passed, in words."""
    passed = Capture.objects.filter(challenge__cameo=cameo.pk, passed=True)
    found = passed.order_by("-pk").values_list("doubts", flat=True).first()
    return in_words(found or [])


def in_words(found: list[str]) -> str:
    return ", ".join(DOUBTS.get(doubt, doubt) for doubt in found) or "none"


def frame_url(picture: ReferencePicture) -> str:
    return reverse("admin:cameo-frame", args=[picture.pk])


def renewed_urls(cameo: Cameo) -> list[str]:
    """The pictures of a likeness shown anew, which waits for a moderator."""
    renewal = getattr(cameo, "renewal", None)
    places = range(len(renewal.pictures)) if renewal else ()
    return [reverse("admin:cameo-renewed-frame", args=[cameo.pk, place]) for place in places]


def _owner(cameo: Cameo) -> Iterator[tuple[str, str]]:
    yield "owner", f"@{cameo.owner.handle}"
    yield "here since", day(cameo.owner.date_joined)
    yield from strike_lines(cameo.owner)


# --- the history ----------------------------------------------------------------------------------


def history(cameo: Cameo) -> tuple[tuple[str, str], ...]:
    """Everything that was agreed, asked and refused, the newest first."""
    events = [*_terms(cameo), *_audited(cameo), *_refused(cameo)]
    events.sort(key=lambda event: event[0], reverse=True)
    return tuple((day(at), what) for at, what in events)


def _terms(cameo: Cameo) -> Iterator[Event]:
    for terms in TermsRevision.objects.filter(cameo=cameo).order_by("-number")[:MOST]:
        yield terms.made_at, f"terms {terms.number}: {', '.join(_said(terms))}"


def _said(terms: TermsRevision) -> Iterator[str]:
    yield f"used by {terms.audience}"
    yield f"remixed by {terms.remix}"
    yield f"contexts {_listed(words(terms.contexts, Context))}"
    yield f"surfaces {_listed(words(terms.surfaces, Surface))}"
    yield from (name for name in ("alteration", "voice") if getattr(terms, name))
    yield from (name for name in ("closed", "frozen") if getattr(terms, f"{name}_at"))


def _listed(found: frozenset[str]) -> str:
    return " ".join(sorted(found)) or "none"


def _audited(cameo: Cameo) -> Iterator[Event]:
    rows = AuditRecord.objects.filter(kind__in=SAID, cameo=str(cameo.pk))
    rows = list(rows.order_by("-pk")[:MOST])
    numbers = {row.body.get(name) for row in rows for name in PEOPLE}
    names = _names(numbers - {None})
    for row in rows:
        people = {name: names.get(row.body.get(name), "somebody") for name in PEOPLE}
        yield row.at, SAID[row.kind].format(**row.body | people)


def _refused(cameo: Cameo) -> Iterator[Event]:
    tries = GateRecord.objects.refused().filter(cameo=cameo).select_related("person")
    for tried in tries.order_by("-at")[:MOST]:
        why = tried.get_rule_display()
        yield tried.at, f"@{tried.person.handle} was refused at {tried.gate}: {why}"


def _names(numbers: set[int]) -> dict[int, str]:
    people = User.objects.filter(pk__in=numbers).values_list("pk", "handle")
    return {pk: f"@{handle}" for pk, handle in people}
