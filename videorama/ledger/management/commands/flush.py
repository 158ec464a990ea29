"""Django's `flush`, which empties every table, and therefore has to get past the ledger's guard."""

from typing import Any

from django.core.management.commands import flush

from videorama.ledger import guard


class Command(flush.Command):
    """The one deliberate way to empty the ledger, together with everything else.

    Test cases with real transactions empty the database by this command too.
    """

    def handle(self, **options: Any) -> None:
        """Takes the triggers off for as long as it runs."""
        guard.remove(options["database"])
        try:
            super().handle(**options)
        finally:
            guard.install(options["database"])
