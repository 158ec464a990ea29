"""Keyset pages: nothing lost, nothing twice, and only cursors of our own."""

import base64
import json
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.db.models import F, Value
from django.db.models.functions import Concat
from django.test.utils import CaptureQueriesContext

from videorama.accounts.models import ApiToken, User
from videorama.errors import Invalid
from videorama.paging import COUNT_LIMIT, PAGE_LIMIT, BadCursor, paginate

ORDER = ("-created_at", "-pk")
START = datetime(2026, 1, 1, tzinfo=UTC)


def make_tokens(user, number, *, step=timedelta(microseconds=1)):
    """Tokens whose times differ by microseconds, several at the very same time."""
    rows = [
        ApiToken(user=user, name=f"t{index}", digest=f"{index:064}", hint="x")
        for index in range(number)
    ]
    ApiToken.objects.bulk_create(rows)
    for index, row in enumerate(ApiToken.objects.order_by("pk")):
        ApiToken.objects.filter(pk=row.pk).update(created_at=START + (index // 3) * step)


def walk(queryset, **more):
    """All names in the order the pages give them, and the number of pages."""
    names, after, pages = [], None, 0
    while True:
        page = paginate(queryset, after=after, **more)
        names += [row.name for row in page.items]
        pages += 1
        if page.next is None:
            return names, pages
        after = page.next


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 50])
def test_walking_all_pages_gives_every_row_once_in_order(viewer, limit):
    make_tokens(viewer, 20)
    expected = list(ApiToken.objects.order_by(*ORDER).values_list("name", flat=True))
    names, pages = walk(ApiToken.objects.all(), order=ORDER, limit=limit)
    assert names == expected
    assert pages == -(-20 // limit)


@pytest.mark.parametrize(
    "order",
    [
        ("created_at", "pk"),
        ("-created_at", "pk"),
        ("name", "-pk"),
        ("-pk",),
        ("user__username", "pk"),
    ],
)
def test_every_order_can_be_walked(viewer, order):
    make_tokens(viewer, 10)
    expected = list(ApiToken.objects.order_by(*order).values_list("name", flat=True))
    assert walk(ApiToken.objects.all(), order=order, limit=3)[0] == expected


def test_an_annotation_can_be_the_order(viewer):
    make_tokens(viewer, 10)
    rows = ApiToken.objects.annotate(label=Concat(Value("z"), F("name")))
    expected = list(rows.order_by("label", "pk").values_list("name", flat=True))
    assert walk(rows, order=("label", "pk"), limit=3)[0] == expected


def test_rows_added_while_walking_move_nothing(viewer):
    make_tokens(viewer, 6)
    first = paginate(ApiToken.objects.all(), order=ORDER, limit=3)
    ApiToken.objects.create(user=viewer, name="new", digest="n", hint="x")
    second = paginate(ApiToken.objects.all(), order=ORDER, limit=3, after=first.next)
    assert {row.name for row in second.items} == {"t0", "t1", "t2"}


def test_the_row_of_the_cursor_may_be_gone(viewer):
    make_tokens(viewer, 6)
    first = paginate(ApiToken.objects.all(), order=ORDER, limit=3)
    first.items[-1].delete()
    second = paginate(ApiToken.objects.all(), order=ORDER, limit=3, after=first.next)
    assert len(second.items) == 3


def test_the_count_is_exact_to_the_limit_and_capped_beyond(viewer):
    make_rows = [
        ApiToken(user=viewer, name=str(index), digest=str(index), hint="x")
        for index in range(COUNT_LIMIT + 1)
    ]
    ApiToken.objects.bulk_create(make_rows)
    page = paginate(ApiToken.objects.all(), order=ORDER, limit=1)
    assert (page.count, page.count_capped) == (COUNT_LIMIT, True)
    ApiToken.objects.first().delete()
    page = paginate(ApiToken.objects.all(), order=ORDER, limit=1)
    assert (page.count, page.count_capped) == (COUNT_LIMIT, False)


def test_offset_skips_rows_and_after_wins_over_it(viewer):
    make_tokens(viewer, 6)
    rows = ApiToken.objects.order_by(*ORDER)
    page = paginate(ApiToken.objects.all(), order=ORDER, limit=2, offset=2)
    assert page.items == list(rows[2:4])
    page = paginate(ApiToken.objects.all(), order=ORDER, limit=2, offset=2, after=page.next)
    assert page.items == list(rows[4:6]) and page.next is None


@pytest.mark.parametrize(
    "numbers", [{"limit": 0}, {"limit": PAGE_LIMIT + 1}, {"offset": -1}, {"offset": 10_001}]
)
def test_numbers_out_of_range_are_refused(db, numbers):
    with pytest.raises(Invalid):
        paginate(User.objects.all(), order=("pk",), **numbers)


def forged(*values):
    return base64.urlsafe_b64encode(json.dumps(list(values)).encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "cursor",
    [
        "nonsense",
        "%00",
        "é",
        "[]",
        forged(),
        forged("-created_at,-pk"),
        forged("-created_at,-pk", "2026-01-01"),
        forged("-created_at,-pk", "yesterday", 1),
        forged("-created_at,-pk", "2026-01-01T00:00:00+00:00", "one"),
        forged("-created_at,-pk", "2026-01-01T00:00:00+00:00", 2**70),
        forged("-created_at,-pk", "2026-01-01T00:00:00+00:00", None),
        forged("-created_at,-pk", "2026-01-01T00:00:00+00:00", True),
        forged("-created_at,-pk", {"a": 1}, 1),
        forged("-name,-pk", "a", 1),
        forged("-created_at,-pk", "2026-13-45T00:00:00+00:00", 1),
        forged("-created_at,-pk", "0001-01-01T00:00:00+14:00", 1),
        forged("-created_at,-pk", "9999-12-31T23:59:59-14:00", 1),
        base64.urlsafe_b64encode(b"[" * 100_000).decode(),
    ],
)
def test_cursors_that_are_not_ours_are_refused(viewer, cursor):
    make_tokens(viewer, 2)
    with pytest.raises(BadCursor):
        paginate(ApiToken.objects.all(), order=ORDER, after=cursor)


@pytest.mark.parametrize("name", ["\ud800", "a\0b"])
def test_a_cursor_with_text_no_database_holds_is_refused(viewer, name):
    make_tokens(viewer, 2)
    with pytest.raises(BadCursor):
        paginate(ApiToken.objects.all(), order=("name", "pk"), after=forged("name,pk", name, 1))


def test_a_page_costs_two_queries_and_one_without_count(viewer):
    make_tokens(viewer, 10)
    first = paginate(ApiToken.objects.all(), order=ORDER, limit=3)
    with CaptureQueriesContext(
        connection,
    ) as counted:
        paginate(ApiToken.objects.all(), order=ORDER, limit=3, after=first.next)
    with CaptureQueriesContext(connection) as uncounted:
        paginate(ApiToken.objects.all(), order=ORDER, limit=3, after=first.next, counted=False)
    assert (len(counted), len(uncounted)) == (2, 1)
