"""How long the log stays: days on PostgreSQL, batches on SQLite, the same answers on both."""

from __future__ import annotations

import datetime
import uuid

import pytest
from django.db import IntegrityError, connection, transaction

from ranking.bulk import write_pages
from ranking.models import Creation, Engagement, Made, ServedPage
from ranking.retention import AHEAD, keep_days
from sora_social.ids import uuid7_at

pytestmark = pytest.mark.django_db
NOW = datetime.datetime(2030, 5, 17, 13, tzinfo=datetime.UTC)
DAY = datetime.timedelta(days=1)
POSTGRES = connection.vendor == "postgresql"


def page_of(days_ago: float) -> ServedPage:
    at = NOW - days_ago * DAY
    pk = uuid.UUID(int=uuid7_at(at.timestamp()).int | 0x7 << 76 | uuid.uuid4().int >> 66)
    return ServedPage(pk=pk, viewer=1, session="s", surface="home", at=at, items=[5, 6])


def event_of(page: ServedPage) -> Engagement:
    return Engagement(
        client_event=uuid.uuid4(), viewer=1, page=page, item=5, kind="seen", at=page.at
    )


def days() -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "select inhrelid::regclass::text from pg_inherits "
            "where inhparent = 'ranking_servedpage'::regclass"
        )
        return {name.rsplit("_", 1)[1] for (name,) in cursor.fetchall()}


def test_what_is_too_old_goes_and_the_rest_stays():
    pages = [page_of(ago) for ago in (40, 31, 29, 1, 0)]
    ServedPage.objects.bulk_create(pages)
    Engagement.objects.bulk_create(map(event_of, pages))
    Creation.objects.bulk_create(
        Creation(kind=Made.LIKE, subject=str(n), viewer=1, at=page.at)
        for n, page in enumerate(pages)
    )
    keep_days(30, NOW)
    keep_days(30, NOW)
    left = {page.pk for page in pages[2:]}
    assert set(ServedPage.objects.values_list("pk", flat=True)) == left
    assert set(Engagement.objects.values_list("page", flat=True)) == left
    assert Creation.objects.count() == 3


@pytest.mark.skipif(not POSTGRES, reason="only PostgreSQL has partitions")
def test_a_day_is_made_before_it_comes_and_dropped_when_it_is_old():
    keep_days(30, NOW)
    made = {f"{NOW + ahead * DAY:%Y%m%d}" for ahead in range(AHEAD + 1)}
    assert days() == made | {"other"}
    ServedPage.objects.bulk_create([page_of(0), page_of(-1)])
    with connection.cursor() as cursor:
        cursor.execute("select count(*) from ranking_servedpage_20300517")
        assert cursor.fetchone() == (1,)
    keep_days(30, NOW + 31 * DAY)
    assert f"{NOW:%Y%m%d}" not in days()
    assert ServedPage.objects.count() == 1


@pytest.mark.skipif(not POSTGRES, reason="only PostgreSQL has partitions")
def test_a_day_that_rows_lie_in_already_harms_nobody():
    page_of(0).save(force_insert=True)
    keep_days(30, NOW)
    page_of(0).save(force_insert=True)
    assert ServedPage.objects.count() == 2


def test_the_keys_hold_whatever_lies_beneath():
    page = page_of(0)
    page.save(force_insert=True)
    event = event_of(page)
    event.save()
    twice = Engagement(client_event=event.client_event, viewer=1, page=page, kind="seen")
    with pytest.raises(IntegrityError), transaction.atomic():
        twice.save()
    with pytest.raises(IntegrityError), transaction.atomic():
        page.save(force_insert=True)


def test_many_pages_at_once_are_the_same_as_one_by_one():
    pages = [page_of(n / 100) for n in range(700)]
    for page in pages:
        page.found, page.terms, page.session = bytes(range(256)), [[["friend", 1.2]]], "a\tb\\n"
        page.nudge_arm, page.nudge_propensity = "try-this", 0.5
        page.arms = {"nudge-policy": "coin"}
    write_pages(pages)
    kept = ServedPage.objects.in_bulk([page.pk for page in pages])
    columns = [field.attname for field in ServedPage._meta.concrete_fields]

    def told(page: ServedPage) -> list:
        page.found = bytes(page.found)
        return [getattr(page, name) for name in columns]

    assert [told(kept[page.pk]) for page in pages] == [told(page) for page in pages]
