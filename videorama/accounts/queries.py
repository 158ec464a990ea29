"""Reads of the accounts room."""

import hashlib
from datetime import timedelta
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils import timezone

from videorama.accounts.models import ApiToken, User
from videorama.errors import NotFound

TOUCH_AFTER = timedelta(minutes=1)


def nobody_yet() -> bool:
    """True until the first account exists."""
    return not User.objects.exists()


def digest_of(text: str) -> str:
    """What is kept of a token's text."""
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()


def user_by_token(token: str) -> User | None:
    """Whom a bearer token stands for; None when it is unknown, revoked or of an inactive user.

    The lookup is by digest, so its timing says nothing about the text of any token. `last_used_at`
    is written at most once a minute.
    """
    if not token or len(token) > 200:
        return None
    found = (
        ApiToken.objects.select_related("user")
        .filter(digest=digest_of(token), revoked_at__isnull=True, user__is_active=True)
        .first()
    )
    if found is None:
        return None
    now = timezone.now()
    if found.last_used_at is None or found.last_used_at < now - TOUCH_AFTER:
        ApiToken.objects.filter(
            Q(last_used_at__isnull=True) | Q(last_used_at__lt=now - TOUCH_AFTER), pk=found.pk
        ).update(last_used_at=now)
    return found.user


def tokens_for(user: User) -> QuerySet[ApiToken]:
    """The user's own live tokens, newest first."""
    return ApiToken.objects.filter(user=user, revoked_at__isnull=True)


def token_by_uuid(user: User, uuid: UUID) -> ApiToken:
    """One of the user's own live tokens; NotFound for anybody else's."""
    token = tokens_for(user).filter(uuid=uuid).first()
    if token is None:
        raise NotFound
    return token


def username_as_stored(typed: str) -> str:
    """The username that was meant, whatever its case; what was typed when there is none."""
    found = User.objects.filter(username__iexact=typed).values_list("username", flat=True)[:2]
    return found[0] if len(found) == 1 else typed
