"""API of notifications: the caller's own."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Field, Query, Router, Schema

from analytics import queries, services
from videorama.accounts.auth import caller
from videorama.paging import PageOf, PageQuery, paginate

router = Router(tags=["notifications"])


class NotificationOut(Schema):
    """One message; `count` things of one kind, the newest of which are named."""

    id: UUID
    kind: str
    text: str
    titles: list[str]
    count: int
    link: str
    created_at: datetime
    changed_at: datetime
    read_at: datetime | None


class NotificationFilter(PageQuery):
    """Which messages."""

    unread: bool = Field(False)


class ReadAnswer(Schema):
    """How many were unread until now."""

    read: int


@router.get("", response=PageOf[NotificationOut])
def list_notifications(request: HttpRequest, which: Query[NotificationFilter]) -> dict[str, Any]:
    """The caller's own messages, newest first."""
    user = caller(request)
    found = queries.unread_for(user) if which.unread else queries.notifications_for(user)
    page = paginate(
        found, order=queries.NEWEST, after=which.after, limit=which.limit, offset=which.offset
    )
    return page.document(queries.notification_document)


@router.post("/read", response=ReadAnswer)
def read_all(request: HttpRequest) -> dict[str, Any]:
    """Marks every message as read."""
    return {"read": services.mark_read(user=caller(request))}


@router.post("/{uuid:notification_id}/read", response=NotificationOut)
def read_one(request: HttpRequest, notification_id: UUID) -> dict[str, Any]:
    """Marks one message as read; it may have been already."""
    user = caller(request)
    found = queries.notification_by_uuid(user, notification_id)
    services.mark_read(user=user, notifications=[found])
    return queries.notification_document(queries.notification_by_uuid(user, notification_id))
