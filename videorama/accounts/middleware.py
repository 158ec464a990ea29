"""What every page of a signed-in user begins with: their language, and that they are here."""

import logging
from collections.abc import Callable

from django.db import DatabaseError
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from videorama.accounts import services
from videorama.accounts.languages import speak_to
from videorama.accounts.models import User

logger = logging.getLogger(__name__)

# These answer programs, which say for whom they ask in another way or not at all.
_NO_PAGES = ("/api/", "/health")


class SignedIn:
    """Pages in the language that the user has chosen. Stands behind authentication."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not request.path.startswith(_NO_PAGES) and isinstance(request.user, User):
            speak_to(request, request.user)
            _note(request, request.user)
        return self.get_response(request)


def _note(request: HttpRequest, user: User) -> None:
    """Nobody is kept from reading because a full disk cannot hold when they were here."""
    try:
        services.note_presence(user=user, session_key=request.session.session_key or "")
    except DatabaseError:
        logger.warning("It could not be written down that somebody is here.", exc_info=True)
