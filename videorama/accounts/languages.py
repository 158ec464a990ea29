"""In which language somebody is spoken to: their own choice, else the browser's.

A choice belongs to the account. Whoever has made none is spoken to as the browser asks, and where
there is no browser, as in jobs and e-mails, in the language of the server.
"""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils import translation

from videorama.accounts.models import User


def speak_to(request: HttpRequest, user: Any) -> None:
    """The rest of this request is in the user's own language, if there is one."""
    if isinstance(user, User) and (chosen := _known(user.language)):
        translation.activate(chosen)
        request.LANGUAGE_CODE = chosen


def language_of(user: User | None) -> str:
    """The language for what no browser asks for: jobs, e-mails."""
    return _known(user.language if user else "") or settings.LANGUAGE_CODE


def speaking_to(user: User | None) -> AbstractContextManager[None]:
    """What is said inside is said in the user's language: `with speaking_to(job.owner):`."""
    return translation.override(language_of(user))


def language_of_socket(user: User, scope: Mapping[str, Any]) -> str:
    """The language of the page behind a socket; `scope` is what it was opened with."""
    if chosen := _known(user.language):
        return chosen
    asked = HttpRequest()
    asked.COOKIES = dict(scope.get("cookies", {}))
    headers = dict(scope["headers"])
    asked.META["HTTP_ACCEPT_LANGUAGE"] = headers.get(b"accept-language", b"").decode("latin-1")
    return translation.get_language_from_request(asked)


def _known(language: str) -> str:
    return language if language in dict(settings.LANGUAGES) else ""
