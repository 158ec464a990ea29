"""`manage.py diagnose`: the page of diagnostics as text."""

from typing import Any

from django.core.management.base import BaseCommand

from videorama import diagnostics


class Command(BaseCommand):
    """For machines without a browser, and for servers that do not start."""

    help = "Prints versions, folders, jobs and settings; secrets are masked."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        """What needs somebody is marked with an exclamation mark."""
        self.stdout.write(diagnostics.as_text(diagnostics.report()), ending="")
