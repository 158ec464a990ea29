"""Asking for imports of files that are here already: uploaded ones, and files in our storage."""

from django.utils.translation import gettext as _

from imports.models import Upload
from imports.services.requests import default_library, require_editor
from imports.work import FileOrder
from library.models import Library
from videorama.accounts.models import User
from videorama.jobs import services as jobs
from videorama.jobs.models import Job
from videorama.ledger.services import record


def request_file_import(
    *,
    user: User,
    file: FileOrder,
    library: Library | None = None,
    auto_mode: bool = True,
    source: str = "upload",
    dedup_key: str = "",
) -> Job:
    """The job that imports one file; `was_reused` is true on it when an equal one is still open.

    Libraries are found as for links; a folder that is read in as a whole goes to the default one.
    Raises NotAllowed.
    """
    require_editor(user, library)
    target = library or (default_library(user) if file.mode else None)
    return jobs.enqueue(
        kind="import",
        owner=user,
        title=file.name,
        library=target.slug if target else "",
        params={
            "url": "",
            "normalized_url": "",
            "preset": "",
            "auto_mode": auto_mode,
            "chosen": target is not None,
            "force": False,
            "source": source,
            "imported_by": user.get_username(),
            "file": file.document(),
        },
        dedup_key=dedup_key,
    )


def request_uploaded(*, upload: Upload) -> Job:
    """The import of an upload that is whole."""
    file = FileOrder(name=upload.filename or _("Untitled"), upload=str(upload.uuid))
    job = request_file_import(
        user=upload.owner, file=file, library=upload.library, dedup_key=f"upload:{upload.uuid}"
    )
    record(
        "import.requested",
        user=upload.owner,
        about=[("job", job.uuid), ("upload", upload.uuid)],
        data={"filename": upload.filename, "size_bytes": upload.size, "source": "upload"},
    )
    return job
