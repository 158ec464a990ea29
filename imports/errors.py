"""Why an import is refused or has nothing to do."""

from django.utils.translation import gettext_lazy as _

from videorama.errors import AppError, Conflict, Invalid, Transient


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
