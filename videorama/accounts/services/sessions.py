"""Sessions: noting that somebody was here, and ending what is open."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from videorama.accounts.models import Session, User
from videorama.ledger.models import Severity
from videorama.ledger.services import record

SEEN_EVERY = timedelta(minutes=5)

_on_access_changed: list[Callable[[User], object]] = []


def on_access_changed(fn: Callable[[User], object]) -> None:
    """Tells a room, after commit, that somebody may do less or more than before, or has left.

    Called from apps.py by rooms that keep something open for users, such as sockets.
    """
    _on_access_changed.append(fn)


def tell_access_changed(user: User) -> None:
    """Lets rooms look again at what they keep open for this user, once this is committed."""
    for fn in _on_access_changed:
        transaction.on_commit(partial(fn, user))


def end_sessions(*, user: User, but: str = "") -> int:
    """Signs the user out everywhere but in the session of this key; gives how many ended."""
    ended, _ = Session.objects.filter(user=user).exclude(session_key=but).delete()
    tell_access_changed(user)
    return ended


def sign_out_elsewhere(*, user: User, session_key: str) -> int:
    """Ends all other sessions of the user; gives how many."""
    with transaction.atomic():
        ended = end_sessions(user=user, but=session_key)
        record(
            "user.signed_out_elsewhere",
            user=user,
            about=[("user", user.uuid)],
            data={"sessions": ended},
        )
    return ended


def tell_signed_in(*, user: User) -> None:
    """Writes down that the user comes in by a password; before the session begins."""
    record("user.signed_in", user=user, about=[("user", user.uuid)])


def tell_signed_out(*, user: User) -> None:
    """Writes down that the user leaves; before the session ends."""
    record("user.signed_out", user=user, about=[("user", user.uuid)])


def tell_sign_in_failed(*, username: str, address: str) -> None:
    """Writes down a try with a wrong password, and from where.

    What was typed stands there only when it is the name of somebody: people type passwords into
    the wrong field.
    """
    user = User.objects.filter(username=username).first()
    record(
        "user.sign_in_failed",
        about=[("user", user.uuid)] if user else [],
        data={"address": address, "username": user.username if user else ""},
        severity=Severity.WARNING,
    )


def forget_sessions() -> int:
    """Deletes the sessions that have run out; gives how many."""
    return Session.objects.filter(expire_date__lt=timezone.now()).delete()[0]


def note_presence(*, user: User, session_key: str = "") -> None:
    """The user is here; written at most every five minutes."""
    now = timezone.now()
    if user.last_seen_at is not None and user.last_seen_at > now - SEEN_EVERY:
        return
    old = Q(last_seen_at__isnull=True) | Q(last_seen_at__lte=now - SEEN_EVERY)
    if User.objects.filter(old, pk=user.pk).update(last_seen_at=now) and session_key:
        Session.objects.filter(session_key=session_key).update(seen_at=now)
