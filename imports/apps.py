"""App name."""

from django.apps import AppConfig


class ImportsConfig(AppConfig):
    """The room imports."""

    name = "imports"
    label = "imports"
