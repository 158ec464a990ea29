"""`manage.py web`: one web process of scale mode."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from videorama import programs, server
from videorama.supervisor import leave


class Command(BaseCommand):
    """Any number of them may run, on one machine each with a PORT of its own."""

    help = "Serves pages, API and sockets on HOST and PORT until Ctrl-C."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        """Waits for the tables if another process makes them at this moment."""
        programs.require_scale("web")
        with server.listen(settings.HOST, settings.PORT) as listener:
            leave(programs.web(listener, server.say_ready))
