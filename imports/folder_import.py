"""The work of reading in a folder: one import per file, a few at a time, and the count at the end.

Safe to run again: each file's import is found by its key, whatever became of it.
"""

import time
from dataclasses import asdict, dataclass

from django.utils.translation import gettext as _

from imports import errors, queries, services
from imports.work import FileOrder, FolderOrder
from library.models import Library
from library.queries import is_placed
from videorama.jobs.errors import Cancelled
from videorama.jobs.models import Job, JobStatus, LogLevel
from videorama.jobs.run import Part, Run
from videorama.jobs.services import JobResult

AT_ONCE = 6
LOOK_S = 0.2


@dataclass
class Counts:
    """What became of the files of a folder."""

    found: int = 0
    imported: int = 0
    skipped: int = 0
    errors: int = 0

    def add(self, job: Job) -> None:
        """Counts an import that has ended."""
        if job.status != JobStatus.COMPLETED:
            self.errors += 1
        elif job.result.get("was_known"):
            self.skipped += 1
        else:
            self.imported += 1

    @property
    def sentence(self) -> str:
        """For people."""
        return _(
            "%(found)d found, %(imported)d imported, %(skipped)d there already, %(errors)d failed."
        ) % asdict(self)


def import_folder(run: Run) -> JobResult:
    """The work of a folder job."""
    if run.owner is None:
        raise errors.NobodyAsks
    library = queries.library_of_job(run.library)
    if library is None:
        raise errors.LibraryGone
    order = FolderOrder.of(run.params)
    run.stage("scan")
    paths = _scan(run, order)
    counts = Counts(found=len(paths))
    part = run.stage("import")
    keys = [services.child_key(run.uuid, path) for path in paths]
    try:
        _import_all(run, order, library, dict(zip(paths, keys, strict=True)), counts, part)
    except Cancelled:
        services.cancel_children(job_uuid=run.uuid, user=run.owner)
        raise
    return JobResult(result=asdict(counts), message=counts.sentence)


def _scan(run: Run, order: FolderOrder) -> list[str]:
    paths: list[str] = []
    for path in services.media_below(order):
        run.check()
        if len(paths) >= services.MOST_FILES:
            run.log(_("Very many files; only the first ones are taken."), LogLevel.WARNING)
            break
        try:
            path.encode()
        except UnicodeEncodeError:
            run.log(_("A file name that no program can write was passed over."), LogLevel.WARNING)
            continue
        paths.append(path)
    return paths


def _import_all(
    run: Run,
    order: FolderOrder,
    library: Library,
    keys: dict[str, str],
    counts: Counts,
    part: Part,
) -> None:
    """Keeps a few imports going until each file has had its own."""
    waiting: dict[str, str] = {}
    asked = set(services.children_of(run.uuid).values_list("dedup_key", flat=True))
    for path, key in keys.items():
        if key not in asked:
            if is_placed(order.root, path):
                counts.skipped += 1
                continue
            _ask(run, order, library, path, key)
        waiting[key] = path
        while len(waiting) >= AT_ONCE:
            _settle(run, waiting, counts, part)
    while waiting:
        _settle(run, waiting, counts, part)


def _settle(run: Run, waiting: dict[str, str], counts: Counts, part: Part) -> None:
    """Counts what has ended, or waits a moment."""
    done = counts.imported + counts.skipped + counts.errors
    part(done / max(1, counts.found), f"{done} / {counts.found}")
    rows = services.children_of(run.uuid).filter(dedup_key__in=list(waiting))
    jobs = {job.dedup_key: job for job in rows.order_by("pk")}
    ended = [key for key in waiting if key not in jobs or not jobs[key].is_open]
    if not ended:
        time.sleep(LOOK_S)
    for key in ended:
        path, job = waiting.pop(key), jobs.get(key)
        if job is None:
            # Somebody deleted the row of the import.
            counts.errors += 1
            continue
        counts.add(job)
        if job.status == JobStatus.FAILED:
            run.log(f"{path}: {job.error_message}", LogLevel.WARNING)


def _ask(run: Run, order: FolderOrder, library: Library, path: str, key: str) -> None:
    assert run.owner is not None
    name = path.rpartition("/")[2]
    file = FileOrder(name=name, root=order.root, path=path, mode=order.mode)
    services.request_file_import(
        user=run.owner, file=file, library=library, source="folder", dedup_key=key
    )
