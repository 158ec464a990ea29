"""The work of jobs that change many entries or take that back."""

from django.utils.translation import ngettext

from library.models import BulkChange
from library.services import apply_chunk, left_to_undo, undo_chunk
from videorama.jobs.run import Part, Run
from videorama.jobs.services import JobResult


def change(run: Run) -> JobResult:
    """Goes through the entries in chunks; safe to run again after a kill at any moment."""
    wanted = BulkChange.objects.filter(uuid=run.params["change"]).select_related("user").first()
    part, total, failed = run.stage("change"), int(run.params["count"]), 0
    if wanted is not None and run.params["undo"]:
        while left := left_to_undo(wanted).count():
            _tell(run, part, total, left)
            failed += undo_chunk(wanted)
    elif wanted is not None:
        while left := wanted.items.filter(before={}).count():
            _tell(run, part, total, left)
            apply_chunk(wanted)
    done = total - failed
    message = ngettext("%(count)s entry changed.", "%(count)s entries changed.", done)
    return JobResult(result={"failed": failed}, message=message % {"count": done})


def _tell(run: Run, part: Part, total: int, left: int) -> None:
    part((total - left) / max(1, total), f"{total - left} / {total}")
    run.check()
