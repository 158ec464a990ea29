"""Who is asking: bearer tokens for the API, session or bearer for media."""

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from ninja.security import HttpBearer

from videorama.accounts.languages import speak_to
from videorama.accounts.models import User
from videorama.accounts.queries import user_by_token
from videorama.errors import Unauthenticated


class Bearer(HttpBearer):
    """`Authorization: Bearer TOKEN`; sets `request.auth` and `request.user` to the token's user."""

    def authenticate(self, request: HttpRequest, token: str) -> User | None:
        user = user_by_token(token.strip())
        # A session cookie sent along must not lend its rights to a request without a token.
        request.user = user or AnonymousUser()
        speak_to(request, user)
        return user


bearer = Bearer()


def optional_user(request: HttpRequest) -> User | None:
    """The token's user, None without a token; Unauthenticated when one is sent and is wrong."""
    if "Authorization" not in request.headers:
        return None
    user = bearer(request)
    if not isinstance(user, User):
        raise Unauthenticated
    return user


def media_user(request: HttpRequest) -> User | None:
    """Who asks for media: the token's user, else the session's user, else None.

    A wrong token is refused (Unauthenticated) even beside a good session.
    """
    user = optional_user(request)
    if user is not None:
        return user
    return request.user if isinstance(request.user, User) and request.user.is_active else None


def caller(request: HttpRequest) -> User:
    """The signed-in user, typed; Unauthenticated for nobody."""
    if not isinstance(request.user, User):
        raise Unauthenticated
    return request.user
