"""`manage.py beat`: the clock of scale mode."""

from typing import Any

from django.core.management.base import BaseCommand

from videorama import programs
from videorama.supervisor import leave


class Command(BaseCommand):
    """One for all machines."""

    help = "Asks for what is to be done every hour or day until Ctrl-C."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        """Waits for the tables if another process makes them at this moment."""
        programs.require_scale("beat")
        leave(programs.beat(lambda: None))
