"""`manage.py import URL…` and `--path FOLDER`: asks for imports; --wait stays until their end."""

import json
import sys
import time
from argparse import ArgumentParser
from collections.abc import Iterator
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from imports import queries, services
from imports.work import MODES
from library.models import Library
from library.queries import library_by_slug
from videorama.accounts.models import User
from videorama.errors import AppError, NotFound
from videorama.jobs import lock
from videorama.jobs import services as jobs
from videorama.jobs.models import Job, JobStatus
from videorama.jobs.queries import job_document

FOLLOW_PAUSE_S = 0.25
BAR_WIDTH = 30
LINE_WIDTH = 78


class Command(BaseCommand):
    """Rows are written as by the web page; whoever runs Videorama works them.

    While nothing runs, --wait works them here. The exit code is 0 only when every import that was
    waited for has completed, and without --wait when every one was accepted.
    """

    help = "Imports the media behind links, or in a folder of the storage."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("urls", nargs="*", metavar="URL", help="A page or file to import.")
        parser.add_argument("--path", metavar="FOLDER", help="A folder of the storage instead.")
        parser.add_argument(
            "--mode", choices=MODES, default="copy", help="What becomes of the folder's files."
        )
        parser.add_argument("--library", metavar="SLUG", help="Where to; else the rules decide.")
        parser.add_argument("--format", default="", metavar="PRESET", help="Such as video_1080.")
        parser.add_argument("--user", metavar="NAME", help="For whom; else the first admin.")
        parser.add_argument("--wait", action="store_true", help="Stay until all have ended.")
        parser.add_argument("--json", action="store_true", help="One JSON document per line.")
        parser.add_argument("--force", action="store_true", help="Also what is there already.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Exit code 1 when anything did not work, with a sentence on stderr."""
        self.is_json: bool = options["json"]
        try:
            user = queries.person_at_the_keyboard(options["user"])
            library = self._library(user, options["library"])
        except AppError as error:
            raise CommandError(error.message) from None
        if bool(options["path"]) == bool(options["urls"]):
            raise CommandError(_("Name links, or a folder with --path."))
        if options["path"]:
            options["urls"] = [options["path"]]
            if options["wait"] and not lock.others_work():
                raise CommandError(_("Start Videorama first: it reads the folder in."))
        accepted = list(self._request(options, user, library))
        is_good = len(accepted) == len(options["urls"])
        if options["wait"]:
            ended = [self._follow(job) for job in accepted]
            is_good = is_good and all(job.status == JobStatus.COMPLETED for job in ended)
        if not is_good:
            sys.exit(1)

    def _library(self, user: User, slug: str | None) -> Library | None:
        """The library of that name, None without a name."""
        try:
            return library_by_slug(user, slug) if slug else None
        except NotFound:
            raise CommandError(
                _("There is no library %(slug)s that %(name)s may see.")
                % {"slug": slug, "name": user.get_username()}
            ) from None

    def _request(
        self, options: dict[str, Any], user: User, library: Library | None
    ) -> Iterator[Job]:
        """The jobs of the links that were accepted; the others are told."""
        for url in options["urls"]:
            try:
                job = self._job(options, user, library, url)
            except AppError as error:
                self._refused(url, error)
                continue
            self._accepted(url, job, options["wait"])
            yield job

    def _job(self, options: dict[str, Any], user: User, library: Library | None, url: str) -> Job:
        if options["path"]:
            return services.request_folder_import(
                user=user, path=url, library=library, mode=options["mode"]
            )
        return services.request_import(
            user=user,
            url=url,
            library=library,
            preset=options["format"],
            force=options["force"],
            source="command",
        )

    def _refused(self, url: str, error: AppError) -> None:
        if self.is_json:
            problem = {"code": error.code, "message": error.message, "details": error.details}
            self.stdout.write(json.dumps({"url": url, "error": problem}))
        else:
            self.stderr.write(f"{url}: {error.message}")

    def _accepted(self, url: str, job: Job, is_followed: bool) -> None:
        if self.is_json:
            self.stdout.write(json.dumps({"url": url, "job": job_document(job)}))
        elif not is_followed:
            self.stdout.write(_("Queued: %(url)s") % {"url": url})
            if not lock.others_work():
                self.stdout.write(_("It starts when Videorama does; --wait does it now."))

    def _follow(self, job: Job) -> Job:
        """The job once it has ended, worked here while no other process works jobs."""
        shown = Progress(self, job)
        while job.is_open:
            try:
                with lock.working_alone():
                    jobs.recover()
                    services.sweep()
                    job = jobs.work_here(job=job, on_change=shown.update)
            except lock.AlreadyRunning:
                time.sleep(FOLLOW_PAUSE_S)
                job.refresh_from_db()
                shown.update(job)
        shown.end(job)
        return job


class Progress:
    """One import on the terminal: a bar that moves, or lines when nobody is watching."""

    def __init__(self, command: Command, job: Job) -> None:
        self._command = command
        self._last = ""
        self._url = str(job.params.get("url") or job.title)
        self._has_bar = not command.is_json and sys.stderr.isatty()

    def update(self, job: Job) -> None:
        """Shows what changed since the last call."""
        if self._command.is_json:
            document = job_document(job)
            self._once(json.dumps({"url": self._url, "job": document}))
        elif self._has_bar:
            filled = round(job.progress / 100 * BAR_WIDTH)
            bar = "█" * filled + "░" * (BAR_WIDTH - filled)
            words = f"{bar} {job.progress:3.0f} % {job.message or job.title}"
            sys.stderr.write(f"\r\x1b[2K{words[:LINE_WIDTH]}")
            sys.stderr.flush()

    def end(self, job: Job) -> None:
        """Shows how it ended."""
        if self._has_bar:
            sys.stderr.write("\r\x1b[2K")
        if self._command.is_json:
            self.update(job)
        elif job.status == JobStatus.COMPLETED:
            self._command.stdout.write(f"{job.title}: {job.message}")
        else:
            reason = job.error_message or job.get_status_display()
            self._command.stderr.write(f"{self._url}: {reason}")

    def _once(self, line: str) -> None:
        """Writes a line unless it is the last one again."""
        if line != self._last:
            self._last = line
            self._command.stdout.write(line)
            self._command.stdout.flush()
