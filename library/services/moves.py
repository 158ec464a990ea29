"""Entries change their library or their place: files and rows together."""

import hashlib
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from library import files, moving, naming, paths
from library.errors import AlreadyThere, BeingOrganized, EntryGone, FileMissing, MayNotEdit
from library.models import Entry, EntryFile, EntryTag, FileRole, Library, TagSource
from library.queries import editable_libraries_for, organizing_job, organizing_key
from library.services.facts import add_tags
from library.services.storing import claimed
from library.services.telling import one_fact, tell_of_move
from videorama.accounts.models import User
from videorama.errors import Invalid, NotFound
from videorama.jobs.models import Job
from videorama.jobs.services import enqueue
from videorama.ledger.services import gather, record

KIND = "move"
_ATTEMPTS = 5

logger = logging.getLogger(__name__)

type Places = dict[int, tuple[str, str]]
# Of an original, by the id of its entry.
type Names = Mapping[str, str]
_NO_NAMES: Names = {}


def nothing() -> None:
    """What is written beside a move that comes alone."""


@dataclass(frozen=True)
class Moved:
    """An original's old and new stored path."""

    old: str
    new: str


def move_entries(
    *,
    user: User,
    entries: Iterable[Entry],
    library: Library,
    subfolder: str | None = None,
    names: Names = _NO_NAMES,
    also: Callable[[], None] = nothing,
) -> Job | None:
    """Moves entries with all their files into a library, or to another place in their own.

    `subfolder` names the folder below the library's own (empty: that one itself) and keeps the
    names, or gives those in `names`; None leaves folder and name to the library. One entry on the
    library's disk is moved before this returns, and None is given; otherwise it is a job. Entries
    in the trash stay out. `also` writes what is asked for with the move: it goes into the
    transaction of the move, whose fact tells of both. Call this outside of a transaction: old names
    may go only after the commit. Raises MayNotEdit, AlreadyThere (details name the entry that has
    the same file), Invalid, BeingMoved.
    """
    wanted = _movable(user, entries, library)
    if subfolder is not None:
        subfolder = _checked_folder(subfolder)
    if len(wanted) == 1 and _is_on_one_disk(wanted[0], library):
        moved = move_one(
            entry_id=wanted[0].pk,
            library=library,
            subfolder=subfolder,
            name=names.get(str(wanted[0].uuid), ""),
            user=user,
            also=also,
        )
        if moved is None and also is not nothing:
            with transaction.atomic(), one_fact(user):
                also()
        return None
    with transaction.atomic(), one_fact(user):
        also()
        return _enqueue(user, wanted, library, subfolder, names)


def request_move(
    *, user: User, entries: Iterable[Entry], library: Library, subfolder: str, names: Names
) -> Job:
    """The same, always as a job: a transaction of the caller's may hold several of them."""
    return _enqueue(user, _movable(user, entries, library), library, subfolder, names)


def _movable(user: User, entries: Iterable[Entry], library: Library) -> list[Entry]:
    """Those of the entries that are not in the trash; refused where one of them may not move."""
    wanted = list(
        Entry.objects.filter(pk__in=[entry.pk for entry in entries], deleted_at__isnull=True)
    )
    if not wanted:
        raise EntryGone
    _require_edit(user, [library.pk, *(entry.library_id for entry in wanted)])
    _refuse_twins(wanted, library)
    return wanted


def reorganize(*, user: User, library: Library) -> Job:
    """A job that moves every entry of the library to where it belongs. For its editors."""
    _require_edit(user, [library.pk])
    with transaction.atomic():
        job = enqueue_organizing(user, library)
        if not job.was_reused:
            record(
                "library.reorganized",
                user=user,
                about=[("library", library.slug)],
                data={"job": str(job.uuid), "path_template": library.path_template},
            )
    return job


def enqueue_organizing(user: User, library: Library) -> Job:
    """The job itself, one at a time for each library; in a transaction of the caller's."""
    return enqueue(
        kind=KIND,
        owner=user,
        title=_("Re-organise “%(library)s”") % {"library": library.name},
        params={"library": library.slug},
        link=reverse("library:library_detail", args=[library.slug]),
        library=library.slug,
        dedup_key=organizing_key(library),
    )


def refuse_while_organizing(library: Library) -> None:
    """BeingOrganized while such a job is open."""
    if organizing_job(library) is not None:
        raise BeingOrganized


def _enqueue(
    user: User, wanted: list[Entry], library: Library, subfolder: str | None, names: Names
) -> Job:
    ids = sorted(str(entry.uuid) for entry in wanted)
    key = hashlib.sha256("|".join([library.slug, str(subfolder), *ids]).encode()).hexdigest()
    with transaction.atomic():
        job = enqueue(
            kind=KIND,
            owner=user,
            title=_title(wanted, library),
            params={
                "entries": ids,
                "library": library.slug,
                "subfolder": subfolder,
                "names": dict(names),
            },
            link=reverse("library:library_detail", args=[library.slug]),
            library=library.slug,
            dedup_key=f"{KIND}:{key[:50]}",
        )
        if not job.was_reused:
            record(
                "entries.move_requested",
                user=user,
                about=[("library", library.slug), *(("entry", one) for one in ids)],
                data={"subfolder": subfolder, "job": str(job.uuid)},
            )
    return job


def move_one(
    *,
    entry_id: int,
    library: Library,
    subfolder: str | None = None,
    name: str = "",
    user: User | None = None,
    check: Callable[[], None] = lambda: None,
    copied: Callable[[int], None] = lambda count: None,
    also: Callable[[], None] = nothing,
) -> Moved | None:
    """Moves one entry now; None when it is in its place already. Safe to run again after a kill.

    `check` is called between steps and may raise to stop, then nothing has changed; so may
    `copied`, which hears of bytes that went to another disk. The rights are the caller's business.
    `also` writes more within the transaction, if anything moves; it is asked more than once.
    """
    uuid = Entry.objects.values_list("uuid", flat=True).filter(pk=entry_id).first()
    if uuid is None:
        raise EntryGone
    with files.storage_errors(), moving.hold(uuid, ROWS) as mover:
        for _attempt in range(_ATTEMPTS):
            entry = _fresh(entry_id, also)
            before: Places = {file.pk: (file.root, file.path) for file in entry.files.all()}
            after = _placed(entry, library, subfolder, name, mover, check, copied)
            if after == before and entry.library_id == library.pk:
                return None
            check()
            try:
                moved = _commit(entry, library, before, after, user, also)
            except IntegrityError as error:
                mover.settle()
                _refuse_twins([entry], library)
                logger.info("A row was faster; trying again.", extra={"why": str(error)})
                continue
            if moved is not None:
                return moved
            mover.settle()
    raise Invalid(technical="the entry changed again and again while it was moved")


def recover_moves() -> int:
    """Puts in order what killed moves left; for the start, before any job runs."""
    return moving.recover(ROWS)


def settle_move(entry: Entry) -> None:
    """Puts in order what a failed move of the entry left; BeingMoved while one is under way."""
    if moving.is_held(entry.uuid):
        with files.storage_errors(), moving.hold(entry.uuid, ROWS):
            pass


def _place_of(file_id: str) -> tuple[str, str] | None:
    return EntryFile.objects.filter(uuid=file_id).values_list("root", "path").first()


ROWS = moving.Rows(claimed=claimed, place_of=_place_of)


def _fresh(entry_id: int, also: Callable[[], None]) -> Entry:
    """The entry as it is now, with its files, and as `also` will make it: words name files."""
    if also is nothing:
        return _read(entry_id)
    with transaction.atomic(), gather():
        also()
        entry = _read(entry_id)
        transaction.set_rollback(True)
    return entry


def _read(entry_id: int) -> Entry:
    entry = (
        Entry.objects.select_related("library")
        .prefetch_related("files", "properties")
        .filter(pk=entry_id, deleted_at__isnull=True)
        .first()
    )
    if entry is None:
        raise EntryGone
    return entry


def _placed(
    entry: Entry,
    library: Library,
    subfolder: str | None,
    name: str,
    mover: moving.Mover,
    check: Callable[[], None],
    copied: Callable[[int], None],
) -> Places:
    """Every file's place after the move; the new names are taken, the old ones still there."""

    def path_of(wish: naming.Wish) -> str:
        if wish.is_met:
            return wish.file.path
        place = (wish.file.root, wish.file.path)
        return mover.take(str(wish.file.uuid), place, wish.root, wish.names, check, copied)

    rows = list(entry.files.all())
    original = next(file for file in rows if file.role == FileRole.ORIGINAL)
    path = path_of(naming.original_wish(entry, original, library, subfolder, name))
    places: Places = {original.pk: (library.root, path)}
    for file in rows:
        if file is original:
            continue
        try:
            wish = naming.companion_wish(file, library, entry, path)
            places[file.pk] = (wish.root, path_of(wish))
        except FileMissing:  # It was gone before; its row stays as it is.
            places[file.pk] = (file.root, file.path)
    return places


def _commit(
    entry: Entry,
    library: Library,
    before: Places,
    after: Places,
    user: User | None,
    also: Callable[[], None],
) -> Moved | None:
    """Rows and fact in one transaction; None, and nothing written, when the rows are others now."""
    with transaction.atomic(durable=True), one_fact(user):
        live = Entry.objects.select_for_update().filter(pk=entry.pk, deleted_at__isnull=True)
        now = live.values_list("library", flat=True).first()
        if now is None:
            raise EntryGone
        if not Library.objects.select_for_update().filter(pk=library.pk).exists():
            raise NotFound
        rows = EntryFile.objects.filter(entry=entry)
        known = {pk: (root, path) for pk, root, path in rows.values_list("pk", "root", "path")}
        if now != entry.library_id or known != before:
            return None
        also()
        rows.update(library=library)
        for pk, (root, path) in after.items():
            if before[pk] != (root, path):
                if not files.is_there(root, path):
                    raise FileMissing(technical=f"{root}:{path} vanished while it was moved")
                EntryFile.objects.filter(pk=pk).update(root=root, path=path)
        original = next(one.pk for one in entry.files.all() if one.role == FileRole.ORIGINAL)
        old, new = before[original][1], after[original][1]
        live.update(
            library=library,
            subfolder=naming.subfolder_of(library, new),
            updated_at=timezone.now(),
        )
        if entry.library_id != library.pk:
            tell_of_move(entry.pk)
        _tag_by_folder(entry, library, naming.subfolder_of(library, new))
        _record(entry, library, old, new, user)
    return Moved(old, new)


def _tag_by_folder(entry: Entry, library: Library, subfolder: str) -> None:
    """Tags that named the old folders make room for those of the new ones."""
    if library.auto_tag_from_path:
        EntryTag.objects.filter(entry=entry, source=TagSource.PATH, hidden=False).delete()
        add_tags(entry, subfolder.split("/"), source=TagSource.PATH)


def _record(entry: Entry, library: Library, old: str, new: str, user: User | None) -> None:
    data = {"path": {"from": old, "to": new}}
    if entry.library_id != library.pk:
        data["library"] = {"from": entry.library.slug, "to": library.slug}
    record(
        "entry.moved",
        user=user,
        about=[
            ("entry", entry.uuid),
            ("library", entry.library.slug),
            ("library", library.slug),
        ],
        data=data,
    )


def _refuse_twins(entries: Sequence[Entry], library: Library) -> None:
    """AlreadyThere when the library has another entry with the bytes of one of these."""
    ids = [entry.pk for entry in entries if entry.library_id != library.pk]
    originals = EntryFile.objects.filter(role=FileRole.ORIGINAL, is_live=True)
    hashes = originals.filter(entry__in=ids).exclude(sha256="").values("sha256")
    twins = originals.filter(library=library, sha256__in=hashes).select_related("entry")
    twin = twins.order_by("pk").first()
    if twin is not None:
        raise AlreadyThere(twin.entry, library)


def _require_edit(user: User, library_ids: Iterable[int]) -> None:
    wanted = set(library_ids)
    if editable_libraries_for(user).filter(pk__in=wanted).count() < len(wanted):
        raise MayNotEdit


def _checked_folder(subfolder: str) -> str:
    """The folder with single slashes; Invalid when a disk could not hold one of its names."""
    steps = [step for step in subfolder.split("/") if step]
    if (
        len(subfolder) > 500
        or len(steps) > paths.DEPTH_LIMIT
        or any(paths.safe_name(step) != step for step in steps)
    ):
        raise Invalid(_("This folder name cannot be used."), details={"field": "subfolder"})
    return "/".join(steps)


def _is_on_one_disk(entry: Entry, library: Library) -> bool:
    """All files are on the library's root: moving them only changes names."""
    return not EntryFile.objects.filter(entry=entry).exclude(root=library.root).exists()


def _title(entries: Sequence[Entry], library: Library) -> str:
    if len(entries) == 1:
        return _("Move “%(title)s” to “%(library)s”") % {
            "title": entries[0].title,
            "library": library.name,
        }
    return ngettext(
        "Move %(count)d entry to “%(library)s”",
        "Move %(count)d entries to “%(library)s”",
        len(entries),
    ) % {"count": len(entries), "library": library.name}
