"""App name."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """The room accounts."""

    name = "videorama.accounts"
    label = "accounts"
