"""Pages that belong to no room: health and the error pages."""

import logging
import sys
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from videorama import diagnostics
from videorama.accounts.auth import media_user
from videorama.errors import Unauthenticated
from videorama.jobs.queries import counts_for
from videorama.middleware import error_page, unavailable
from videorama.outages import is_outage
from videorama.pages import administrators_only, render_page

logger = logging.getLogger(__name__)


@never_cache
@login_not_required
@require_safe
def health(request: HttpRequest) -> JsonResponse:
    """200 when this server can serve and work, 503 when not; the reasons are for administrators."""
    checks = {
        "database": diagnostics.database_answers(),
        "worker": diagnostics.workers_run(),
        "disk": diagnostics.disk_takes_files(),
    }
    if settings.IS_SCALE:
        checks["redis"] = diagnostics.redis_answers()
    is_good = all(checks.values())
    if not is_good:
        logger.warning("Not healthy: %s", [name for name, good in checks.items() if not good])
    body: dict[str, Any] = {"status": "ok" if is_good else "unavailable"}
    if checks["database"]:
        body |= _detail(request, checks)
    return JsonResponse(body, status=200 if is_good else 503)


def _detail(request: HttpRequest, checks: dict[str, bool]) -> dict[str, Any]:
    """What administrators see; nothing for anybody else."""
    try:
        user = media_user(request)
    except Unauthenticated:
        return {}
    if user is None or not user.is_admin:
        return {}
    return {
        "checks": checks,
        "versions": diagnostics.versions(),
        "jobs": counts_for(user),
        "disk": {name: diagnostics.space(folder) for name, folder in settings.ROOTS.items()},
    }


@never_cache
@require_safe
@administrators_only
def diagnostics_page(request: HttpRequest) -> HttpResponse:
    """How this server is, to read and to copy."""
    groups = diagnostics.report()
    context = {"groups": groups, "text": diagnostics.as_text(groups)}
    return render_page(request, "preferences/diagnostics.html", context)


@never_cache
@require_safe
@administrators_only
def version_page(request: HttpRequest) -> HttpResponse:
    """Which version this is, and of what."""
    context = {"versions": diagnostics.versions(), "changes": diagnostics.changes()}
    return render_page(request, "preferences/version.html", context)


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """403 in our words."""
    return error_page(request, 403, _("You may not do this."), "not_allowed")


def missing(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """404 in our words."""
    return error_page(request, 404, _("This page does not exist."), "not_found")


def broken(request: HttpRequest) -> HttpResponse:
    """500 for what failed outside any view; needs neither database nor session.

    Where it failed because there is no database, as for whoever is signed in, 503.
    """
    error = sys.exception()
    if error is not None and is_outage(error):
        return unavailable(request, error)
    message = _("Something went wrong here. The log says more.")
    return HttpResponse(render_to_string("500.html", {"message": message}), status=500)


@login_not_required
def csrf_failed(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form that was not sent from a page of this server, or from one that is too old."""
    logger.warning("CSRF check failed at %s: %s", request.path, reason)
    message = _("This page was too old to send. Go back, reload it and try again.")
    return error_page(request, 403, message, "csrf")
