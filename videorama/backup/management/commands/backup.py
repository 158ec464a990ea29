"""`manage.py backup [FILE|FOLDER]`: everything but the media in one file."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.template.defaultfilters import filesizeformat
from django.utils import timezone

from videorama.backup import queries, services
from videorama.errors import AppError


class Command(BaseCommand):
    """May run while the server does, and before an upgrade has migrated the database."""

    help = "Writes database, settings, ledger and a list of all media into one archive."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "target",
            nargs="?",
            metavar="FILE|FOLDER",
            help="where to; by default the folder backups of the data folder",
        )
        parser.add_argument(
            "--with-key",
            action="store_true",
            help="put the secret key in, too: whoever has the file reads every stored secret",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Prints the file as the last word, so that scripts can cut it off."""
        target = Path(options["target"]).expanduser() if options["target"] else queries.folder()
        if not options["target"] or target.is_dir():
            target = target / queries.name_for(timezone.now())
        try:
            made = services.back_up(target, with_key=options["with_key"])
        except AppError as error:
            raise CommandError(error.message) from None
        manifest = made.manifest
        self.stdout.write(
            f"{manifest.rows} rows of {len(manifest.tables)} tables, {manifest.media.rows} media "
            f"files ({filesizeformat(manifest.media_bytes)}, listed, not copied)."
        )
        if not options["with_key"]:
            self.stdout.write("The secret key is not in it: keep it apart, with the same care.")
        self.stdout.write(f"Anchor of the ledger: {manifest.ledger}")
        self.stdout.write(f"Backup: {made.path}")
