"""Uploads over HTTP: the tus protocol at two doors, and the forms of the import page.

`/import/upload/` is for our own pages (session and CSRF token), `/api/v1/import/upload` for other
programs (bearer token). A request that brings bytes is only let in here; imports.receiving takes
the bytes.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.urls import reverse
from django.utils import translation
from django.views.decorators.csrf import csrf_exempt

from imports import errors, queries, services, tus
from imports.models import Upload, UploadState
from imports.upload_file import TICKET_HEADER, Ticket, settled_offset, upload_headers
from library import services as library_services
from library.queries import library_by_slug
from videorama.accounts.auth import bearer, caller
from videorama.accounts.models import User
from videorama.errors import AppError, Unauthenticated
from videorama.middleware import error_response
from videorama.paging import paginate

View = Callable[..., HttpResponseBase]
LISTED = 50


def _protocol(*methods: str) -> Callable[[View], View]:
    """Speaks tus: method override, version, and refusals that a program can read."""

    def decorate(view: View) -> View:
        @wraps(view)
        def speak(request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
            response: HttpResponseBase
            method = _method(request)
            try:
                user = _asker(request) if method != "OPTIONS" else None
                if method not in {*methods, "OPTIONS"}:
                    response = _not_allowed(methods)
                elif method == "OPTIONS":
                    response = _options()
                else:
                    if method != "GET" and request.headers.get("Tus-Resumable") != tus.VERSION:
                        raise errors.WrongVersion
                    response = view(request, user, method, **kwargs)
            except AppError as error:
                response = error_response(error)
                if isinstance(error, errors.WrongVersion):
                    response["Tus-Version"] = tus.VERSION
            response["Tus-Resumable"] = tus.VERSION
            response["Cache-Control"] = "no-store"
            return response

        return speak

    return decorate


@_protocol("GET", "POST")
def page_uploads(request: HttpRequest, user: User, method: str) -> HttpResponse:
    """The session's own uploads, or a new one."""
    return _list(user, request) if method == "GET" else _begin(request, user, "imports:upload")


@_protocol("HEAD", "PATCH", "DELETE")
def page_upload(request: HttpRequest, user: User, method: str, upload_id: UUID) -> HttpResponse:
    """One upload of the session's user."""
    return _act(request, user, method, upload_id)


@csrf_exempt
@login_not_required
@_protocol("GET", "POST")
def api_uploads(request: HttpRequest, user: User, method: str) -> HttpResponse:
    """The token's own uploads, or a new one."""
    return _list(user, request) if method == "GET" else _begin(request, user, "api-upload")


@csrf_exempt
@login_not_required
@_protocol("HEAD", "PATCH", "DELETE")
def api_upload(request: HttpRequest, user: User, method: str, upload_id: UUID) -> HttpResponse:
    """One upload of the token's user."""
    return _act(request, user, method, upload_id)


def _method(request: HttpRequest) -> str:
    """The method that is meant: some networks let only GET and POST through."""
    meant = request.headers.get("X-HTTP-Method-Override", "").upper()
    if request.method == "POST" and meant in tus.OVERRIDABLE:
        return meant
    return str(request.method)


def _asker(request: HttpRequest) -> User:
    if not request.path.startswith("/api/"):
        return caller(request)
    user = bearer(request)
    if not isinstance(user, User):
        raise Unauthenticated
    return user


def _options() -> HttpResponse:
    response = HttpResponse(status=204)
    response["Tus-Version"] = tus.VERSION
    response["Tus-Extension"] = tus.EXTENSIONS
    return response


def _not_allowed(methods: tuple[str, ...]) -> HttpResponse:
    response = HttpResponse(status=405)
    response["Allow"] = ", ".join((*methods, "OPTIONS"))
    return response


def _begin(request: HttpRequest, user: User, route: str) -> HttpResponse:
    """Creation, and with a body of the right type the first bytes in the same request."""
    if "Upload-Defer-Length" in request.headers:
        raise errors.BadUpload
    size = tus.number("Upload-Length", request.headers.get("Upload-Length"))
    text = request.headers.get("Upload-Metadata", "")
    about = tus.about(tus.metadata(text))
    upload = services.begin_upload(
        user=user,
        size=size,
        about=about,
        library=library_by_slug(user, about.library) if about.library else None,
        metadata=text,
    )
    response = HttpResponse(status=201)
    response["Location"] = reverse(route, args=[upload.uuid])
    if request.content_type == tus.STREAM:
        return _ticket(response, upload, 0)
    return _tell(response, upload)


def _act(request: HttpRequest, user: User, method: str, upload_id: UUID) -> HttpResponse:
    upload = queries.upload_by_uuid(user, upload_id)
    if method == "PATCH":
        return _go_on(request, upload)
    if method == "DELETE":
        services.give_up(upload=upload, user=user)
        return HttpResponse(status=204)
    return _where(upload)


def _where(upload: Upload) -> HttpResponse:
    """HEAD: how much is here, told only of what is on disk."""
    if upload.state == UploadState.OPEN:
        place = library_services.upload_file(root=upload.root, upload_uuid=upload.uuid)
        settled_offset(upload, place.stat().st_size if place.is_file() else 0)
        if upload.offset == upload.size:
            upload = services.complete(upload=upload)
    response = _tell(HttpResponse(status=200), upload)
    response["Upload-Length"] = str(upload.size)
    if upload.metadata:
        response["Upload-Metadata"] = upload.metadata
    return response


def _go_on(request: HttpRequest, upload: Upload) -> HttpResponse:
    if request.content_type != tus.STREAM:
        raise errors.NotOffsetStream
    offset = tus.number("Upload-Offset", request.headers.get("Upload-Offset"))
    return _ticket(HttpResponse(status=204), upload, offset)


def _ticket(response: HttpResponse, upload: Upload, offset: int) -> HttpResponse:
    ticket = Ticket(upload.uuid, offset, translation.get_language() or "en")
    response[TICKET_HEADER] = ticket.text()
    return response


def _tell(response: HttpResponse, upload: Upload) -> HttpResponse:
    for name, value in upload_headers(upload).items():
        response[name] = value
    return response


def _list(user: User, request: HttpRequest) -> HttpResponse:
    """Own uploads that have not arrived in full, newest first, to go on with."""
    page = paginate(
        queries.open_uploads_for(user),
        order=("-created_at", "-pk"),
        after=request.GET.get("after"),
        limit=LISTED,
    )
    return JsonResponse(page.document(_document))


def _document(upload: Upload) -> dict[str, Any]:
    return {
        "id": str(upload.uuid),
        "filename": upload.filename,
        "fingerprint": upload.fingerprint,
        "size_bytes": upload.size,
        "offset": upload.offset,
        "library_id": upload.library.slug if upload.library else None,
        "expires_at": upload.expires_at.isoformat(),
    }
