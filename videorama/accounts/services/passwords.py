"""Passwords: whether one may be used, and changing it."""

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from videorama.accounts.errors import WeakPassword, WrongPassword
from videorama.accounts.models import User
from videorama.accounts.services.sessions import end_sessions
from videorama.ledger.services import record

PASSWORD_LENGTH = 100


def change_password(*, user: User, current: str, new: str, session_key: str = "") -> None:
    """Sets a new password. Every session of the user ends but the one of this key.

    Raises WrongPassword and WeakPassword.
    """
    if not user.check_password(current):
        raise WrongPassword
    check_password(new, user)
    user.set_password(new)
    with transaction.atomic():
        user.save(update_fields=["password"])
        end_sessions(user=user, but=session_key)
        record("user.password_changed", user=user, about=[("user", user.uuid)])


def check_password(password: str, user: User) -> None:
    """WeakPassword with the reasons when this user must not have this password."""
    if len(password) > PASSWORD_LENGTH:
        raise WeakPassword(_("A password has at most %(n)d characters.") % {"n": PASSWORD_LENGTH})
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise WeakPassword(" ".join(error.messages)) from error
