"""Reads of the accounts room."""

import hashlib
from datetime import timedelta
from uuid import UUID

from django.db.models import Q, QuerySet
from django.db.models.functions import Lower
from django.utils import timezone

from videorama.accounts.errors import LinkGone
from videorama.accounts.models import ApiToken, Invite, PasswordReset, Role, Session, User
from videorama.errors import NotFound
from videorama.preferences.queries import value

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
        User.objects.filter(pk=found.user.pk).update(last_seen_at=now)
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


def users_for(asker: User, *, search: str = "", role: str = "", state: str = "") -> QuerySet[User]:
    """Everybody there is, for administrators; nobody for others. To be listed by BY_NAME.

    `search` looks into usernames and e-mail addresses; `state` is active or inactive.
    """
    if not asker.is_admin:
        return User.objects.none()
    found = User.objects.annotate(name=Lower("username"))
    if text := search.strip().replace("\0", ""):
        found = found.filter(Q(username__icontains=text) | Q(email__icontains=text))
    if role in Role.values:
        found = found.filter(role=role)
    if state in {"active", "inactive"}:
        found = found.filter(is_active=state == "active")
    return found


BY_NAME = ("name", "pk")


def user_by_uuid(asker: User, uuid: UUID) -> User:
    """Somebody, for administrators; NotFound for others."""
    found = users_for(asker).filter(uuid=uuid).first()
    if found is None:
        raise NotFound
    return found


def active_admins() -> int:
    """How many could let others in."""
    return User.objects.filter(role=Role.ADMIN, is_active=True).count()


def open_invites() -> QuerySet[Invite]:
    """Invitations that still work, newest first."""
    now = timezone.now()
    found = Invite.objects.filter(used_at=None, revoked_at=None, expires_at__gt=now)
    return found.select_related("created_by")


def invite_by_uuid(asker: User, uuid: UUID) -> Invite:
    """An invitation, for administrators; NotFound for others."""
    found = Invite.objects.filter(uuid=uuid).first() if asker.is_admin else None
    if found is None:
        raise NotFound
    return found


def invite_by_text(text: str) -> Invite:
    """The open invitation with this link; LinkGone says nothing of why there is none."""
    found = open_invites().filter(digest=digest_of(text[:200])).first()
    if found is None:
        raise LinkGone
    return found


def reset_by_text(text: str) -> PasswordReset:
    """The open reset of an active user with this link; LinkGone says nothing of why."""
    found = PasswordReset.objects.select_related("user").filter(
        digest=digest_of(text[:200]), used_at=None, revoked_at=None, user__is_active=True
    )
    reset = found.filter(expires_at__gt=timezone.now()).first()
    if reset is None:
        raise LinkGone
    return reset


def is_anybody_invited() -> bool:
    """There is a second account, or an invitation for one."""
    return User.objects.order_by("pk")[1:].exists() or Invite.objects.exists()


def registration_is_open() -> bool:
    """May anybody make an account?"""
    return bool(value("accounts.open_registration"))


def sessions_for(user: User) -> QuerySet[Session]:
    """Where the user is signed in, the latest first."""
    live = Session.objects.filter(user=user, expire_date__gt=timezone.now())
    return live.order_by("-seen_at")
