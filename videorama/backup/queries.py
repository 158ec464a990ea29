"""Reads of the backups that this server keeps."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from videorama.backup.errors import NoBackup
from videorama.jobs.models import OPEN, Job, JobStatus
from videorama.preferences import queries as preferences

KIND, EVERY, KEEP = "backup", "backups.every", "backups.keep"
INTERVALS = {"daily": timedelta(days=1), "weekly": timedelta(days=7)}
_NAME = re.compile(r"videorama-\d{8}-\d{6}(-[0-9a-f]{8})?\.tar\.gz")


@dataclass(frozen=True)
class Kept:
    """An archive in the folder of the backups."""

    path: Path
    size: int
    made_at: datetime

    @property
    def name(self) -> str:
        """Of the file."""
        return self.path.name


def folder() -> Path:
    """Where backups are kept unless somebody names another place."""
    return Path(settings.DATA) / "backups"


def name_for(moment: datetime, job: str = "") -> str:
    """What a backup of this moment is called."""
    stamp = f"{moment:%Y%m%d-%H%M%S}"
    return f"videorama-{stamp}{f'-{job}' if job else ''}.tar.gz"


def kept() -> list[Kept]:
    """What lies in the folder, newest first."""
    found = []
    for path in folder().glob("videorama-*.tar.gz"):
        if _NAME.fullmatch(path.name) and path.is_file() and not path.is_symlink():
            facts = path.stat()
            moment = datetime.fromtimestamp(facts.st_mtime, tz=timezone.get_current_timezone())
            found.append(Kept(path, facts.st_size, moment))
    return sorted(found, key=lambda one: (one.made_at, one.name), reverse=True)


def find(name: str) -> Kept:
    """The backup of this name; NoBackup for anything else."""
    for one in kept():
        if one.name == name:
            return one
    raise NoBackup


def last_job() -> Job | None:
    """The newest job of this kind."""
    return Job.objects.filter(kind=KIND).order_by("-pk").first()


def open_job() -> Job | None:
    """The backup that is being made or waits for its turn."""
    return Job.objects.filter(kind=KIND, status__in=OPEN).order_by("pk").first()


def interval() -> timedelta | None:
    """How often one is made by itself; None for never."""
    return INTERVALS.get(str(preferences.value(EVERY)))


def is_due(now: datetime) -> bool:
    """The clock asks each hour, so a little early is in time."""
    every = interval()
    newest = next(iter(kept()), None)
    if every is None:
        return False
    return newest is None or newest.made_at + every - timedelta(minutes=30) <= now


def problem(now: datetime) -> str:
    """What somebody should look at; empty when all is well or none is wanted."""
    last = last_job()
    if last is not None and last.status == JobStatus.FAILED:
        return _("The last backup failed: %(reason)s") % {"reason": last.error_message}
    every, newest = interval(), next(iter(kept()), None)
    if every is None:
        return ""
    if newest is None:
        return "" if last is None else _("There is no backup yet.")
    if newest.made_at + 2 * every < now:
        return _("The newest backup is older than it should be.")
    return ""
