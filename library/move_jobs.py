"""The work of move jobs: entry after entry; safe to run twice and to stop anywhere."""

from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from library.errors import DiskFull, EntryGone, MayNotEdit, StorageUnwritable
from library.models import Entry, EntryFile, Library
from library.queries import may_edit
from library.services import move_one
from videorama.errors import AppError, NotFound
from videorama.jobs.errors import Cancelled, Interrupted
from videorama.jobs.models import LogLevel
from videorama.jobs.run import Part, Run
from videorama.jobs.services import JobResult


class _Progress:
    """Counts entries, and within an entry the bytes that go to another disk."""

    def __init__(self, part: Part, total: int) -> None:
        self._part, self._total = part, total
        self._done = 0
        self._size = self._copied = 0
        self.bytes = 0

    def begin(self, size: int) -> None:
        """The next entry, of so many bytes."""
        self._size, self._copied = max(1, size), 0

    def copied(self, count: int) -> None:
        """Bytes that went to another disk; raises as Run.check does."""
        self._copied += count
        self.bytes += count
        self._tell()

    def end(self) -> None:
        """The entry is done, one way or the other."""
        self._done += 1
        self._copied = 0
        self._tell()

    def _tell(self) -> None:
        inside = min(1.0, self._copied / max(1, self._size))
        words = {"done": self._done, "total": self._total}
        self._part((self._done + inside) / self._total, _("%(done)d of %(total)d") % words)


def move(run: Run) -> JobResult:
    """Moves the entries of the job, or all of a library, to where they belong."""
    library = Library.objects.filter(slug=run.params["library"]).first()
    if library is None:
        raise NotFound(_("The library was deleted meanwhile."))
    if run.owner is not None and not may_edit(run.owner, library):
        raise MayNotEdit
    run.stage("check")
    rows = Entry.objects.filter(deleted_at__isnull=True).order_by("pk")
    if "entries" in run.params:
        rows = rows.filter(uuid__in=run.params["entries"])
    else:
        rows = rows.filter(library=library)
    ids = list(rows.values_list("pk", "uuid"))
    if not ids:
        return JobResult(message=_("There was nothing to move."))
    return _move_all(run, library, ids)


def _move_all(run: Run, library: Library, ids: list[tuple[int, UUID]]) -> JobResult:
    progress = _Progress(run.stage("move"), len(ids))
    moved = stayed = 0
    names = run.params.get("names") or {}
    for entry_id, uuid in ids:
        run.check()
        # The template may change on the way.
        library = Library.objects.filter(pk=library.pk).first() or library
        progress.begin(_size_of(entry_id))
        try:
            found = move_one(
                entry_id=entry_id,
                library=library,
                subfolder=run.params.get("subfolder"),
                name=names.get(str(uuid), ""),
                user=run.owner,
                check=run.check,
                copied=progress.copied,
            )
        except (Cancelled, Interrupted, DiskFull, StorageUnwritable):
            raise
        except EntryGone:
            found = None
        except AppError as error:
            stayed += 1
            run.log(f"{_title_of(entry_id)}: {error.message}", LogLevel.WARNING)
        else:
            if found is not None:
                moved += 1
                run.log(f"{found.old} → {found.new}")
        progress.end()
    run.remember(
        moved=run.result.get("moved", 0) + moved, stayed=stayed, copied_bytes=progress.bytes
    )
    if stayed:
        message = ngettext(
            "%(count)d entry stayed where it was. The log says why.",
            "%(count)d entries stayed where they were. The log says why.",
            stayed,
        ) % {"count": stayed}
        return JobResult(message=message, partial=True)
    if not moved:
        return JobResult(message=_("There was nothing to move."))
    return JobResult(
        message=ngettext("%(count)d entry was moved.", "%(count)d entries were moved.", moved)
        % {"count": moved}
    )


def _size_of(entry_id: int) -> int:
    return sum(EntryFile.objects.filter(entry=entry_id).values_list("size_bytes", flat=True))


def _title_of(entry_id: int) -> str:
    return Entry.objects.values_list("title", flat=True).get(pk=entry_id)
