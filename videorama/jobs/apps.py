"""App name, and what the frame of every page shows of this room."""

from django.apps import AppConfig
from django.http import HttpRequest


class JobsConfig(AppConfig):
    """The room jobs."""

    name = "videorama.jobs"
    label = "jobs"

    def ready(self) -> None:
        """Provides `shell.open_jobs` (`jobs`, `count`); sockets hear of changed access."""
        from videorama import pages
        from videorama.accounts.services import on_access_changed
        from videorama.jobs import live, queries

        def open_jobs(request: HttpRequest) -> dict[str, object]:
            return queries.tray(request.user)

        pages.provide("open_jobs", open_jobs)
        on_access_changed(live.look_again)
