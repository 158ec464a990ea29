"""Tells the ledger by which door a request came in."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase

from videorama.ledger import doors
from videorama.ledger.doors import Door

_BY_PATH = (("/api/", Door.API), ("/admin/", Door.ADMIN))


def door_of(path: str) -> Door:
    """The API, the repair desk, or a web page."""
    return next((door for start, door in _BY_PATH if path.startswith(start)), Door.WEB)


class Doors:
    """Names the door for as long as the request is answered."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        with doors.using(door_of(request.path)):
            return self.get_response(request)
