"""What can go wrong, as sentences a person can act on.

Doors (views, API, commands, jobs) catch AppError and show `message`; `code` is stable and safe to
test against. Rooms subclass the families below in their own errors.py, each with its `sentence`.
"""

from collections.abc import Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class AppError(Exception):
    """A refusal or failure with a stable code, a sentence, and plain details for machines.

    `technical` is for operators (log, admin) and is never shown to users. `sentence` is what the
    class says unless it is raised with words of its own.
    """

    code = "error"
    status = 400
    sentence: str | Promise = _("Something went wrong.")

    def __init__(
        self,
        message: str | Promise = "",
        *,
        code: str = "",
        details: Mapping[str, Any] | None = None,
        technical: str = "",
    ) -> None:
        self._message = message or type(self).sentence
        self.code = code or type(self).code
        self.details = dict(details or {})
        self.technical = technical
        super().__init__(self._message)

    @property
    def message(self) -> str:
        """The sentence, in the language of the moment it is asked for."""
        return str(self._message)


class NotFound(AppError):
    """The thing does not exist, or the asker may not know that it does."""

    code, status, sentence = "not_found", 404, _("This does not exist.")


class NotAllowed(AppError):
    """The asker is known and may not do this."""

    code, status, sentence = "not_allowed", 403, _("You may not do this.")


class Unauthenticated(AppError):
    """Nobody is signed in, or the token is wrong or revoked."""

    code, status, sentence = "unauthenticated", 401, _("Sign in or send a valid token.")


class Invalid(AppError):
    """Input that cannot be used; details may name fields."""

    code, status, sentence = "invalid", 422, _("This input cannot be used.")


class Conflict(AppError):
    """The state of things forbids it now."""

    code, status, sentence = "conflict", 409, _("This does not fit the current state.")


class Transient(AppError):
    """Likely to pass: jobs.run tries again with back-off.

    `retry_after_s` is what the other side asked for, when it did.
    """

    code, status, sentence = "temporary", 503, _("This did not work just now.")

    def __init__(
        self, message: str | Promise = "", *, retry_after_s: float | None = None, **more: Any
    ) -> None:
        super().__init__(message, **more)
        self.retry_after_s = retry_after_s
