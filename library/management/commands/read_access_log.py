"""`manage.py read_access_log [FILE …]`: counts the bytes that nginx has sent."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from library import services


class Command(BaseCommand):
    """For a machine that runs nginx and no worker; may be started as often as one likes."""

    help = "Reads the access log of nginx into what was played and downloaded."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "files", nargs="*", metavar="FILE", help="A log; else VIDEORAMA_ACCESS_LOG."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """One line per log; exit code 1 when one is not there."""
        files = options["files"] or [settings.ACCESS_LOG]
        if not files[0]:
            raise CommandError(_("Name a log, or set VIDEORAMA_ACCESS_LOG."))
        for file in files:
            if not Path(file).is_file():
                raise CommandError(_("There is no log at %(path)s.") % {"path": file})
            found = services.read_access_log(Path(file))
            said = ngettext("%(count)d new line", "%(count)d new lines", found.lines)
            bytes_said = _("%(bytes)d bytes of %(events)d viewings and downloads")
            numbers = {
                "count": found.lines,
                "bytes": found.bytes_sent,
                "events": len(found.by_event),
            }
            self.stdout.write(f"{file}: {said % numbers}, {bytes_said % numbers}")
