"""Why an import is refused or has nothing to do."""

from django.utils.translation import gettext_lazy as _

from videorama.errors import AppError, Conflict, Invalid, NotFound, Transient


class BadAddress(Invalid):
    """What was pasted is not an address of a web page or file."""

    code = "bad_url"
    sentence = _("This is not a web address. It must start with http:// or https://.")


class UnknownPreset(Invalid):
    """The wanted format is none of the presets; details list them."""

    code = "unknown_format"
    sentence = _("This format is not known. Choose one of the offered formats.")


class BlockedTarget(Invalid):
    """The address names this machine or its own network."""

    code = "blocked_address"
    sentence = _("This address belongs to a private network and is not allowed here.")


class TooManyPreviews(Transient):
    """This server looks at as many addresses as it can hold at once."""

    code = "too_many_previews"
    sentence = _(
        "Many addresses are being looked at just now. Try again in a moment, or import it."
    )


class AlreadyImported(Conflict):
    """The source is in a library already; details.entry_id names the entry."""

    code = "already_imported"
    sentence = _("This is already in your library.")


class LibraryGone(AppError):
    """The library the import was meant for was deleted before it ran."""

    code, status = "library_gone", 409
    sentence = _("The library this was meant for is gone. Import it again into another one.")


class NobodyAsks(AppError):
    """The account that asked was deleted before the import ran."""

    code, status = "owner_gone", 409
    sentence = _("The account that asked for this import no longer exists.")


class BadUpload(AppError):
    """A header of the upload protocol is missing or makes no sense; the message names it."""

    code, status = "bad_upload", 400
    sentence = _("The server could not read this request.")


class WrongVersion(AppError):
    """The client speaks another version of the upload protocol."""

    code, status = "unsupported_version", 412
    sentence = _("Uploads here speak version 1.0.0 of the tus protocol.")


class NotOffsetStream(AppError):
    """The piece of an upload is not labelled as one."""

    code, status = "unsupported_type", 415
    sentence = _("A piece of an upload must have the type application/offset+octet-stream.")


class OffsetMismatch(Conflict):
    """The piece does not begin where the upload ends; details.offset says where that is."""

    code, sentence = "offset_mismatch", _("The upload does not go on at this place.")


class UploadBusy(AppError):
    """Another connection is sending this very upload."""

    code, status = "upload_busy", 423
    sentence = _("Another connection is sending this file just now. Try again in a moment.")


class UploadTooLong(AppError):
    """More bytes came than were announced; those that were announced are kept."""

    code, status = "upload_too_long", 413
    sentence = _("More was sent than the file was said to have.")


class UploadStalled(AppError):
    """Nothing came for a while; what had come is kept."""

    code, status = "upload_stalled", 408
    sentence = _("Nothing arrived for a while. What had arrived is kept.")


class EmptyFile(Invalid):
    """A file without content."""

    code, sentence = "empty_file", _("This file is empty.")


class TooManyUploads(Conflict):
    """The user has as many unfinished uploads as one person may have."""

    code = "too_many_uploads"
    sentence = _("You have very many unfinished uploads. Continue or cancel some of them first.")


class UploadGone(NotFound):
    """The uploaded file is not kept any more."""

    code, sentence = "upload_gone", _("The uploaded file is not here any more. Upload it again.")


class FileGone(NotFound):
    """The file that was to be imported is not there any more."""

    code, sentence = "file_gone", _("The file is not there any more.")


class AlreadyDecided(Conflict):
    """Somebody decided this item of the inbox a moment ago."""

    code = "already_decided"
    sentence = _("This has been decided already.")


class LibraryNeeded(AppError):
    """An item is filed into a library; none was named and none is proposed."""

    code, status = "library_required", 400
    sentence = _("Choose the library it goes to.")


class HeldFilesGone(Conflict):
    """The files of the item are not where they were kept, and nothing tells where to get them."""

    code = "held_files_gone"
    sentence = _("The files of this item are gone. Reject it, and import it again.")


class NotForThisItem(Conflict):
    """This decision belongs to another kind of item."""

    code = "not_for_this_item"
    sentence = _("This item cannot be decided like that.")


class NotFiledByItself(Conflict):
    """A person chose the library of this entry, so there is nothing automatic to undo."""

    code = "not_automatic"
    sentence = _("This was not filed automatically, or it was undone already.")


class FolderBusy(Conflict):
    """One folder at a time; details.job_id says which job reads one in."""

    code = "folder_busy"
    sentence = _("Another folder is being read in just now. Wait for it, or cancel its job.")


class NoSource(Conflict):
    """The entry came from a file, so there is nobody to ask again."""

    code, sentence = "no_source", _("This entry came from a file; it has no source to ask.")
