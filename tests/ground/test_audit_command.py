"""Operators verify the audit chain, and an older head against it."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from sora_social import audit
from sora_social.audit import AuditRecord

pytestmark = pytest.mark.django_db


def verify(*more: str) -> str:
    told = StringIO()
    call_command("audit", "verify", *more, stdout=told)
    return told.getvalue().strip()


def test_the_head_of_a_whole_chain_is_told_and_stays_in_it():
    audit.record("first", None)
    head = verify()
    assert head == AuditRecord.objects.get().digest
    audit.record("second", None)
    assert verify("--head", head) != head


def test_a_changed_row_is_found():
    for kind in ("first", "second", "third"):
        audit.record(kind, None)
    AuditRecord.objects.filter(kind="second").update(body={"changed": True})
    with pytest.raises(CommandError, match="row 2"):
        verify()


def test_a_chain_that_was_written_anew_lacks_the_published_head():
    audit.record("true", None)
    head = verify()
    AuditRecord.objects.all().delete()
    audit.record("false", None)
    with pytest.raises(CommandError, match="rewritten"):
        verify("--head", head)
