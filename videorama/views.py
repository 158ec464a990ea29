"""Pages that belong to no room: health and the error pages."""

import logging
import platform
import shutil
import tempfile
import threading
from importlib.metadata import version
from pathlib import Path
from typing import Any

import django
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from videorama.accounts.auth import media_user
from videorama.adapters import ffmpeg
from videorama.errors import Unauthenticated
from videorama.jobs.queries import counts_for
from videorama.middleware import error_page

logger = logging.getLogger(__name__)

# videorama.embedded gives its threads these names; without either no job runs.
WORKING_THREADS = {"worker", "leases"}


@never_cache
@login_not_required
@require_safe
def health(request: HttpRequest) -> JsonResponse:
    """200 when this server can serve and work, 503 when not; the reasons are for administrators."""
    checks = {
        "database": _database_answers(),
        "worker": {one.name for one in threading.enumerate()} >= WORKING_THREADS,
        "disk": _disk_takes_files(),
    }
    is_good = all(checks.values())
    if not is_good:
        logger.warning("Not healthy: %s", [name for name, good in checks.items() if not good])
    body: dict[str, Any] = {"status": "ok" if is_good else "unavailable"}
    if checks["database"]:
        body |= _detail(request, checks)
    return JsonResponse(body, status=200 if is_good else 503)


def _database_answers() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return False
    return True


def _disk_takes_files() -> bool:
    for folder in {settings.DATA, *settings.ROOTS.values()}:
        try:
            with tempfile.TemporaryFile(dir=folder) as probe:
                probe.write(b"\0" * 4096)
        except OSError:
            return False
    return True


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
        "versions": {
            "videorama": settings.VERSION,
            "python": platform.python_version(),
            "django": django.get_version(),
            "yt-dlp": version("yt-dlp"),
            "ffmpeg": ffmpeg.ffmpeg_version(),
        },
        "jobs": counts_for(user),
        "disk": {name: _space(folder) for name, folder in settings.ROOTS.items()},
    }


def _space(folder: Path) -> dict[str, int]:
    try:
        usage = shutil.disk_usage(folder)
    except OSError:
        return {}
    return {"total_bytes": usage.total, "free_bytes": usage.free}


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """403 in our words."""
    return error_page(request, 403, _("You may not do this."), "not_allowed")


def missing(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """404 in our words."""
    return error_page(request, 404, _("This page does not exist."), "not_found")


def broken(request: HttpRequest) -> HttpResponse:
    """500 for what failed outside any view; needs neither database nor session."""
    message = _("Something went wrong here. The log says more.")
    return HttpResponse(render_to_string("500.html", {"message": message}), status=500)


@login_not_required
def csrf_failed(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form that was not sent from a page of this server, or from one that is too old."""
    logger.warning("CSRF check failed at %s: %s", request.path, reason)
    message = _("This page was too old to send. Go back, reload it and try again.")
    return error_page(request, 403, message, "csrf")
