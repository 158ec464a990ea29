"""The HTTP API: routers of the rooms, bearer tokens, one form of error."""

import json
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from ninja import Schema
from ninja.errors import HttpError, ValidationError
from ninja.parser import Parser

from analytics.api import router as notifications_router
from imports.api import router as imports_router
from imports.inbox_api import router as inbox_router
from imports.inbox_api import rules_router
from library.api import entries_router, libraries_router, tags_router, trash_router
from videorama import diagnostics
from videorama.accounts.api import router as accounts_router
from videorama.accounts.auth import bearer
from videorama.errors import AppError
from videorama.jobs.api import router as jobs_router
from videorama.ledger.api import router as ledger_router
from videorama.middleware import error_envelope, error_response
from videorama.openapi import DocumentedAPI
from videorama.preferences.api import router as settings_router


class NoObject(ValueError):
    """JSON, but a list or a single value: it can be read and does not fit."""


class StrictJson(Parser):
    """Only text that every database can hold, and only numbers that JSON knows.

    Python reads NaN and Infinity, and escapes of half a character that cannot be written again.
    """

    def parse_body(self, request: HttpRequest) -> Any:
        """Raises ValueError, which ninja answers as a body it cannot read."""
        body = json.loads(request.body, parse_constant=_refuse_number)
        json.dumps(body, ensure_ascii=False).encode()
        if not isinstance(body, dict):
            # Where every field may be left out, ninja would take anything for none of them.
            raise NoObject
        return body


def _refuse_number(word: str) -> Any:
    raise ValueError(f"{word} is not JSON")


api = DocumentedAPI(
    title="Videorama",
    version=settings.VERSION,
    description="Import, find and play what your libraries hold.",
    urls_namespace="api",
    docs_url="/docs" if settings.DEBUG else None,
    auth=bearer,
    parser=StrictJson(),
)


@api.exception_handler(AppError)
def app_error(request: HttpRequest, error: AppError) -> HttpResponse:
    """Refusals and failures that rooms name."""
    return error_response(error)


@api.exception_handler(Http404)
def not_found(request: HttpRequest, error: Http404) -> HttpResponse:
    """Django's own way to say it."""
    return error_envelope(404, "not_found", _("This does not exist."))


@api.exception_handler(HttpError)
def refused(request: HttpRequest, error: HttpError) -> HttpResponse:
    """What ninja itself refuses: no or wrong token, a body that is no JSON."""
    status = error.status_code
    if status == HTTPStatus.UNAUTHORIZED:
        return error_envelope(401, "unauthenticated", _("Send a valid token."))
    if isinstance(error.__cause__, NoObject):
        return error_envelope(422, "invalid", _("Send a JSON object."))
    return error_envelope(status, "invalid" if status == 400 else f"http_{status}", str(error))


@api.exception_handler(ValidationError)
def invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
    """Input that does not fit the schema; `details.fields` has the reasons by field."""
    fields: dict[str, list[str]] = {}
    for one in error.errors:
        # loc is (body, <parameter name>, field, …) for a body and (query, field, …) otherwise.
        place = [str(part) for part in one["loc"]]
        name = ".".join(place[2:] or place[1:] or place)
        fields.setdefault(name, []).append(str(one["msg"]))
    sentence = "; ".join(f"{name}: {', '.join(reasons)}" for name, reasons in fields.items())
    return error_envelope(422, "invalid", sentence, {"fields": fields})


@api.exception_handler(Exception)
def unexpected(request: HttpRequest, error: Exception) -> HttpResponse:
    """Programming errors go on to the outermost door, which logs them once and answers."""
    raise error


class VersionOut(Schema):
    """Which version answers; `components` only to administrators."""

    version: str
    components: dict[str, str] | None


@api.get("/version", response=VersionOut, summary="Version", tags=["settings"])
def version(request: HttpRequest) -> dict[str, Any]:
    """The version of this server, and of what it is made."""
    is_admin = bool(getattr(request.user, "is_admin", False))
    return {
        "version": settings.VERSION,
        "components": diagnostics.versions() if is_admin else None,
    }


@login_not_required
def root(request: HttpRequest) -> JsonResponse:
    """What answers here, for clients that were given only an address."""
    return JsonResponse(
        {"name": "Videorama", "version": settings.VERSION, "docs": "/api/v1/openapi.json"}
    )


@csrf_exempt
@login_not_required
def unknown(request: HttpRequest, rest: str = "") -> HttpResponse:
    """Any address under /api/ that is none."""
    return error_envelope(404, "not_found", _("There is no such address in this API."))


api.add_router("", accounts_router)
api.add_router("/import", imports_router)
api.add_router("/inbox", inbox_router)
api.add_router("/rules", rules_router)
api.add_router("/jobs", jobs_router)
api.add_router("/ledger", ledger_router)
api.add_router("/libraries", libraries_router)
api.add_router("/entries", entries_router)
api.add_router("/tags", tags_router)
api.add_router("/trash", trash_router)
api.add_router("/settings", settings_router)
api.add_router("/notifications", notifications_router)
