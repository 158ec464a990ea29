"""App name; the head and the triggers after every migration."""

from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class LedgerConfig(AppConfig):
    """The room ledger."""

    name = "videorama.ledger"
    label = "ledger"

    def ready(self) -> None:
        """Django remakes tables on SQLite, and their triggers are gone; see guard.py."""
        post_migrate.connect(_guard, sender=self, dispatch_uid="ledger.guard")


def _guard(sender: object, using: str, plan: Any = None, **more: Any) -> None:
    from django.db import connections

    from videorama.ledger import guard
    from videorama.ledger.models import LedgerEvent, LedgerHead

    tables = connections[using].introspection.table_names()
    if not set(tables) >= guard.TABLES:  # The room was migrated back to nothing.
        return
    guard.install(using)
    if not LedgerEvent.objects.using(using).exists():
        LedgerHead.objects.using(using).get_or_create(pk=1)
