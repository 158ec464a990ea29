"""App name, and what the frame of every page shows of this room."""

from django.apps import AppConfig
from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _


class JobsConfig(AppConfig):
    """The room jobs."""

    name = "videorama.jobs"
    label = "jobs"

    def ready(self) -> None:
        """Provides `shell.open_jobs` (`jobs`, `count`); sockets hear of changed access."""
        from videorama import pages
        from videorama.accounts.services import on_access_changed
        from videorama.jobs import live, queries
        from videorama.preferences.registry import Preference, register

        def open_jobs(request: HttpRequest) -> dict[str, object]:
            return queries.tray(request.user)

        pages.provide("open_jobs", open_jobs)
        register(
            Preference(
                key=queries.HEAVY_KEY,
                label=_("Imports and conversions at the same time"),
                kind="number",
                default=settings.JOB_SLOTS["heavy"],
                help=_(
                    "Holds from the next job on; what is running goes on. Each may use a whole "
                    "processor and some hundred megabytes of memory."
                ),
                low=1,
                high=queries.MOST_HEAVY,
                env="VIDEORAMA_HEAVY_JOBS",
            )
        )
        on_access_changed(live.look_again)
