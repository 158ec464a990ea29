"""The work of a backup job."""

from django.utils import timezone
from django.utils.translation import gettext as _

from videorama.backup import queries, services
from videorama.jobs.run import Run
from videorama.jobs.services import JobResult


def back_up(run: Run) -> JobResult:
    """One archive in the folder of this server; a second run finds what the first one made."""
    name = run.result.get("file")
    if not name:
        name = queries.name_for(timezone.now(), str(run.uuid)[:8])
        run.remember(file=name)
    target = queries.folder() / str(name)
    part = run.stage("make")
    if not target.exists():
        services.back_up(target, progress=part)
    services.forget_old()
    return JobResult(message=_("The backup %(name)s is there.") % {"name": name})
