"""By which door a person or a program came in, known for the length of a request or a job."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from django.db import models
from django.utils.translation import gettext_lazy as _


class Door(models.TextChoices):
    """The doors of the house."""

    WEB = "web", _("Web page")
    API = "api", _("API")
    COMMAND = "command", _("Command line")
    WORKER = "worker", _("Job")
    ADMIN = "admin", _("Repair desk")


_door: ContextVar[Door] = ContextVar("door", default=Door.COMMAND)


def current() -> Door:
    """The door of what is being done now; nobody said otherwise: the command line."""
    return _door.get()


@contextmanager
def using(door: Door) -> Iterator[None]:
    """What happens inside came by this door."""
    token = _door.set(door)
    try:
        yield
    finally:
        _door.reset(token)
