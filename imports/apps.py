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
        _register_preferences()


def _register_preferences() -> None:
    """How downloads are made, for the settings."""
    from imports.choices import preset_label
    from videorama.adapters.media import PRESETS
    from videorama.preferences import checklist, queries
    from videorama.preferences.registry import Preference, register

    register(
        Preference(
            key="downloader.preset",
            label=_("Usual format"),
            kind="choice",
            default="video_max",
            help=_("Taken when nobody chooses a format, and chosen beforehand on the import page."),
            choices=lambda: [(name, preset_label(name)) for name in PRESETS],
            env="VIDEORAMA_PRESET",
        ),
        Preference(
            key="downloader.rate_limit",
            label=_("Speed limit in megabytes per second"),
            kind="number",
            default=0,
            help=_("For each download that starts from now on; 0 is no limit."),
            low=0,
            high=10_000,
            is_whole=False,
            env="VIDEORAMA_RATE_LIMIT",
        ),
        Preference(
            key="downloader.proxy",
            label=_("Proxy"),
            kind="address",
            default="",
            help=_(
                "An HTTP proxy such as http://proxy.example.org:3128. Everything that imports "
                "fetch goes through it, and nothing else. Empty means the direct way."
            ),
            schemes=("http",),
            env="VIDEORAMA_PROXY",
        ),
        Preference(
            key="downloader.proxy_user",
            label=_("User name at the proxy"),
            kind="text",
            default="",
            help=_("Only if the proxy asks for one."),
        ),
        Preference(
            key="downloader.proxy_password",
            label=_("Password at the proxy"),
            kind="secret",
            default="",
        ),
    )
    checklist.register(
        checklist.Step(
            name="preset",
            order=30,
            label=_("Choose the usual format"),
            help=_("What imports fetch when nobody chooses; saving the page is enough."),
            link=("preferences:section", "downloader"),
            is_done=lambda user: queries.state("downloader.preset").source != "default",
        )
    )


def _tidy_up(sender: object, job_id: int, **more: Any) -> None:
    from imports.services import tidy_up

    tidy_up(job_id=job_id)
