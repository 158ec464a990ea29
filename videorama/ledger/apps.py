"""App name."""

from django.apps import AppConfig


class LedgerConfig(AppConfig):
    """The room ledger."""

    name = "videorama.ledger"
    label = "ledger"
