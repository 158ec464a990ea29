"""The real routes, and some whose views fail in every way a view can."""

import errno

from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.db import DataError, OperationalError
from django.http import Http404, HttpResponse, HttpResponseServerError
from django.urls import path
from django.views.decorators.csrf import csrf_exempt

from videorama.errors import Conflict, Invalid, NotAllowed, NotFound, Transient
from videorama.urls import handler403, handler404, handler500
from videorama.urls import urlpatterns as real

__all__ = ["handler403", "handler404", "handler500", "urlpatterns"]

FAILURES = {
    "notfound": NotFound(),
    "notallowed": NotAllowed("This library is not yours."),
    "conflict": Conflict("Somebody was faster.", code="too_late", details={"by": 3}),
    "invalid": Invalid("This is no link."),
    "busy": Transient("The source is busy.", retry_after_s=7.2, technical="token=secret"),
    "http404": Http404("inner words"),
    "denied": PermissionDenied("inner words"),
    "suspicious": SuspiciousOperation("inner words"),
    "full": OSError(errno.ENOSPC, "inner words"),
    "full_rows": OperationalError("database or disk is full"),
    "away": OperationalError("database is locked"),
    "unstorable": DataError("integer out of range"),
    "bug": ZeroDivisionError("inner words"),
}


@csrf_exempt
def fails(request, how):
    """Raises what `how` names."""
    raise FAILURES[how]


@csrf_exempt
def answers(request, status):
    """Answers with the status and no words, as a proxy or a forgetful view would."""
    return HttpResponseServerError("inner words") if status == 500 else HttpResponse(status=status)


def shows_address(request):
    """What the request looks like behind the middleware."""
    return HttpResponse(f"{request.META['REMOTE_ADDR']} {request.scheme}")


urlpatterns = [
    path("fails/<how>", fails),
    path("api/v1/fails/<how>", fails),
    path("answers/<int:status>", answers),
    path("api/v1/answers/<int:status>", answers),
    path("shows", shows_address),
    *real,
]
