"""The outermost doors: who may be the host, and how failures look to htmx, API and people."""

import errno
import ipaddress
import logging
import secrets
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.core.exceptions import BadRequest, DisallowedHost, PermissionDenied, SuspiciousOperation
from django.core.signals import got_request_exception
from django.db import DatabaseError, DataError
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    JsonResponse,
    UnreadablePostError,
)
from django.http.multipartparser import MultiPartParserError
from django.shortcuts import resolve_url
from django.template.loader import render_to_string
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from videorama.errors import AppError
from videorama.outages import AGAIN_IN_S, is_outage
from videorama.pages import is_htmx, toast, wants_fragment

logger = logging.getLogger(__name__)

Answer = Callable[[HttpRequest], HttpResponseBase]
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
API = "/api/"
PRIVATE_SUFFIXES = (".localhost", ".local", ".lan", ".internal", ".home.arpa")
FORWARDED = ("FOR", "PROTO", "HOST", "PORT")
# Django answers these itself; they are not programming errors.
ANSWERED_BY_DJANGO = (
    Http404,
    PermissionDenied,
    SuspiciousOperation,
    BadRequest,
    MultiPartParserError,
    UnreadablePostError,
)


def error_envelope(
    status: int, code: str, message: str, details: Mapping[str, Any] | None = None
) -> JsonResponse:
    """The one form of every failure of the API."""
    body = {"error": {"code": code, "message": message, "details": dict(details or {})}}
    response = JsonResponse(body, status=status)
    if status == 401:
        response["WWW-Authenticate"] = "Bearer"
    return response


def error_response(error: AppError) -> JsonResponse:
    """An AppError as the API says it."""
    return _with_wait(error_envelope(error.status, error.code, error.message, error.details), error)


def is_private_host(host: str) -> bool:
    """Loopback and private names and addresses; `host` is a Host header without its port.

    A page elsewhere can point its own public name at a private address (DNS rebinding); it cannot
    make that name look private.
    """
    name = host.lower().rstrip(".")
    try:
        return not ipaddress.ip_address(name.strip("[]")).is_global
    except ValueError:
        own = urlsplit(settings.PUBLIC_URL).hostname
        return bool(name) and ("." not in name or name.endswith(PRIVATE_SUFFIXES) or name == own)


class TrustedProxies:
    """Believes X-Forwarded-* only from the proxies that VIDEORAMA_TRUSTED_PROXIES names.

    From them it takes the client's address; from anybody else the headers are dropped, so nobody
    can pretend another address or a secure connection.
    """

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        meta = request.META
        if is_trusted_proxy(str(meta.get("REMOTE_ADDR", ""))):
            chain = [part.strip() for part in meta.get("HTTP_X_FORWARDED_FOR", "").split(",")]
            client = next((one for one in reversed(chain) if not is_trusted_proxy(one)), "")
            if _is_address(client):
                meta["REMOTE_ADDR"] = client
        else:
            for name in FORWARDED:
                meta.pop(f"HTTP_X_FORWARDED_{name}", None)
        return self.get_response(request)


def is_trusted_proxy(address: str) -> bool:
    """One of the proxies that VIDEORAMA_TRUSTED_PROXIES names."""
    if not _is_address(address):
        return False
    ip = ipaddress.ip_address(address)
    return any(ip in network for network in _networks(tuple(settings.TRUSTED_PROXIES)))


@cache
def _networks(names: tuple[str, ...]) -> list[Network]:
    return [ipaddress.ip_network(one, strict=False) for one in names]


class PrivateHosts:
    """Without VIDEORAMA_ALLOWED_HOSTS, answers only under loopback and private names."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if settings.ONLY_PRIVATE_HOSTS:
            try:
                host = request.get_host()
            except DisallowedHost:
                host = ""
            if not is_private_host(urlsplit(f"//{host}").hostname or ""):
                text = _("This server does not answer under this name.")
                hint = _("Its administrator can allow the name in VIDEORAMA_ALLOWED_HOSTS.")
                return HttpResponse(f"{text} {hint}\n", status=400, content_type="text/plain")
        return self.get_response(request)


class LoginRequired(LoginRequiredMiddleware):
    """Every page needs a session. The API checks tokens itself; htmx goes to the sign-in page."""

    def process_view(
        self,
        request: HttpRequest,
        view_func: Callable[..., Any],
        view_args: tuple[Any, ...],
        view_kwargs: dict[str, Any],
    ) -> HttpResponseBase | None:
        if request.path.startswith(API):
            return None
        refusal = super().process_view(request, view_func, view_args, view_kwargs)
        if refusal is None or not is_htmx(request):
            return refusal
        # Come back to the page that is shown, not to the fragment it asked for.
        back = request.get_full_path()
        if wants_fragment(request):
            back = urlsplit(request.headers.get("HX-Current-URL", "")).path or "/"
        response = HttpResponse(status=401)
        query = urlencode({self.get_redirect_field_name(view_func): back})
        response["HX-Redirect"] = f"{resolve_url(self.get_login_url(view_func))}?{query}"
        return response


class HtmxErrors:
    """Failures in the form the asker can use.

    A failed htmx request becomes a toast and swaps nothing, except 422, which carries the form.
    Under /api/ every failure is the envelope. Elsewhere an AppError is a page with its sentence.
    Unexpected errors are logged here once, under a reference that the asker is told.
    """

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if response.status_code < 400 or response.streaming:
            return response
        if request.path.startswith(API):
            return _as_envelope(response)
        is_form = response.status_code == 422
        is_done = "HX-Reswap" in response or "HX-Redirect" in response
        if is_htmx(request) and not is_form and not is_done:
            return _as_toast(response.status_code, _sentence(response.status_code))
        return response

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """AppErrors and unexpected ones; the rest Django answers."""
        if isinstance(error, AppError):
            if error.technical:
                logger.warning("%s: %s", error.code, error.technical)
            return _with_wait(_refusal(request, error), error)
        if isinstance(error, Http404) and request.path.startswith(API):
            return error_envelope(404, "not_found", _sentence(404))
        if isinstance(error, ANSWERED_BY_DJANGO):
            return None
        if _is_disk_full(error):
            logger.error("The disk is full: %s %s failed.", request.method, request.path)
            return _refusal(request, _DiskFull())
        if is_outage(error):
            return unavailable(request, error)
        if isinstance(error, DataError):
            # Mostly input nobody sends by accident; the log tells where a check is missing.
            logger.warning("%s %s: %s", request.method, request.path, error, exc_info=True)
            return _refusal(request, _Unstorable())
        if settings.DEBUG and not request.path.startswith(API) and not is_htmx(request):
            return None
        return _unexpected(request)


class _DiskFull(AppError):
    """No room for a row, a session or an upload; rooms that store files name it themselves."""

    code, status = "disk_full", 507
    sentence = gettext_lazy("The disk is full. Free some space and try again.")


class _Unstorable(AppError):
    """A NUL character, a number or a text that no column holds; PostgreSQL refuses what SQLite
    takes, also where it is only looked for."""

    code, status = "invalid", 422
    sentence = gettext_lazy("This cannot be stored: it is too large or has unusual characters.")


def _is_disk_full(error: Exception) -> bool:
    if isinstance(error, OSError):
        return error.errno in {errno.ENOSPC, errno.EDQUOT}
    words = ("disk is full", "No space left")
    return isinstance(error, DatabaseError) and any(word in str(error) for word in words)


def _refusal(request: HttpRequest, error: AppError) -> HttpResponse:
    if request.path.startswith(API):
        return error_response(error)
    if is_htmx(request):
        return _as_toast(error.status, error.message)
    return error_page(request, error.status, error.message, error.code)


def unavailable(request: HttpRequest, error: BaseException) -> HttpResponse:
    """503 while the database is away. Needs none; whoever asked may ask again soon."""
    reason = str(error).partition("\n")[0]
    logger.warning("The database is away: %s %s: %s", request.method, request.path, reason)
    message = _("The database does not answer just now. Try again in a few seconds.")
    response: HttpResponse
    if request.path.startswith(API):
        response = error_envelope(503, "unavailable", message)
    elif is_htmx(request):
        response = _as_toast(503, message)
    else:
        response = HttpResponse(render_to_string("503.html", {"message": message}), status=503)
    response["Retry-After"] = str(AGAIN_IN_S)
    response._has_been_logged = True  # type: ignore[attr-defined]
    return response


def _unexpected(request: HttpRequest) -> HttpResponse:
    reference = secrets.token_hex(4)
    logger.error(
        "Unexpected error %s at %s %s", reference, request.method, request.path, exc_info=True
    )
    got_request_exception.send(sender=HtmxErrors, request=request)
    message = _("Something went wrong here. The log says more under %(reference)s.") % {
        "reference": reference
    }
    response: HttpResponse
    if request.path.startswith(API):
        response = error_envelope(500, "internal", message, {"reference": reference})
    elif is_htmx(request):
        response = _as_toast(500, message)
    else:
        page = render_to_string("500.html", {"message": message, "reference": reference})
        response = HttpResponse(page, status=500)
    response._has_been_logged = True  # type: ignore[attr-defined]  # Django would log it again.
    return response


def error_page(request: HttpRequest, status: int, message: str, code: str = "") -> HttpResponse:
    """A page that says what happened, with the status it has."""
    context = {"status": status, "message": message, "code": code}
    names = [f"{status}.html", "error.html"]
    return HttpResponse(render_to_string(names, context, request), status=status)


def _as_toast(status: int, message: str) -> HttpResponse:
    response = HttpResponse(status=status)
    response["HX-Reswap"] = "none"
    return toast(response, message, "bad")


def _as_envelope(response: HttpResponseBase) -> HttpResponseBase:
    """Failures that no endpoint made: method, host, size, CSRF, missing route."""
    if response.get("Content-Type", "").startswith("application/json"):
        return response
    status = response.status_code
    codes = {400: "invalid", 403: "not_allowed", 404: "not_found", 405: "method_not_allowed"}
    wrapped = error_envelope(status, codes.get(status, f"http_{status}"), _sentence(status))
    for name in ("Allow", "Retry-After"):
        if name in response:
            wrapped[name] = response[name]
    wrapped._has_been_logged = True  # type: ignore[attr-defined]
    return wrapped


def _with_wait[R: HttpResponse](response: R, error: AppError) -> R:
    wait = getattr(error, "retry_after_s", None)
    if wait:
        response["Retry-After"] = str(max(1, round(wait)))
    return response


def _sentence(status: int) -> str:
    return {
        400: _("The server could not read this request."),
        403: _("You may not do this."),
        404: _("This does not exist."),
        405: _("This cannot be done here."),
        413: _("This is too large."),
        429: _("Too many requests. Wait a little."),
    }.get(status, _("Something went wrong. Try again."))


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
