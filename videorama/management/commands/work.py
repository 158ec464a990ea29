"""`manage.py work`: the workers of scale mode."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from videorama import programs
from videorama.supervisor import leave


class Command(BaseCommand):
    """Any number of them may run; each has a pool of processes for each of its queues."""

    help = "Works through jobs until Ctrl-C."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--queues",
            default=",".join(settings.JOB_SLOTS),
            help="Which, with a comma between: heavy are imports and conversions, quick the rest.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Waits for the tables if another process makes them at this moment."""
        programs.require_scale("work")
        queues = [name.strip() for name in options["queues"].split(",")]
        if unknown := [name for name in queues if name not in settings.JOB_SLOTS]:
            raise CommandError(
                f"There is no queue {unknown[0]!r}; use {', '.join(settings.JOB_SLOTS)}."
            )
        leave(programs.work(queues))
