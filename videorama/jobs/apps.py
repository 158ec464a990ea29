"""App name."""

from django.apps import AppConfig


class JobsConfig(AppConfig):
    """The room jobs."""

    name = "videorama.jobs"
    label = "jobs"
