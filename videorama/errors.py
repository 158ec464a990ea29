"""What can go wrong, as sentences a person can act on.

Doors (views, API, commands, jobs) catch AppError and show `message`; `code` is stable and safe to
test against. Rooms subclass the families below in their own errors.py.
"""

from collections.abc import Mapping
from typing import Any


class AppError(Exception):
    """A refusal or failure with a stable code, a sentence, and plain details for machines.

    `technical` is for operators (log, admin) and is never shown to users.
    """

    code = "error"
    status = 400
    message = "Something went wrong."

    def __init__(
        self,
        message: str = "",
        *,
        code: str = "",
        details: Mapping[str, Any] | None = None,
        technical: str = "",
    ) -> None:
        self.message = message or str(type(self).message)
        self.code = code or type(self).code
        self.details = dict(details or {})
        self.technical = technical
        super().__init__(self.message)


class NotFound(AppError):
    """The thing does not exist, or the asker may not know that it does."""

    code, status, message = "not_found", 404, "This does not exist."


class NotAllowed(AppError):
    """The asker is known and may not do this."""

    code, status, message = "not_allowed", 403, "You may not do this."


class Unauthenticated(AppError):
    """Nobody is signed in, or the token is wrong or revoked."""

    code, status, message = "unauthenticated", 401, "Sign in or send a valid token."


class Invalid(AppError):
    """Input that cannot be used; details may name fields."""

    code, status, message = "invalid", 422, "This input cannot be used."


class Conflict(AppError):
    """The state of things forbids it now."""

    code, status, message = "conflict", 409, "This does not fit the current state."


class Transient(AppError):
    """Likely to pass: jobs.run tries again with back-off.

    `retry_after_s` is what the other side asked for, when it did.
    """

    code, status, message = "temporary", 503, "This did not work just now."

    def __init__(
        self, message: str = "", *, retry_after_s: float | None = None, **more: Any
    ) -> None:
        super().__init__(message, **more)
        self.retry_after_s = retry_after_s


class OutcomeUnknown(AppError):
    """A request was sent and no clear answer came; never retried, but reconciled."""

    code, status, message = "outcome_unknown", 502, "It is not known whether this took effect."
