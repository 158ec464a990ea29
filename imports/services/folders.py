"""Reading in what lies in the folders of this server, for administrators."""

import hashlib
import os
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from imports import errors
from imports.services.requests import default_library, require_editor
from imports.work import MODES, FolderOrder
from library import services as library_services
from library.errors import OutsideRoot
from library.models import Library
from videorama.accounts.models import User
from videorama.errors import Invalid, NotAllowed, NotFound
from videorama.jobs import services as jobs
from videorama.jobs.models import OPEN, Job
from videorama.ledger.services import record

EXTENSIONS = ("mp4", "mkv", "avi", "mov", "webm", "mp3", "m4a", "flac", "wav", "ogg")
MOST_FILES = 20_000
COUNTED = 1_000
KIND = "folder"


def request_folder_import(
    *,
    user: User,
    path: str,
    library: Library | None = None,
    root: str = "",
    recursive: bool = True,
    mode: str = "copy",
    extensions: Sequence[str] = EXTENSIONS,
) -> Job:
    """The job that reads in a folder, or one file, of a storage root.

    `path` is relative to the root, or absolute and inside one. `move` and `copy` bring the files
    into the library (the default one when none is named), `index` leaves them where they are.
    Raises NotAllowed, Invalid, NotFound, and FolderBusy while another folder is being read in.
    """
    if not user.is_admin:
        raise NotAllowed(_("Only administrators may read in folders of this server."))
    require_editor(user, library)
    root, relative = place_of(root, path)
    library = library or default_library(user)
    if mode not in MODES:
        raise Invalid(_("This way to bring files in is not known."), details={"field": "mode"})
    if mode == "index" and library.root != root:
        sentence = _("Files can stay where they are only in a library of the same storage.")
        raise Invalid(sentence, details={"field": "mode"})
    order = FolderOrder(root, relative, recursive, mode, _checked(extensions))
    with transaction.atomic():
        job = jobs.enqueue(
            kind=KIND,
            owner=user,
            title=f"{root}: {relative or '/'}",
            library=library.slug,
            params=order.document(),
            dedup_key=KIND,
        )
        if job.was_reused:
            if FolderOrder.of(job.params) != order or job.library != library.slug:
                raise errors.FolderBusy(details={"job_id": str(job.uuid)})
            return job
        record(
            "import.requested",
            user=user,
            about=[("job", job.uuid), ("library", library.slug)],
            data={**order.document(), "source": "folder"},
        )
    return job


def place_of(root: str, path: str) -> tuple[str, str]:
    """(root, path relative to it) of a place that is really there."""
    if path.startswith("/"):
        root, path = _root_of(Path(path))
    root = root or next(iter(settings.ROOTS))
    if root not in settings.ROOTS:
        raise Invalid(_("There is no storage root of this name."), details={"field": "root"})
    relative = path.strip("/")
    try:
        place = library_services.place_in_root(root, relative) if relative else _top(root)
    except (OutsideRoot, ValueError):
        raise _outside() from None
    if any(step.startswith(".") for step in relative.split("/")):
        raise _outside()
    try:
        if place.exists() and not place.is_symlink():
            return root, relative
    except OSError:  # A name that is too long for the disk, a folder that refuses.
        pass
    raise NotFound(_("There is no such folder or file."))


def media_below(order: FolderOrder) -> Iterator[str]:
    """Paths, relative to the root, of the files that the order means, in order of their names.

    Hidden files and folders, symbolic links and Videorama's own folders are passed over.
    """
    base = _top(order.root)
    place = base / order.path if order.path else base
    endings = tuple(f".{one}" for one in order.extensions)
    if place.is_file():
        yield order.path
        return
    for folder, inner, names in os.walk(place):
        inner[:] = (
            sorted(one for one in inner if not one.startswith(".")) if order.recursive else []
        )
        for name in sorted(names):
            found = Path(folder) / name
            is_meant = name.lower().endswith(endings) and not name.startswith(".")
            if is_meant and found.is_file() and not found.is_symlink():
                yield str(found.relative_to(base))


def count_media(root: str, path: str) -> int:
    """How many files directly in a folder would be taken; counts no further than 1,000."""
    order = FolderOrder(root, path, recursive=False, mode="copy", extensions=EXTENSIONS)
    return sum(1 for _path in islice(media_below(order), COUNTED))


def root_names() -> list[str]:
    """The storage roots by name."""
    return list(settings.ROOTS)


def child_key(job_uuid: UUID, path: str) -> str:
    """What names the import of one file of a folder, also after a restart."""
    digest = hashlib.sha256(path.encode(errors="surrogateescape")).hexdigest()
    return f"{job_uuid.hex}:{digest[:31]}"


def children_of(job_uuid: UUID) -> QuerySet[Job]:
    """The imports that the reading in of a folder asked for."""
    return Job.objects.filter(kind="import", dedup_key__startswith=f"{job_uuid.hex}:")


def cancel_children(*, job_uuid: UUID, user: User | None) -> None:
    """Stops the imports of a folder that somebody does not want read in any more."""
    for job in children_of(job_uuid).filter(status__in=OPEN):
        jobs.request_cancel(job=job, user=user)


def _root_of(path: Path) -> tuple[str, str]:
    for name, base in settings.ROOTS.items():
        if path.is_relative_to(base):
            return name, str(path.relative_to(base)).removeprefix(".")
    raise _outside()


def _top(root: str) -> Path:
    return Path(settings.ROOTS[root])


def _checked(extensions: Sequence[str]) -> tuple[str, ...]:
    found = tuple(dict.fromkeys(one.lower().lstrip(".").strip() for one in extensions))
    if not found or not all(one.isalnum() and len(one) <= 10 for one in found):
        sentence = _("File endings look like mp4 or mkv, separated by spaces.")
        raise Invalid(sentence, details={"field": "extensions"})
    return found


def _outside() -> Invalid:
    return Invalid(_("This path does not lie inside the storage."), details={"field": "path"})
