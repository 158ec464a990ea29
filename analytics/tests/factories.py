"""Messages for tests of every room; any field may be given."""

from typing import Any

from django.utils import timezone

from analytics.models import Notification, NotificationKind
from videorama.accounts.models import User


def make_notification(user: User, **changes: Any) -> Notification:
    """An unread message about one import that is done."""
    now = timezone.now()
    values: dict[str, Any] = {
        "kind": NotificationKind.IMPORT_DONE,
        "titles": ["Bees at work"],
        "link": "/jobs/",
        "created_at": now,
        "changed_at": now,
    }
    return Notification.objects.create(user=user, **{**values, **changes})
