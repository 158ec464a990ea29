"""Lists in pages, by keyset: the cost of a page does not grow with its depth.

A cursor holds the order values of the last row shown, so a page stays right while rows are added
or removed around it. Counts are exact to 1,000 and capped beyond (measured: 80 ms against 0.3 ms
for a million rows).
"""

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.db import connections
from django.db.models import F, Model, Q, QuerySet
from django.db.models import Field as ModelField
from django.db.models.fields.tuple_lookups import Tuple, TupleGreaterThan, TupleLessThan
from django.utils.translation import gettext_lazy as _
from ninja import Field, Schema

from videorama.errors import Invalid

COUNT_LIMIT = 1_000
OFFSET_LIMIT = 10_000
PAGE_LIMIT = 500
NEWEST = ("-added_at", "-pk")


class BadCursor(Invalid):
    """`after` was not made by us, or belongs to a list in another order."""

    sentence = _("This list position is not valid. Start from the first page.")


@dataclass(frozen=True)
class Page[Item]:
    """One page of a list. `next` is what `after` takes for the page behind it, None at the end.

    `count` is of the whole list; when `count_capped`, there are more than `count`.
    """

    items: list[Item]
    count: int
    count_capped: bool
    next: str | None

    def document(self, render: Callable[[Item], Any]) -> dict[str, Any]:
        """The agreed form of a list in the API."""
        return {
            "items": [render(item) for item in self.items],
            "count": self.count,
            "count_capped": self.count_capped,
            "next": self.next,
        }


class PageQuery(Schema):
    """Query parameters of every list of the API: `page: Query[PageQuery]`."""

    after: str | None = Field(None, max_length=1_000)
    limit: int = Field(50, ge=1, le=PAGE_LIMIT)
    offset: int = Field(0, ge=0, le=OFFSET_LIMIT)


class PageOf[Item](Schema):
    """Response schema of a list: `response=PageOf[JobOut]`."""

    items: list[Item]
    count: int
    count_capped: bool
    next: str | None = None


def paginate[M: Model](
    queryset: QuerySet[M],
    *,
    order: Sequence[str] = NEWEST,
    after: str | None = None,
    limit: int = 50,
    offset: int = 0,
    counted: "bool | QuerySet[M]" = True,
) -> Page[M]:
    """The page behind the cursor `after` (or `offset` rows in), in `order`.

    The last order field must be unique and none may hold NULL. `counted=False` skips the count
    where only more rows are wanted; other rows are counted instead, where the same ones are found
    sooner when no order is asked for. Raises BadCursor, and Invalid for numbers out of range.
    """
    if not 1 <= limit <= PAGE_LIMIT or not 0 <= offset <= OFFSET_LIMIT:
        raise Invalid(
            _("limit goes to %(limit)d, offset to %(offset)d.")
            % {"limit": PAGE_LIMIT, "offset": OFFSET_LIMIT}
        )
    count = 0
    if counted is not False:
        count = count_up_to(queryset if counted is True else counted, COUNT_LIMIT + 1)
    rows = queryset.order_by(*order)
    if after:
        rows = rows.filter(_behind(queryset, order, _decode(queryset, order, after)))
        offset = 0
    found = list(rows[offset : offset + limit + 1])
    items = found[:limit]
    return Page(
        items=items,
        count=min(count, COUNT_LIMIT),
        count_capped=count > COUNT_LIMIT,
        next=cursor_of(order, items[-1]) if len(found) > limit else None,
    )


def count_up_to[M: Model](queryset: QuerySet[M], limit: int = COUNT_LIMIT) -> int:
    """How many there are, and no more than `limit`: more are not looked at."""
    return queryset.order_by().values("pk")[:limit].count()


def _behind[M: Model](queryset: QuerySet[M], order: Sequence[str], values: Sequence[Any]) -> Any:
    """Rows after `values`, compared as a row: `(a, b) < (x, y)`, which begins right there in the
    index, however many rows share the same `a`.
    """
    falling = {name.startswith("-") for name in order}
    if len(order) == 1 or len(falling) > 1:
        return _behind_mixed(order, values)
    # Django's own fields of several columns are compared by these; there is no public name yet.
    compare = TupleLessThan if falling == {True} else TupleGreaterThan
    fields = [name.lstrip("-") for name in order]
    pk = queryset.model._meta.pk.attname
    return compare(Tuple(*(F(pk if name == "pk" else name) for name in fields)), tuple(values))


def _behind_mixed(order: Sequence[str], values: Sequence[Any]) -> Q:
    """The same where some columns rise and others fall: `a <= x AND (a < x OR …)`.

    This form walks the index; `a < x OR (a = x AND …)` scans it on both engines (1 s against
    0.3 ms at 90 % of a million rows).
    """
    name, value = order[0], values[0]
    field, comparison = (name[1:], "lt") if name.startswith("-") else (name, "gt")
    strictly = Q(**{f"{field}__{comparison}": value})
    if len(order) == 1:
        return strictly
    return Q(**{f"{field}__{comparison}e": value}) & (
        strictly | _behind_mixed(order[1:], values[1:])
    )


def cursor_of(order: Sequence[str], row: Model) -> str:
    """What `after` takes for the page behind this row of a list in this order."""
    values = [_value(row, name.lstrip("-")) for name in order]
    text = json.dumps([",".join(order), *values], separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _value(row: Any, name: str) -> Any:
    for part in name.split("__"):
        row = getattr(row, part)
    # Not Django's encoder: it cuts microseconds, and rows within one millisecond would be lost.
    return row.isoformat() if isinstance(row, date) else row if _is_plain(row) else str(row)


def _is_plain(value: Any) -> bool:
    return isinstance(value, (int, float, str))


def _decode[M: Model](queryset: QuerySet[M], order: Sequence[str], after: str) -> list[Any]:
    try:
        text = base64.b64decode(after + "=" * (-len(after) % 4), altchars=b"-_", validate=True)
        held = json.loads(text)
    except (ValueError, binascii.Error, RecursionError):
        raise BadCursor from None
    if not isinstance(held, list) or len(held) != len(order) + 1 or held[0] != ",".join(order):
        raise BadCursor
    return [
        _checked(_field(queryset, name.lstrip("-")), value, queryset.db)
        for name, value in zip(order, held[1:], strict=True)
    ]


def _field[M: Model](queryset: QuerySet[M], name: str) -> "ModelField[Any, Any]":
    """The model field, or the output field of an annotation, that `name` means in this queryset."""
    if name in queryset.query.annotations:
        found = queryset.query.annotations[name].output_field
        assert isinstance(found, ModelField)
        return found
    model: type[Model] = queryset.model
    *path, last = name.split("__")
    for step in path:
        related = model._meta.get_field(step).related_model
        assert isinstance(related, type) and issubclass(related, Model)
        model = related
    if last == "pk":
        return model._meta.pk
    field = model._meta.get_field(last)
    if not isinstance(field, ModelField):
        raise FieldDoesNotExist(f"{name} is not a column that a list can be ordered by.")
    return field


def _checked(field: "ModelField[Any, Any]", value: Any, database: str) -> Any:
    """The cursor's value as the column's type; anything that does not fit is not our cursor.

    Nor is text without a place in the database, or a time that leaves the calendar in its zone.
    """
    if not _is_plain(value) or isinstance(value, bool) or "\0" in str(value):
        raise BadCursor
    try:
        str(value).encode()
        result = field.to_python(value)
        field.get_db_prep_value(result, connections[database])
        if isinstance(result, datetime):
            result.astimezone(UTC)  # PostgreSQL itself knows years before 1 and after 9999
    except (ValidationError, ValueError, TypeError, OverflowError):
        raise BadCursor from None
    if isinstance(result, int) and abs(result) >= 2**63:
        raise BadCursor
    return result
