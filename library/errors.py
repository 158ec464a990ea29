"""What can go wrong with libraries, entries and their files."""

from django.utils.translation import gettext_lazy as _

from library.models import Entry, Library
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


class AlreadyThere(Conflict):
    """The library of a move already has another entry with the same bytes."""

    code = "duplicate_content"

    def __init__(self, entry: Entry, library: Library) -> None:
        words = {"title": entry.title, "library": library.name}
        super().__init__(
            _("“%(library)s” already has the same file as “%(title)s”.") % words,
            details={"entry_id": str(entry.uuid)},
        )
        self.entry = entry


class BeingMoved(Conflict):
    """Another move, or a removal, has the entry's files in hand."""

    code, sentence = "being_moved", _("The files of this entry are being moved. Try again shortly.")


class NotInTrash(Conflict):
    """Somebody restored the entry meanwhile, or it was never deleted."""

    code, sentence = "not_in_trash", _("This entry is not in the trash any more.")


class TagTaken(Conflict):
    """Another tag has this name; case does not tell tags apart."""

    code, sentence = "tag_taken", _("There is a tag of this name already.")


class TagCircle(Conflict):
    """A tag would stand below itself."""

    code, sentence = "tag_circle", _("A tag cannot stand below itself or below its own children.")


class TagOfOthers(NotAllowed):
    """The tag is on entries that the asker may not change."""

    code = "tag_of_others"
    sentence = _("This tag is also on entries that you may not change.")


class NothingSelected(Invalid):
    """A change of many entries that names none."""

    code, sentence = "nothing_selected", _("Select at least one entry.")


class TooLate(Conflict):
    """What could be undone for a day cannot any more."""

    code, sentence = "too_late", _("This can no longer be undone: more than 24 hours have passed.")


class ChangedMeanwhile(Conflict):
    """Somebody saved the entry after the asker had begun to edit it."""

    code = "changed_meanwhile"
    sentence = _("Somebody else changed this entry while you were editing it.")


class BeingOrganized(Conflict):
    """A job is moving the files of the library."""

    code = "being_organized"
    sentence = _("The files of this library are being moved. Wait for that job, or cancel it.")


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
