"""What can go wrong with libraries, entries and their files."""

from django.utils.translation import gettext_lazy as _

from library.models import Entry
from videorama.errors import AppError, Conflict, Invalid, NotAllowed, NotFound


class MayNotEdit(NotAllowed):
    """The asker sees the library and may not change what is in it."""

    sentence = _("You may look at this library but not change it.")


class LibraryTaken(Conflict):
    """Another library has this id or folder."""

    code, sentence = "library_taken", _("A library with this id already exists.")


class LibraryNotEmpty(Conflict):
    """Only empty libraries can be deleted."""

    code, sentence = "library_not_empty", _("Remove or move the entries of this library first.")


class BadTemplate(Invalid):
    """The path template cannot be used; the message names what is wrong in it."""

    code = "bad_path_template"


class DuplicateContent(Conflict):
    """The library already holds a live original with the same bytes."""

    code, sentence = "duplicate_content", _("This library already has the same file.")

    def __init__(self, entry: Entry) -> None:
        super().__init__(details={"entry_id": str(entry.uuid)})
        self.entry = entry


class EntryGone(NotFound):
    """The entry was deleted while something was made for it."""

    sentence = _("The entry was deleted meanwhile.")


class OutsideRoot(AppError):
    """A place leads out of its storage root; always a fault or an attack, so it is logged."""

    code, status = "outside_root", 404
    sentence = _("This file cannot be reached.")


class FileMissing(AppError):
    """A file that should be there is not."""

    code, status = "file_missing", 404
    sentence = _("The file of this entry is missing from the storage.")


class DiskFull(AppError):
    """No room is left where the file should go."""

    code, status = "disk_full", 507
    sentence = _("The disk is full. Free some space and try again.")


class StorageUnwritable(AppError):
    """The storage folder refuses to be written."""

    code, status = "storage_unwritable", 507
    sentence = _("The storage folder cannot be written. Check its permissions and its disk.")
