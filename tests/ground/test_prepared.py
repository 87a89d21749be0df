"""Questions that are put into SQL once: they say what Django's own say, by either way."""

from __future__ import annotations

import pytest
from django.db import DataError, Error, connection, transaction
from django.db.models import Value
from django.test.utils import CaptureQueriesContext
from django.utils.timezone import now

from feed import cards
from ranking import services
from ranking.models import ServedPage
from ranking.types import Placed
from sora_social.changes import adding, changing
from sora_social.prepared import PreparedRow, as_number, insert
from sora_social.users import keys
from sora_social.users.models import ApiKey, Follow, User
from tests.cameos.making import active_cameo
from tests.feed.making import posted
from tests.people import person, signed_in

SAID = {"because": [["follow", 3, [0], 5], None], "steering": {"recipe": "ü x"}}


def row() -> ServedPage:
    return ServedPage(
        viewer=2**40, session="s-1", surface="home", policy="prior-1", items=[1, 2],
        propensities=[0.5, 1.0], found=b"\0\xff", nudge_propensity=0.25, **SAID,
    )  # fmt: skip


def of_handle(handle):
    return User.objects.filter(handle=handle).values_list("pk", "date_joined")


HANDLE = PreparedRow(of_handle)


@pytest.mark.django_db(transaction=True)
def test_past_the_cursor_and_through_it_a_card_is_the_same():
    viewer, author = person(), person()
    post = posted(author, cameos=[active_cameo(author)])
    quickly = cards.by_id(viewer, [post.pk])
    with CaptureQueriesContext(connection):
        through = cards.by_id(viewer, [post.pk])
    for shown in (quickly, through):
        shown[post.pk].pop("media")  # signed by the second
    assert quickly == through


def of_hash(token_hash):
    return ApiKey.objects.filter(token_hash=token_hash).values_list("scopes", "used_at")


SCOPES = PreparedRow(of_hash)


@pytest.mark.django_db(transaction=True)
def test_a_document_is_read_the_same_past_the_cursor_and_through_it():
    key, _ = keys.make(person(), scopes=["videos:read", "files"])
    quickly = SCOPES.of(key.token_hash)
    with CaptureQueriesContext(connection):
        through = SCOPES.of(key.token_hash)
    assert [*quickly] == [*through] == [["videos:read", "files"], None]


@pytest.mark.django_db(transaction=True)
def test_a_saved_row_is_read_back_as_it_was():
    for soon in (False, True):
        insert(made := row(), soon)
        kept = ServedPage.objects.filter(pk=made.pk).values().get()
        kept["found"] = bytes(kept["found"])
        assert kept == {field: getattr(made, field) for field in kept}


@pytest.mark.django_db(transaction=True)
def test_a_row_saved_soon_hurries_nothing_but_itself():
    insert(row(), soon=True)
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("show synchronous_commit")
            assert cursor.fetchone() == ("on",)
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("select 1")
            insert(row(), soon=True)
            cursor.execute("show synchronous_commit")
            assert cursor.fetchone() == ("on",)


@pytest.mark.django_db(transaction=True)
def test_a_row_goes_with_its_transaction():
    with transaction.atomic():
        insert(row(), soon=True)
        transaction.set_rollback(True)
    assert not ServedPage.objects.exists()
    insert(row(), soon=True)  # and the connection, which forgot its questions, goes on
    assert ServedPage.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_what_the_database_refuses_is_an_error_of_django_and_the_connection_goes_on():
    insert(made := row())
    with pytest.raises(Error):
        insert(made)
    insert(row())
    assert ServedPage.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_a_text_with_a_nul_is_refused_not_cut_short():
    if connection.vendor != "postgresql":
        pytest.skip("SQLite keeps it")
    strange = row()
    strange.session = "a\0b"
    with pytest.raises((DataError, ValueError)):
        insert(strange)


@pytest.mark.django_db(transaction=True)
def test_one_row_by_a_text():
    ann = person()
    assert [*HANDLE.of(ann.handle)] == [ann.pk, ann.date_joined]
    assert HANDLE.of("%s' or '1'='1") is None


@pytest.mark.django_db
def test_a_page_is_logged_with_the_same_number_of_queries_few_or_many(
    django_assert_num_queries,
):
    for count in (1, 20):
        placed = [Placed(n, 1, "hot", "greedy", 1.0, 0.5, []) for n in range(count)]
        services.log_page(7, "s", "home", [])  # the past is known
        with django_assert_num_queries(1):
            services.log_page(7, "s", "home", placed)


@pytest.mark.django_db(transaction=True)
def test_a_revoked_token_opens_nothing_from_the_next_request_on():
    client = signed_in(person())
    assert client.get("/api/v1/feed/home/").status_code == 200
    User.objects.get().devices.update(revoked_at=now())
    assert client.get("/api/v1/feed/home/").status_code == 401


@pytest.mark.django_db(transaction=True)
def test_a_question_in_a_transaction_sees_what_was_written_there_and_nothing_undone():
    with transaction.atomic():
        ann = person()
        assert HANDLE.of(ann.handle)[0] == ann.pk
        with transaction.atomic():
            person("bee")
            assert HANDLE.of("bee")
            transaction.set_rollback(True)
        assert HANDLE.of("bee") is None
        transaction.set_rollback(True)
    assert HANDLE.of(ann.handle) is None


@pytest.mark.django_db(transaction=True)
def test_what_is_refused_in_a_transaction_undoes_its_own_part():
    with transaction.atomic():
        insert(made := row())
        with pytest.raises(Error), transaction.atomic():
            insert(made)
        assert ServedPage.objects.count() == 1
        insert(row())
    assert ServedPage.objects.count() == 2
    with pytest.raises(Error), transaction.atomic():
        insert(made)
    assert HANDLE.of("nobody") is None


def by_two(handle, number):
    found = User.objects.filter(handle=handle, pk=as_number(number))
    return found.values_list("pk", "handle")


BOTH = PreparedRow(by_two)


@pytest.mark.django_db(transaction=True)
def test_a_question_may_have_several_words():
    ann, bee = person("ann"), person("bee")
    for _ in range(2):
        assert tuple(BOTH.of("ann", str(ann.pk))) == (ann.pk, "ann")
        assert BOTH.of("ann", str(bee.pk)) is None


def renamed(pk, name):
    return changing(User.objects.filter(pk=as_number(pk)), display_name=Value(name))


RENAMED = PreparedRow(renamed)


@pytest.mark.django_db(transaction=True)
def test_a_change_says_what_it_changed_past_the_cursor_and_through_it():
    ann, other = person(), person()
    assert RENAMED.all(str(ann.pk), "Ann 100 %") == [(ann.pk,)]
    ann.refresh_from_db()
    assert ann.display_name == "Ann 100 %"
    with CaptureQueriesContext(connection):
        assert [*RENAMED.of(str(ann.pk), "Anna")] == [ann.pk]
        assert RENAMED.of(str(ann.pk + 10**6), "Nobody") is None
    names = User.objects.filter(pk__in=[ann.pk, other.pk]).values_list("display_name", flat=True)
    assert {*names} == {"Anna", other.display_name}


def followed(follower, followed):
    return adding(Follow(follower_id=as_number(follower), followed_id=as_number(followed)))


FOLLOWED = PreparedRow(followed)


@pytest.mark.django_db(transaction=True)
def test_a_row_is_added_unless_there_is_one_like_it():
    pair = str(person().pk), str(person().pk)
    (added,) = FOLLOWED.of(*pair)
    assert Follow.objects.get().pk == added
    assert FOLLOWED.of(*pair) is None
    with CaptureQueriesContext(connection):
        assert FOLLOWED.of(*pair) is None
        assert FOLLOWED.of(*reversed(pair)) is not None
