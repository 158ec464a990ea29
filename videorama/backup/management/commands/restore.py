"""`manage.py restore FILE`: puts a backup back, into SQLite or PostgreSQL."""

import sys
from argparse import ArgumentParser
from collections import Counter
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from videorama.backup import services
from videorama.errors import AppError

_SHOWN = 20


class Command(BaseCommand):
    """All or nothing: whatever stops it leaves what was there. The server must not run."""

    help = "Replaces the database by a backup, or compares the media with what a backup says."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", metavar="FILE")
        parser.add_argument(
            "--replace", action="store_true", help="lose what the database holds now; asks first"
        )
        parser.add_argument("--yes", action="store_true", help="replace without asking")
        parser.add_argument(
            "--verify", action="store_true", help="change nothing; compare the media on disk"
        )
        parser.add_argument(
            "--hashes", action="store_true", help="with --verify: read every media file whole"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Exit code 1 when nothing was restored, or --verify finds media missing or changed."""
        path = Path(options["file"]).expanduser()
        if not path.is_file():
            raise CommandError(f"There is no file {path}.")
        try:
            if options["verify"] or options["hashes"]:
                self._verify(path, hashes=options["hashes"])
            else:
                self._restore(path, replace=self._may_replace(options))
        except AppError as error:
            raise CommandError(error.message) from None

    def _may_replace(self, options: dict[str, Any]) -> bool:
        if options["yes"] or not options["replace"]:
            return bool(options["yes"])
        if not sys.stdin.isatty():
            raise CommandError("Nobody is there to ask: add --yes to replace all data.")
        self.stdout.write("Everything in this database is lost. Type yes to go on: ", ending="")
        self.stdout.flush()
        if sys.stdin.readline().strip().lower() != "yes":
            raise CommandError("Nothing was changed.")
        return True

    def _restore(self, path: Path, *, replace: bool) -> None:
        restored = services.restore(path, replace=replace, say=self.stdout.write)
        manifest = restored.manifest
        self.stdout.write(
            f"Restored {manifest.rows} rows of {manifest.made_at:%Y-%m-%d %H:%M} UTC."
        )
        if restored.rewritten:
            self.stdout.write(f"Secrets written under this server's key: {restored.rewritten}")
        if restored.unreadable:
            self.stdout.write(
                "Made with another key; have to be entered again: "
                f"{', '.join(restored.unreadable)}."
            )
        counts: Counter[str] = Counter(
            one.kind for one in services.media_differences(services.Archive(path), hashes=False)
        )
        self.stdout.write(f"Media: {_summary(counts)}")

    def _verify(self, path: Path, *, hashes: bool) -> None:
        archive = services.Archive(path)
        archive.check()
        counts: Counter[str] = Counter()
        for one in services.media_differences(archive, hashes=hashes):
            counts[one.kind] += 1
            if counts[one.kind] <= _SHOWN:
                self.stdout.write(f"{one.kind}: {one.root}:{one.path}")
        self.stdout.write(f"Media: {_summary(counts)}")
        if counts["missing"] or counts["changed"]:
            raise CommandError("The media are not those of this backup.")


def _summary(counts: Counter[str]) -> str:
    kinds = ("missing", "changed", "extra")
    return ", ".join(f"{counts[kind]} {kind}" for kind in kinds) + "."
