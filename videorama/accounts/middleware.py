"""What every page of a signed-in user begins with: their language, and that they are here."""

from collections.abc import Callable

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from videorama.accounts import services
from videorama.accounts.languages import speak_to
from videorama.accounts.models import User

# These answer programs, which say for whom they ask in another way or not at all.
_NO_PAGES = ("/api/", "/health")


class SignedIn:
    """Pages in the language that the user has chosen. Stands behind authentication."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not request.path.startswith(_NO_PAGES) and isinstance(request.user, User):
            speak_to(request, request.user)
            key = request.session.session_key or ""
            services.note_presence(user=request.user, session_key=key)
        return self.get_response(request)
