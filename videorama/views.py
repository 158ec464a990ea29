"""Pages that belong to no room: health and the error pages."""

import logging

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from videorama.middleware import error_page

logger = logging.getLogger(__name__)


@never_cache
@login_not_required
@require_safe
def health(request: HttpRequest) -> JsonResponse:
    """200 when this server can serve, 503 when not."""
    return JsonResponse({"status": "ok"})


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
