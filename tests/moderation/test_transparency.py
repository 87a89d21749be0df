import csv
import hashlib
import io
from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import CommandError, call_command
from django.utils.timezone import now

from sora_social.audit import AuditRecord
from sora_social.moderation import services, transparency
from sora_social.moderation.models import Case, Report, Takedown, TransparencyReport
from tests.people import moderator, person

pytestmark = pytest.mark.django_db
MONTH, THEN = "2026-02", datetime(2026, 2, 14, tzinfo=UTC)


@pytest.fixture
def month():
    """Seven reports of spam in February, decided; one of violence, which is not."""
    judge = moderator()
    for number in range(7):
        case = services.report(person(), "post", str(number), "spam")
        services.claim(case, judge)
        services.decide(case, judge, "take_down", "spam")
    services.report(person(), "post", "8", "violence")
    Report.objects.update(made_at=THEN)
    Case.objects.update(made_at=THEN)
    Case.objects.exclude(decision="").update(decided_at=THEN)
    Takedown.objects.update(made_at=THEN)
    services.report(person(), "post", "9", "spam")  # not in February


def rows() -> dict[tuple[str, str], str]:
    published = TransparencyReport.objects.get().rows
    return {(part, what): count for part, what, count in published}


def test_a_month_is_counted_and_small_counts_are_not_said(month):
    transparency.publish(MONTH)
    said = rows()
    assert said["reports by members", "spam"] == "7"
    assert said["reports by members", "violence"] == "<5"
    assert said["cases opened", "report"] == "8"
    assert said["decisions", "report, take_down, spam"] == "7"
    assert said["taken down by moderators", "post"] == "7"
    assert said["appeals", "made"] == "0"
    assert said["copies", "new copies stopped"] == "0"


def test_it_is_published_once_and_its_digest_stands_in_the_chain(month):
    first = transparency.publish(MONTH)
    Report.objects.all().delete()
    assert transparency.publish(MONTH).rows == [list(row) for row in first.rows]
    row = AuditRecord.objects.get(kind="transparency_published")
    assert row.body["sha256"] == hashlib.sha256(transparency.as_csv(first).encode()).hexdigest()


def test_page_and_csv_are_for_everybody_and_say_the_same(month, client):
    assert client.get(f"/transparency/{MONTH}/").status_code == 404
    call_command("transparency", "--month", MONTH)
    assert MONTH in client.get("/transparency/").content.decode()
    page = client.get(f"/transparency/{MONTH}/").content.decode()
    assert "report, take_down, spam" in page
    assert "&lt;5" in page
    answer = client.get(f"/transparency/{MONTH}.csv")
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    read = list(csv.reader(io.StringIO(answer.content.decode())))
    assert read[0] == ["part", "what", "count"]
    assert ["reports by members", "violence", "<5"] in read
    assert read[-1][:2] == ["published", "audit head"]


def test_the_command_writes_both_where_it_is_told(month, tmp_path, capsys):
    call_command("transparency", "--month", MONTH, "--out", str(tmp_path))
    assert sorted(file.name for file in tmp_path.iterdir()) == [
        "transparency-2026-02.csv",
        "transparency-2026-02.html",
    ]
    assert (tmp_path / "transparency-2026-02.csv").read_text() == capsys.readouterr().out


@pytest.mark.parametrize("month", ["2026-13", "2026", "may", "2026-5", "9999-12"])
def test_what_is_no_month_or_not_over_is_refused(month):
    with pytest.raises(CommandError, match="month"):
        call_command("transparency", "--month", month)


def test_the_present_month_is_not_over():
    with pytest.raises(CommandError, match="not over"):
        call_command("transparency", "--month", f"{now():%Y-%m}")


def test_december_ends_with_the_year():
    begin, end = transparency.span_of("2025-12")
    assert (begin.day, end) == (1, datetime(2026, 1, 1, tzinfo=UTC))
    assert end - begin == timedelta(days=31)
