"""What can go wrong at the door."""

from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from videorama.errors import AppError, Conflict, Invalid, NotFound


class AlreadySetUp(Conflict):
    """The first run has happened: somebody has an account."""

    code, sentence = "already_set_up", _("This server has been set up already. Sign in instead.")


class UsernameTaken(Conflict):
    """Another account has this name."""

    code, sentence = "username_taken", _("This username is taken. Choose another one.")


class TokenNameTaken(Conflict):
    """The user has a live token of this name."""

    code, sentence = "token_name_taken", _("You have a token of this name. Choose another name.")


class WeakPassword(Invalid):
    """A password that must not be used; the message says why."""

    code, sentence = "weak_password", _("Choose a password that is harder to guess.")


class WrongPassword(Invalid):
    """The current password was not given correctly."""

    code, sentence = "wrong_password", _("This is not your current password.")


class LastAdministrator(Conflict):
    """Somebody must remain who can let others in."""

    code = "last_administrator"
    sentence = _("This is the only active administrator. Make somebody else one first.")


class OwnAccount(Conflict):
    """Administrators do not lock themselves out."""

    code = "own_account"
    sentence = _("You cannot do this to your own account. Another administrator can.")


class NotActive(Conflict):
    """The account is switched off."""

    code, sentence = "not_active", _("This account is deactivated. Reactivate it first.")


class LinkGone(NotFound):
    """The link was used, revoked, is too old, or never was; the sentence does not say which."""

    code = "link_gone"
    sentence = _("This link does not work any more. Ask an administrator for a new one.")


class RegistrationClosed(NotFound):
    """Nobody may make an account without an invitation."""

    code, sentence = "not_found", _("This page does not exist.")


class TooManyAttempts(AppError):
    """Sign-in was tried too often; `retry_after_s` says how long to wait."""

    code, status = "too_many_attempts", 429
    sentence = _("Too many attempts to sign in. Wait a little and try again.")

    def __init__(
        self, message: str | Promise = "", *, retry_after_s: int = 30, **more: Any
    ) -> None:
        super().__init__(message, **more)
        self.retry_after_s = retry_after_s
        self.details.setdefault("retry_after_s", retry_after_s)
