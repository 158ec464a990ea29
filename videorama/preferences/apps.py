"""App name."""

from django.apps import AppConfig


class PreferencesConfig(AppConfig):
    """The room preferences."""

    name = "videorama.preferences"
    label = "preferences"
