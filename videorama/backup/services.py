"""The verbs of the backups."""

import logging
from pathlib import Path

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from videorama.accounts.models import User
from videorama.backup import queries
from videorama.backup.archive import Archive as Archive
from videorama.backup.archive import Manifest as Manifest
from videorama.backup.making import Made, Progress, make
from videorama.backup.restoring import Restored as Restored
from videorama.backup.restoring import check_version as check_version
from videorama.backup.restoring import holds_data as holds_data
from videorama.backup.restoring import media_differences as media_differences
from videorama.backup.restoring import restore as restore
from videorama.backup.tables import is_current
from videorama.jobs import services as jobs
from videorama.jobs.models import Job
from videorama.ledger.services import record
from videorama.preferences import queries as preferences

log = logging.getLogger(__name__)


@transaction.atomic
def request_backup(*, user: User | None) -> Job:
    """A job that makes a backup in the folder of this server; one at a time."""
    job = jobs.enqueue(
        kind=queries.KIND,
        owner=user,
        title=_("Backup"),
        params={},
        link="/settings/backups/",
        dedup_key=queries.KIND,
    )
    if not job.was_reused:
        record("backup.requested", user=user, about=[("job", job.uuid)])
    return job


def make_due() -> None:
    """Asks for a backup when the settings want one by now."""
    if queries.is_due(timezone.now()):
        request_backup(user=None)


def back_up(
    target: Path, *, with_key: bool = False, progress: Progress = lambda done: None
) -> Made:
    """Makes a backup and writes the fact down, which the next one carries."""
    made = make(target, with_key=with_key, progress=progress)
    manifest = made.manifest
    data = {"file": target.name, "size": made.size, "rows": manifest.rows, "with_key": with_key}
    if is_current("default"):  # Before an upgrade has migrated it the ledger is of another form.
        record("backup.made", data=data)
    return made


def forget_old() -> int:
    """Removes the oldest archives of the folder beyond those that are to be kept."""
    old = queries.kept()[int(preferences.value(queries.KEEP)) :]
    for one in old:
        one.path.unlink(missing_ok=True)
        log.info("The backup %s was removed: enough newer ones are kept.", one.name)
    return len(old)


def tell_download(*, user: User, name: str) -> None:
    """Who took everything home is worth a fact."""
    record("backup.downloaded", user=user, data={"file": name})
