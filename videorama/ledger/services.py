"""Writing facts down."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.db import transaction
from django.utils import timezone

from videorama.ledger import doors
from videorama.ledger.models import LedgerEvent, LedgerSubject, Severity


def record(
    event: str,
    *,
    user: Any = None,
    about: Iterable[tuple[str, object]] = (),
    data: Mapping[str, Any] | None = None,
    severity: Severity = Severity.INFO,
) -> LedgerEvent:
    """Writes one fact, inside the transaction of the write it tells of.

    `event` is a noun and a past verb, `entry.moved`. `about` lists (kind, id) of what it concerns:
    ("entry", uuid), ("library", slug), ("user", uuid), ("job", uuid) … `user` is who did it, None
    when the program did. `data` is plain JSON and never holds a secret.
    """
    with transaction.atomic():
        fact = LedgerEvent.objects.create(
            at=timezone.now(),
            event=event,
            severity=severity,
            door=doors.current(),
            user_id=str(user.uuid) if user is not None else "",
            user_name=user.get_username() if user is not None else "",
            data=dict(data or {}),
        )
        LedgerSubject.objects.bulk_create(
            LedgerSubject(event=fact, kind=kind, subject_id=str(subject))
            for kind, subject in dict.fromkeys(about)
        )
    return fact
