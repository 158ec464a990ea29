"""App name."""

from django.apps import AppConfig


class LibraryConfig(AppConfig):
    """The room library."""

    name = "library"
    label = "library"
