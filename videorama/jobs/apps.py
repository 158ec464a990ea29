"""App name, and what the frame of every page shows of this room."""

from django.apps import AppConfig
from django.http import HttpRequest


class JobsConfig(AppConfig):
    """The room jobs."""

    name = "videorama.jobs"
    label = "jobs"

    def ready(self) -> None:
        """Provides `shell.open_jobs` with `jobs` and `count`."""
        from videorama import pages
        from videorama.jobs import queries

        def open_jobs(request: HttpRequest) -> dict[str, object]:
            return queries.tray(request.user)

        pages.provide("open_jobs", open_jobs)
