"""The same request again is the same answer: what an `Idempotency-Key` promises for 24 hours.

A record is written before the deed, and finished in the deed's own transaction: a process that
dies between them has done nothing, and the next request with the key may begin when its lease
has run out. Whoever comes too late after that is fenced off, deed and all.
"""

from __future__ import annotations

import hashlib
import json
import re
import uuid
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from datetime import timedelta
from typing import Any, NamedTuple, cast

from cryptography.fernet import MultiFernet
from django.conf import settings
from django.db import models, transaction
from django.db.models.functions import Now
from django.http import HttpRequest, HttpResponse
from django.utils.timezone import now

from sora_social.changes import adding, changing
from sora_social.errors import DomainError
from sora_social.prepared import (
    PreparedRow,
    Text,
    as_number,
    as_uuid,
    columns_of,
    models_in,
)
from sora_social.sealing import cipher

HEADER, REPLAYED = "Idempotency-Key", "Idempotent-Replayed"
KEPT, LEASE = timedelta(hours=24), timedelta(seconds=60)
WAIT_S = 1  # what to wait for before asking again
PLAIN = re.compile(r"[!-~]{1,255}")
HEADERS = ("Content-Type", "Location", "Cache-Control")  # of an answer, kept with it
# Nothing was done, and the next time it may go well: such an answer is no first answer.
NOT_KEPT = frozenset({400, 401, 429, 503})


class KeyNotPlain(DomainError):
    status, code = 400, "idempotency_key_invalid"
    message = "An Idempotency-Key is 1 to 255 visible ASCII characters."


class KeyReused(DomainError):
    status, code = 422, "idempotency_key_reused"
    message = "This Idempotency-Key was sent before with another request."


class StillRunning(DomainError):
    """Facts: `retry_after`, in seconds."""

    status, code = 409, "still_running"
    message = "The first request with this Idempotency-Key is still being answered."


class IdempotencyRecord(models.Model):
    """The first answer to a key; until there is one, `status` is NULL and `run` answers.

    The key is kept as its SHA-256, and the answer encrypted with the key: an answer may hold what
    is shown once.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    key_hash = models.CharField(max_length=64)
    fingerprint = models.CharField(max_length=64)
    run = models.UUIDField()
    lease_until = models.DateTimeField()
    made_at = models.DateTimeField(db_default=Now())
    status = models.PositiveSmallIntegerField(null=True)
    headers = models.JSONField(default=dict)
    answer = models.BinaryField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "key_hash"], name="answered_once")]
        indexes = [models.Index(fields=["made_at"], name="answered_at")]


class Asked(NamedTuple):
    """A request that is to be answered once."""

    user_id: int
    key: str
    fingerprint: str
    space: str = ""  # whose keys these are, where several programs act for one person

    @property
    def key_hash(self) -> str:
        return hashlib.sha256(f"{self.space}\n{self.key}".encode()).hexdigest()


def asked_by(user_id: int, request: HttpRequest, space: str = "") -> Asked:
    """What the request asks, by its header and its content. Raises KeyNotPlain."""
    key = request.headers.get(HEADER, "")
    if not PLAIN.fullmatch(key):
        raise KeyNotPlain()
    return Asked(user_id, key, fingerprint(request), space)


def fingerprint(request: HttpRequest) -> str:
    """SHA-256 of method, path and body; of a form, of its fields and of its files' content."""
    said = hashlib.sha256()
    where = [(request.method or "").encode(), request.get_full_path().encode()]
    for part in (*where, *_content(request)):
        said.update(len(part).to_bytes(8) + part)
    return said.hexdigest()


def _content(request: HttpRequest) -> Iterator[bytes]:
    if request.content_type != "multipart/form-data":
        yield request.body
        return
    for name, values in sorted(request.POST.lists()):
        yield repr((name, values)).encode()
    for name, files in sorted(request.FILES.lists()):
        for file in files:
            yield repr((name, hashlib.file_digest(file, "sha256").hexdigest())).encode()
            file.seek(0)


def once(
    asked: Asked,
    answer: Callable[[], HttpResponse],
    whole: bool = True,
    fault: Callable[[], HttpResponse] | None = None,
) -> HttpResponse:
    """The answer, or the first one again. Raises KeyReused, StillRunning.

    `whole`: the deed and its answer are one transaction, so that neither is without the other.
    Without it (what takes long holds no transaction open) a deed whose process died before it
    answered may be done again: then it needs a key of its own. `fault` says what a fault of ours
    will be answered with; it undoes a whole deed. Without it the key may be sent again.
    """
    record = _begin(asked)
    if record.status is not None:
        return _again(record, asked)
    try:
        return _done(record, asked, answer, whole)
    except StillRunning:
        raise
    except Exception:
        _keep(record, asked, fault()) if fault else _mine(record).delete()
        raise


def _done(
    record: IdempotencyRecord, asked: Asked, answer: Callable[[], HttpResponse], whole: bool
) -> HttpResponse:
    """Do it and keep what it answered. Raises StillRunning where somebody took over meanwhile."""
    with transaction.atomic() if whole else nullcontext():
        response = _rendered(answer())
        if undone := whole and response.status_code >= 500:
            transaction.set_rollback(True)
        elif not _keep(record, asked, response) and whole:
            raise StillRunning(retry_after=WAIT_S)  # fenced off: what was done is undone
    if undone:
        _keep(record, asked, response)
    return response


def _begin(asked: Asked) -> IdempotencyRecord:
    """The record: ours to answer while it has no status."""
    run = uuid.uuid4()
    found = _begun(asked, run) or _found(asked) or _begun(asked, run)
    if found is None:  # answered and not kept, in between
        raise StillRunning(retry_after=WAIT_S)
    if found.fingerprint != asked.fingerprint:
        raise KeyReused()
    if found.status is None and found.run != run:
        found = _take_over(found, run)
    return found


def _begun(asked: Asked, run: uuid.UUID) -> IdempotencyRecord | None:
    """A new record, unless there is one under the key."""
    said = (str(asked.user_id), asked.key_hash, asked.fingerprint)
    if (row := NEW.of(*said, run.hex)) is None:
        return None
    return IdempotencyRecord(pk=row[0], fingerprint=asked.fingerprint, run=run)


def _new(user: str, key_hash: str, said: str, run: str) -> Text:
    return adding(
        IdempotencyRecord(
            user_id=as_number(user),
            key_hash=models.Value(key_hash),
            fingerprint=models.Value(said),
            run=as_uuid(run),
            lease_until=Now() + LEASE,
        )
    )


NEW = PreparedRow(_new)


def _found(asked: Asked) -> IdempotencyRecord | None:
    """What there is under the key; what is older than it is kept goes."""
    if (row := OF_KEY.of(str(asked.user_id), asked.key_hash)) is None:
        return None
    (record,) = models_in(row, IdempotencyRecord)
    if not row[-1]:
        return cast(IdempotencyRecord, record)
    IdempotencyRecord.objects.filter(pk=record.pk, made_at__lt=Now() - KEPT).delete()
    return None


def _of_key(user: str, key_hash: str) -> models.QuerySet[IdempotencyRecord, Any]:
    """With whether it is too old."""
    found = IdempotencyRecord.objects.filter(user=as_number(user), key_hash=key_hash)
    too_old = models.ExpressionWrapper(
        models.Q(made_at__lt=Now() - KEPT), output_field=models.BooleanField()
    )
    return found.values_list(*columns_of(IdempotencyRecord), too_old)


OF_KEY = PreparedRow(_of_key)


def _take_over(left: IdempotencyRecord, run: uuid.UUID) -> IdempotencyRecord:
    """Answer in place of one whose lease ran out. Raises StillRunning."""
    dead = IdempotencyRecord.objects.filter(pk=left.pk, status=None, lease_until__lt=Now())
    if not dead.update(run=run, lease_until=Now() + LEASE):
        raise StillRunning(retry_after=WAIT_S)
    left.run = run
    return left


def _keep(record: IdempotencyRecord, asked: Asked, response: HttpResponse) -> bool:
    """Finish the record, unless somebody took it over: then False."""
    if response.status_code in NOT_KEPT:
        return bool(_mine(record).delete()[0])
    headers = {name: response[name] for name in HEADERS if name in response}
    sealed = _cipher(asked.key).encrypt(response.content)
    said = (str(response.status_code), json.dumps(headers), sealed)
    return DONE.of(str(record.pk), record.run.hex, *said) is not None


def _finished(pk: str, run: str, status: str, headers: str, answer: str) -> Text:
    mine = IdempotencyRecord.objects.filter(pk=as_number(pk), run=as_uuid(run), status=None)
    return changing(
        mine,
        status=as_number(status),
        headers=models.Value(headers),
        answer=models.Value(answer),
    )


DONE = PreparedRow(_finished)


def _mine(record: IdempotencyRecord) -> models.QuerySet[IdempotencyRecord]:
    return IdempotencyRecord.objects.filter(pk=record.pk, run=record.run, status=None)


def _again(record: IdempotencyRecord, asked: Asked) -> HttpResponse:
    content = _cipher(asked.key).decrypt(bytes(record.answer or b""))
    response = HttpResponse(content, status=record.status, headers=record.headers)
    if "Content-Type" not in record.headers:
        del response["Content-Type"]
    response[REPLAYED] = "true"
    return response


def _rendered(response: HttpResponse) -> HttpResponse:
    render = getattr(response, "render", None)
    return render() if render else response


def _cipher(key: str) -> MultiFernet:
    """Of the idempotency key and each secret key of ours: the database alone opens nothing."""
    return cipher(lambda secret: hashlib.sha256(f"answer {secret} {key}".encode()).digest())


def forget_old() -> None:
    """Drop what is older than it is kept."""
    IdempotencyRecord.objects.filter(made_at__lt=now() - KEPT).delete()
