"""Why an import is refused or has nothing to do."""

from videorama.errors import AppError, Conflict, Invalid


class BadAddress(Invalid):
    """What was pasted is not an address of a web page or file."""

    code = "bad_url"
    message = "This is not a web address. It must start with http:// or https://."


class UnknownPreset(Invalid):
    """The wanted format is none of the presets; details list them."""

    code = "unknown_format"
    message = "This format is not known. Choose one of the offered formats."


class BlockedTarget(Invalid):
    """The address names this machine or its own network."""

    code = "blocked_address"
    message = "This address belongs to a private network and is not allowed here."


class AlreadyImported(Conflict):
    """The source is in a library already; details.entry_id names the entry."""

    code = "already_imported"
    message = "This is already in your library."


class NoLibrary(AppError):
    """The library the import was meant for is gone."""

    code, status = "library_gone", 409
    message = "The library this was meant for no longer exists. Import it again into another one."
