"""`manage.py prepare`: what has to be done before a new version serves."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from videorama import preparing
from videorama.jobs import lock


class Command(BaseCommand):
    """May run beside web, work and beat, which wait for it; of several one does the work."""

    help = "Migrates the database, collects static files, makes the first administrator."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        """Does nothing where nothing is missing."""
        preparing.without_pool()
        try:
            with lock.held_when_alone():
                preparing.prepare()
        except lock.AlreadyRunning as error:
            raise CommandError(error.message) from None
