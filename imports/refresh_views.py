"""The button of an entry's page that asks its source again."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from imports import services
from library.queries import entry_by_uuid
from videorama.accounts.auth import caller
from videorama.errors import AppError, NotAllowed
from videorama.pages import say


@require_POST
def entry_refresh(request: HttpRequest, entry_id: UUID) -> HttpResponse:
    """Starts the job; the page of the entry says so."""
    entry = entry_by_uuid(request.user, entry_id)
    with_picture = bool(request.POST.get("with_picture"))
    try:
        services.request_refresh(user=caller(request), entry=entry, with_picture=with_picture)
    except NotAllowed:
        raise
    except AppError as error:
        say(request, error.message, "bad")
    else:
        say(request, _("The source is being asked again."), "info")
    return redirect("library:entry_detail", entry.uuid)
