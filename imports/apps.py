"""App name, the kind of job this room works, and tidying up after one that ended."""

from typing import Any

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ImportsConfig(AppConfig):
    """The room imports."""

    name = "imports"
    label = "imports"

    def ready(self) -> None:
        """Registers the kind `import` and listens for the end of such jobs."""
        from videorama.jobs.kinds import Kind, Stage, register
        from videorama.jobs.models import Queue
        from videorama.jobs.signals import job_finished

        register(
            Kind(
                name="import",
                label=_("Import"),
                task="imports.run_import",
                queue=Queue.HEAVY,
                stages=(
                    Stage("probe", _("Looking at the source"), 0, 5),
                    Stage("download", _("Downloading"), 5, 75),
                    Stage("fingerprint", _("Comparing with the library"), 75, 78),
                    Stage("inspect", _("Looking into the file"), 78, 80),
                    Stage("metadata", _("Reading title and chapters"), 80, 84),
                    Stage("decide", _("Finding its place"), 84, 85),
                    Stage("store", _("Storing"), 85, 95),
                    Stage("poster", _("Making the picture"), 95, 100),
                ),
                card="imports/_card.html",
            )
        )
        job_finished.connect(_tidy_up, dispatch_uid="imports.tidy_up")


def _tidy_up(sender: object, job_id: int, **more: Any) -> None:
    from imports.services import tidy_up

    tidy_up(job_id=job_id)
