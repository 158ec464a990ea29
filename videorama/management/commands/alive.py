"""`manage.py alive KIND`: for health checks of what serves no pages."""

import socket
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from videorama import presence, programs


class Command(BaseCommand):
    """Looks at what the processes of this machine say of themselves every few seconds."""

    help = "Ends with 0 when a worker, or the clock, of this machine lives, with 1 otherwise."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("kind", choices=["web", "worker", "beat"])

    def handle(self, *args: Any, **options: Any) -> None:
        """Says nothing when all is well."""
        programs.require_scale("alive")
        here = socket.gethostname()
        if not any(one.kind == options["kind"] and one.host == here for one in presence.living()):
            self.stderr.write(f"No {options['kind']} lives on {here}, or Redis is away.")
            sys.exit(1)
