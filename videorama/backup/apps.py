"""App name, the page of the settings, and the kind of job this room works."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class BackupConfig(AppConfig):
    """The room backup."""

    name = "videorama.backup"
    label = "backup"

    def ready(self) -> None:
        """Registers page, settings and kind."""
        from videorama.backup import preferences, queries
        from videorama.jobs.kinds import Kind, Stage, register
        from videorama.jobs.models import Queue
        from videorama.preferences import registry

        register(
            Kind(
                name=queries.KIND,
                label=_("Backup"),
                task="backup.make",
                queue=Queue.QUICK,
                stages=(Stage("make", _("Writing the backup"), 0, 100),),
            )
        )
        registry.register_section(preferences.SECTION)
        registry.register(*preferences.PREFERENCES)
        registry.register_panel("backups", "backup/_panel.html", preferences.panel)
