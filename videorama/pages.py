"""Whole page or fragment, toasts, and what every page's frame shows."""

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, Concatenate, Literal
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext
from django_htmx.http import trigger_client_event

from videorama.errors import NotAllowed

Tone = Literal["good", "info", "warn", "bad"]
THEME_COOKIE = "videorama_theme"
THEMES = ("light", "dark")
_LEVELS = {
    "good": messages.SUCCESS,
    "info": messages.INFO,
    "warn": messages.WARNING,
    "bad": messages.ERROR,
}

_providers: dict[str, Callable[[HttpRequest], Any]] = {}


def render_page(
    request: HttpRequest,
    template: str,
    context: Mapping[str, Any] | None = None,
    *,
    partial: str = "",
    status: int = 200,
) -> HttpResponse:
    """The whole page, or only its `{% partialdef %}` named `partial` for a plain htmx request.

    Boosted requests and history restores want the whole page. The answer varies by HX-Request,
    so no cache hands a fragment to somebody who asked for a page.
    """
    if partial and wants_fragment(request):
        template = f"{template}#{partial}"
    response = render(request, template, dict(context or {}), status=status)
    patch_vary_headers(response, ["HX-Request"])
    return response


def is_htmx(request: HttpRequest) -> bool:
    """Asked by htmx; also right before HtmxMiddleware has run."""
    return request.headers.get("HX-Request") == "true"


def wants_fragment(request: HttpRequest) -> bool:
    """Asked by htmx for a piece of a page."""
    return (
        is_htmx(request)
        and request.headers.get("HX-Boosted") != "true"
        and request.headers.get("HX-History-Restore-Request") != "true"
    )


def toast(
    response: HttpResponse, message: str, tone: Tone = "good", *, undo: str = ""
) -> HttpResponse:
    """Lets the page show `message`: the browser event `toast` with detail {message, tone, undo}.

    `undo` is an address that a button posts to. For answers to htmx; those that lead to another
    page use `say`.
    """
    detail = {"message": str(message), "tone": tone} | ({"undo": undo} if undo else {})
    return trigger_client_event(response, "toast", detail)


def say(request: HttpRequest, message: str, tone: Tone = "good", *, undo: str = "") -> None:
    """The same toast on the page that comes next."""
    messages.add_message(request, _LEVELS[tone], message, extra_tags=undo)


def back(request: HttpRequest, otherwise: str) -> str:
    """The page the asker was on, for verbs that any page may post to."""
    came_from = urlsplit(request.headers.get("Referer", ""))
    # Two slashes would lead to another server once ours is cut off.
    is_page = came_from.path.startswith("/") and not came_from.path.startswith("//")
    is_ours = came_from.netloc == request.get_host() and is_page
    return came_from._replace(scheme="", netloc="").geturl() if is_ours else otherwise


def require_administrator(request: HttpRequest) -> None:
    """NotAllowed for everybody else; for rooms below the accounts."""
    if not getattr(request.user, "is_admin", False):
        raise NotAllowed(gettext("Only administrators may look into settings and change them."))


def administrators_only[**P](
    view: Callable[Concatenate[HttpRequest, P], HttpResponse],
) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
    """The view behind require_administrator."""

    @wraps(view)
    def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        require_administrator(request)
        return view(request, *args, **kwargs)

    return guarded


def provide(name: str, fn: Callable[[HttpRequest], Any]) -> None:
    """Makes `{{ shell.<name> }}` known to every page; called from a room's apps.py.

    `fn` runs at most once per request, only if a template asks, and only for a signed-in user.
    """
    _providers[name] = fn


class Shell:
    """What the frame of a page shows.

    `username`, `role`, `is_editor`, `is_admin`, `theme`, `density`, `version`, `languages`, and
    what rooms provide.
    Templates read it as `shell.<name>`; an unknown name is empty.
    """

    def __init__(self, request: HttpRequest) -> None:
        self._request = request
        self._known: dict[str, Any] = {"version": settings.VERSION, "theme": theme(request)}
        # By their own names; Django's tag would translate "English" for whoever cannot read it.
        self._known["languages"] = settings.LANGUAGES
        user = getattr(request, "user", None)
        self._signed_in = user is not None and user.is_authenticated
        self._known["username"] = user.get_username() if user and self._signed_in else ""
        self._known["role"] = getattr(user, "role", "") if self._signed_in else ""
        self._known["density"] = getattr(user, "density", "")
        self._known["is_editor"] = bool(getattr(user, "is_editor", False))
        self._known["is_admin"] = bool(getattr(user, "is_admin", False))

    def __getitem__(self, name: str) -> Any:
        if name not in self._known:
            if not self._signed_in or name not in _providers:
                raise KeyError(name)
            self._known[name] = _providers[name](self._request)
        return self._known[name]


def theme(request: HttpRequest) -> str:
    """light or dark as chosen in this browser; empty follows the system."""
    chosen = request.COOKIES.get(THEME_COOKIE, "")
    return chosen if chosen in THEMES else ""


def shell(request: HttpRequest) -> dict[str, Any]:
    """Context processor: `shell` for every template."""
    return {"shell": Shell(request)}
