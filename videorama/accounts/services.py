"""Writes of the accounts room: people, passwords, tokens."""

import secrets
from collections.abc import Callable

from django.contrib.auth.password_validation import validate_password
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from videorama.accounts.errors import (
    AlreadySetUp,
    TokenNameTaken,
    UsernameTaken,
    WeakPassword,
    WrongPassword,
)
from videorama.accounts.models import ApiToken, Role, User
from videorama.accounts.queries import digest_of, nobody_yet, tokens_for
from videorama.env import BadSetting
from videorama.errors import Invalid

TOKEN_PREFIX = "vr_"
TOKENS_PER_USER = 100
PASSWORD_LENGTH = 100

_on_first_run: list[Callable[[User, str], object]] = []


def on_first_run(fn: Callable[[User, str], object]) -> None:
    """Lets a room prepare what a new server needs: `fn(administrator, library_name)`.

    Called from apps.py. It runs inside the transaction that makes the first account; the name is
    empty when nobody was asked for one.
    """
    _on_first_run.append(fn)


def create_user(*, username: str, password: str, role: Role | str = Role.VIEWER) -> User:
    """A new account with `is_staff` and `is_superuser` as the role has it.

    Raises UsernameTaken (names are compared without regard to case), WeakPassword, Invalid.
    """
    user = User(username=User.normalize_username(username.strip()))
    _apply_role(user, Role(role))
    _check_password(password, user)
    user.set_password(password)
    try:
        user.clean_fields()
    except ValidationError as error:
        raise Invalid(" ".join(error.messages), details={"fields": error.message_dict}) from error
    if User.objects.filter(username__iexact=user.username).exists():
        raise UsernameTaken
    try:
        with transaction.atomic():
            user.save(force_insert=True)
    except IntegrityError:
        raise UsernameTaken from None
    return user


def set_role(*, user: User, role: Role | str) -> User:
    """Changes what the user may do; the flags Django's admin reads follow."""
    _apply_role(user, Role(role))
    user.save(update_fields=["role", "is_staff", "is_superuser"])
    return user


def complete_first_run(*, username: str, password: str, library_name: str) -> User:
    """Makes the first account, an administrator, and what rooms registered with on_first_run.

    Raises AlreadySetUp for everybody but the first, also when two ask at the same moment: a row
    lock on PostgreSQL and the IMMEDIATE transaction on SQLite let one in after the other.
    """
    with transaction.atomic():
        ContentType.objects.select_for_update().get(app_label="accounts", model="user")
        if not nobody_yet():
            raise AlreadySetUp
        user = create_user(username=username, password=password, role=Role.ADMIN)
        for prepare in _on_first_run:
            prepare(user, library_name.strip())
    return user


def ensure_admin(*, username: str, password: str) -> User | None:
    """The administrator that VIDEORAMA_ADMIN_USER and VIDEORAMA_ADMIN_PASSWORD ask for.

    An account that exists keeps its password and role: the variables make it, they do not reset
    it. Raises BadSetting naming the variable.
    """
    existing = User.objects.filter(username__iexact=username).first()
    if existing is not None:
        return existing
    try:
        if nobody_yet():
            return complete_first_run(username=username, password=password, library_name="")
        return create_user(username=username, password=password, role=Role.ADMIN)
    except WeakPassword as error:
        raise BadSetting(f"VIDEORAMA_ADMIN_PASSWORD cannot be used: {error.message}") from None
    except (AlreadySetUp, UsernameTaken):
        # Another process was faster.
        return User.objects.filter(username__iexact=username).first()
    except Invalid as error:
        raise BadSetting(f"VIDEORAMA_ADMIN_USER cannot be used: {error.message}") from None


def change_password(*, user: User, current: str, new: str) -> None:
    """Sets a new password. Every session of the user ends, except one the caller renews.

    Raises WrongPassword and WeakPassword.
    """
    if not user.check_password(current):
        raise WrongPassword
    _check_password(new, user)
    user.set_password(new)
    user.save(update_fields=["password"])


def create_token(*, user: User, name: str) -> tuple[ApiToken, str]:
    """A new token and its text, which exists nowhere else and cannot be shown again.

    Raises TokenNameTaken when the user has a live token of this name, and Invalid.
    """
    name = name.strip()
    if not 1 <= len(name) <= 100:
        raise Invalid(_("A token needs a name of at most 100 characters."))
    if tokens_for(user).count() >= TOKENS_PER_USER:
        raise Invalid(_("You have very many tokens. Revoke one first."))
    text = TOKEN_PREFIX + secrets.token_urlsafe(32)
    try:
        with transaction.atomic():
            token = ApiToken.objects.create(
                user=user, name=name, digest=digest_of(text), hint=text[:8]
            )
    except IntegrityError:
        raise TokenNameTaken from None
    return token, text


def revoke_token(*, token: ApiToken) -> None:
    """Ends the token at once; doing it twice changes nothing."""
    ApiToken.objects.filter(pk=token.pk, revoked_at__isnull=True).update(revoked_at=timezone.now())


def _apply_role(user: User, role: Role) -> None:
    user.role = role
    user.is_staff = user.is_superuser = role == Role.ADMIN


def _check_password(password: str, user: User) -> None:
    if len(password) > PASSWORD_LENGTH:
        raise WeakPassword(_("A password has at most %(n)d characters.") % {"n": PASSWORD_LENGTH})
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise WeakPassword(" ".join(error.messages)) from error
